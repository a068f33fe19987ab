import type { TaskStatus } from '../../../src/domain/tasks/status.ts';
import { t } from '../i18n.ts';

// Each status has its own shape, so that none depends on colour alone.
const SHAPES: Record<TaskStatus, string> = {
  pending: 'M8 3a5 5 0 1 0 0 10A5 5 0 0 0 8 3Zm0 1.6a3.4 3.4 0 1 1 0 6.8 3.4 3.4 0 0 1 0-6.8Z',
  running: 'M8 3a5 5 0 1 0 0 10A5 5 0 0 0 8 3Zm0 1.6v6.8a3.4 3.4 0 0 1 0-6.8Z',
  blocked: 'M4.5 3.5h2.4v9H4.5zm4.6 0h2.4v9H9.1z',
  completed: 'M6.9 12.4 2.9 8.5l1.2-1.2 2.7 2.6 5-6 1.3 1.1z',
  failed: 'M4.1 3 8 6.8 11.9 3 13 4.1 9.2 8l3.8 3.9-1.1 1.1L8 9.2 4.1 13 3 11.9 6.8 8 3 4.1z',
  cancelled: 'M3 7.2h10v1.6H3z',
};

/** The mark of a status. With `labelled` it has a name for screen readers, otherwise the text beside it says it. */
export const Mark = ({ status, labelled = false }: Readonly<{ status: TaskStatus; labelled?: boolean }>) => (
  <svg
    class={`mark mark-${status}`}
    viewBox="0 0 16 16"
    width="16"
    height="16"
    role={labelled ? 'img' : undefined}
    aria-label={labelled ? t.value.status[status] : undefined}
    aria-hidden={labelled ? undefined : true}
  >
    <path d={SHAPES[status]} />
  </svg>
);
