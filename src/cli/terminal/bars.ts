import type { TaskStatus } from '../../domain/tasks/status.ts';
import { clockText, fit, type Look, type Paint, pad, paint, printable, widthOf } from './terminal.ts';

/** The content of one bar. Seconds are undefined if unknown. */
export type BarTask = Readonly<{
  name: string;
  status: TaskStatus;
  percentage: number | null;
  current: number | null;
  total: number | null;
  failed?: number | undefined;
  skipped?: number | undefined;
  phase?: string | undefined;
  elapsed?: number | undefined;
  eta?: number | undefined;
  stale?: boolean | undefined;
}>;

export const STATUS_PAINT: Readonly<Record<TaskStatus, Paint>> = {
  pending: 'dim',
  running: 'cyan',
  blocked: 'yellow',
  completed: 'green',
  failed: 'red',
  cancelled: 'yellow',
};

const MARKS: Readonly<Record<TaskStatus, readonly [unicode: string, ascii: string]>> = {
  pending: ['·', '.'],
  running: ['▸', '>'],
  blocked: ['‖', '='],
  completed: ['✔', '+'],
  failed: ['✖', 'x'],
  cancelled: ['■', '-'],
};

export const markOf = (status: TaskStatus, look: Look): string => MARKS[status][look.unicode ? 0 : 1];

const PARTS = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'];

/** A bar of exactly this many columns; an unknown percentage gives an empty one. */
const barOf = (percentage: number | null, columns: number, { unicode }: Look): string => {
  const eighths = Math.round(((percentage ?? 0) * columns * 8) / 100);
  const full = Math.min(columns, Math.floor(eighths / 8));
  if (!unicode) return '#'.repeat(full).padEnd(columns, '-');
  const part = full < columns ? (PARTS[eighths % 8] ?? '') : '';
  return `${'█'.repeat(full)}${part}`.padEnd(columns, '░');
};

/** `7/9`, or `7` if the total is unknown; empty where nothing has been counted. */
const counterText = ({ current, total }: Pick<BarTask, 'current' | 'total'>): string => {
  if (total === null) return current ? String(current) : '';
  return current === null ? '' : `${current}/${total}`;
};

/** The percentage of a task that ended early would look like progress. */
export const isCutShort = (status: TaskStatus): boolean => status === 'failed' || status === 'cancelled';

/** How far a task is: `25%`, else its counter; `at 3/9` if it failed or was cancelled; empty if unknown. */
export const doneText = (task: Pick<BarTask, 'status' | 'percentage' | 'current' | 'total'>): string => {
  const counter = counterText(task);
  if (isCutShort(task.status)) return counter === '' ? '' : `at ${counter}`;
  return task.percentage === null ? counter : `${task.percentage}%`;
};

/** `2 failed, 1 skipped`; empty if there is neither. */
export const failureText = ({ failed, skipped }: Pick<BarTask, 'failed' | 'skipped'>): string =>
  [failed ? `${failed} failed` : '', skipped ? `${skipped} skipped` : '']
    .filter((text) => text !== '')
    .join(', ');

/**
 * One task in one line that is never wider than the terminal. The least important parts are dropped first: the phase,
 * then the counter, then the bar itself; name and percentage stay. A task that failed or was cancelled has no
 * percentage: its counter says where it stopped.
 */
export const barLine = (task: BarTask, columns: number, look: Look): string => {
  // The last column stays empty: some terminals wrap as soon as it is written.
  const room = Math.max(1, columns - 1);
  const cutShort = isCutShort(task.status);
  const percent = task.percentage === null || cutShort ? '' : `${task.percentage}%`;
  const counter = cutShort ? doneText(task) : counterText(task);
  const failures = failureText(task);
  const times = [
    task.elapsed === undefined ? '' : clockText(task.elapsed),
    task.eta === undefined ? '' : `~${clockText(task.eta)} left`,
  ]
    .filter((text) => text !== '')
    .join(' ');
  const wide = room >= 60;
  const nameColumns = Math.max(6, Math.min(wide ? 24 : 14, Math.floor(room * 0.3)));
  const barColumns = room >= 100 ? 20 : wide ? 12 : room >= 34 ? 8 : 0;
  const phase = printable(task.stale ? 'no sign of life' : (task.phase ?? ''));

  const paintOf = STATUS_PAINT[task.status];
  const mark = paint(markOf(task.status, look), paintOf, look);
  const bar = barColumns === 0 ? '' : paint(barOf(task.percentage, barColumns, look), paintOf, look);
  const parts: { text: string; painted: string }[] = [
    { text: ' '.repeat(nameColumns), painted: paint(pad(printable(task.name), nameColumns), 'bold', look) },
  ];
  let used = 2 + nameColumns;
  const add = (text: string, painted: string, width = widthOf(text)): boolean => {
    if (text === '' || used + 1 + width > room) return false;
    used += 1 + width;
    parts.push({ text, painted });
    return true;
  };
  if (barColumns > 0) add(' '.repeat(barColumns), bar);
  add(percent.padStart(4), percent.padStart(4));
  if (wide) {
    const full = [counter, failures].filter((text) => text !== '').join(', ');
    const painted = [paint(counter, 'dim', look), paint(failures, task.failed ? 'red' : 'dim', look)];
    add(full, [counter && painted[0], failures && painted[1]].filter(Boolean).join(', ')) ||
      add(counter, paint(counter, 'dim', look));
  }
  const showTimes =
    add(times, times) ||
    (task.elapsed !== undefined && add(clockText(task.elapsed), clockText(task.elapsed)));
  if (phase !== '' && showTimes && room - used > 8) {
    const cut = fit(phase, room - used - 1);
    add(cut, paint(cut, task.stale ? 'yellow' : 'dim', look));
  }
  return `${mark} ${parts.map(({ painted }) => painted).join(' ')}`;
};
