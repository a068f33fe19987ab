import { t } from '../i18n.ts';
import { overviewPath } from '../router.ts';

/** A page that has nothing to show, and the way on. */
export const PageState = ({ title, help }: Readonly<{ title: string; help?: string | undefined }>) => (
  <div class="page-state">
    <h1 tabIndex={-1}>{title}</h1>
    {help !== undefined && <p>{help}</p>}
    <p>
      <a href={overviewPath}>{t.value.back}</a>
    </p>
  </div>
);
