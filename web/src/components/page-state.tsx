import type { MiyabiApiError } from '../../../src/client/index.ts';
import { t } from '../i18n.ts';
import { overviewPath } from '../router.ts';

/** A page without content, and a link that leads on. */
export const PageState = ({ title, help }: Readonly<{ title: string; help?: string | undefined }>) => (
  <div class="page-state">
    <h1 tabIndex={-1}>{title}</h1>
    {help !== undefined && <p>{help}</p>}
    <p>
      <a href={overviewPath}>{t.value.back}</a>
    </p>
  </div>
);

/** Shown instead of content that could not be read, or not yet. */
export const Unread = ({
  fault,
  missing,
}: Readonly<{ fault: MiyabiApiError | undefined; missing: string }>) => {
  if (fault === undefined) return <p class="reading">{t.value.loading}</p>;
  return fault.status === 404 ? (
    <PageState title={missing} help={t.value.notFoundHelp} />
  ) : (
    <PageState title={t.value.unreadable} help={fault.status === 0 ? t.value.lostFirst : fault.message} />
  );
};
