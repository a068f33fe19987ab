import { useSignal } from '@preact/signals';
import type { Task } from '../../../src/client/index.ts';
import { MiyabiApiError } from '../../../src/client/index.ts';
import { listTasks, readHistory } from '../api.ts';
import { duration } from '../format.ts';
import { t } from '../i18n.ts';
import { type Stretch, stretchesOf } from '../phases.ts';
import { compared, FEWEST_RUNS, type PhaseTimes, phaseTimes } from '../usual.ts';

/** How many earlier runs a run is compared with: the newest. */
const MOST_RUNS = 20;

/** The phase times of earlier completed runs of the same name. */
const readEarlier = async (task: Task): Promise<readonly PhaseTimes[]> => {
  const { project_id, task_type, task_name, task_id } = task;
  const { items } = await listTasks({
    ...{ project_id, task_type, status: ['completed'], limit: 100 },
    q: task_name.slice(0, 256),
  });
  const earlier = items
    .filter((one) => one.task_name === task_name && one.task_id !== task_id)
    .filter(({ created_at }) => created_at < task.created_at)
    .slice(0, MOST_RUNS);
  return Promise.all(
    earlier.map(async (one) => {
      const history = await readHistory(one.task_id, { limit: 1_000 });
      return phaseTimes(stretchesOf(history.items, Date.parse(one.completed_at ?? one.updated_at)));
    }),
  );
};

/** A run beside earlier ones of its name, phase by phase. It is read when asked for, as it takes a request for each run. */
export const UsualRun = ({ task, stretches }: Readonly<{ task: Task; stretches: readonly Stretch[] }>) => {
  const earlier = useSignal<readonly PhaseTimes[] | undefined>(undefined);
  const busy = useSignal(false);
  const fault = useSignal('');
  const read = async () => {
    busy.value = true;
    try {
      earlier.value = await readEarlier(task);
      fault.value = '';
    } catch (error) {
      if (!(error instanceof MiyabiApiError)) throw error;
      fault.value = error.message;
    } finally {
      busy.value = false;
    }
  };
  if (earlier.value === undefined)
    return (
      <>
        <button type="button" class="more" aria-busy={busy.value} onClick={() => void read()}>
          {t.value.usual.compare}
        </button>
        {fault.value !== '' && <p class="note">{fault}</p>}
      </>
    );
  if (earlier.value.length < FEWEST_RUNS)
    return (
      <p class="note" role="status">
        {t.value.usual.tooFew(earlier.value.length, FEWEST_RUNS)}
      </p>
    );
  const phases = compared(phaseTimes(stretches), earlier.value);
  const slow = phases.filter(({ isSlow }) => isSlow).map(({ name }) => name);
  return (
    <>
      <p class="note" role="status">
        {slow.length === 0 ? t.value.usual.asUsual(earlier.value.length) : t.value.usual.slow(slow)}
      </p>
      <div class="table-wrap">
        <table class="usual">
          <thead>
            <tr>
              <th scope="col">{t.value.phase}</th>
              <th scope="col" class="number">
                {t.value.usual.here}
              </th>
              <th scope="col" class="number">
                {t.value.usual.median}
              </th>
              <th scope="col" class="number">
                {t.value.usual.p90}
              </th>
            </tr>
          </thead>
          <tbody>
            {phases.map(({ name, seconds, usual, isSlow }) => (
              <tr key={name}>
                <td>{name}</td>
                <td class={`number${isSlow ? ' word-failed' : ''}`}>
                  {isSlow && `${t.value.usual.slower} `}
                  {duration(seconds)}
                </td>
                <td class="number">{usual === undefined ? '–' : duration(usual.median)}</td>
                <td class="number">{usual === undefined ? '–' : duration(usual.p90)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
};
