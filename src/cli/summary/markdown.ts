import type { FailureLine } from '../failure-lines.ts';
import { barLine, doneText, isCutShort, markOf } from '../terminal/bars.ts';
import { logLine } from '../terminal/log-line.ts';
import { clockText, fit, printable } from '../terminal/terminal.ts';
import { barOfTask, type TaskView } from '../terminal/views.ts';

/** What a summary shows. `parts` are the sub-tasks; `hasMoreParts`: there are others that are not among them. */
export type Summary = Readonly<{
  task: TaskView;
  /** The page of the task in the dashboard. */
  link: string;
  ended: Readonly<{ exitCode?: number | undefined; signal?: string | undefined }>;
  /** The page of the CI job. */
  job?: string | undefined;
  parts: readonly TaskView[];
  hasMoreParts: boolean;
  /** The lines around the failure. */
  lines: readonly FailureLine[];
  /** Epoch milliseconds. */
  now: number;
}>;

const LOOK = { colour: false, unicode: true };
/** Wider text would scroll in the summary of a job. */
const BAR_COLUMNS = 101;
/** In UTF-16 code units. */
const MAX_LINE = 400;
/** An error message of more lines is cut. */
const MAX_CAUSE_LINES = 20;

/** How a task went, as Markdown that GitHub, GitLab and Buildkite show alike. Text of the log stands in fences only. */
export const summaryMarkdown = (summary: Summary): string => {
  const { task, link, parts, lines } = summary;
  const title = `### ${markOf(task.status, LOOK)} [${codeSpan(printable(task.name))}](${linkTarget(link)}) ${task.status}`;
  const bars = (parts.length === 0 ? [task] : parts).map((part) =>
    barLine(barOfTask(part, summary.now), BAR_COLUMNS, LOOK).trimEnd(),
  );
  const cause = isCutShort(task.status) ? causeOf(task) : '';
  const blocks = [
    title,
    factsOf(summary),
    fenced([...bars, ...(summary.hasMoreParts ? ['… and more'] : [])]),
    ...(cause === '' ? [] : ['**Cause**', fenced(cause.split('\n'))]),
    ...(lines.length === 0 ? [] : ['**Log**', fenced(lines.map(contextLine))]),
  ];
  return `${blocks.filter((block) => block !== '').join('\n\n')}\n`;
};

const factsOf = ({ task, ended, job, now }: Summary): string => {
  const { startedAt, completedAt } = task;
  const facts: readonly (string | undefined)[] = [
    ended.signal ?? (ended.exitCode === undefined ? undefined : `exit code ${ended.exitCode}`),
    isCutShort(task.status) ? undefined : doneText(task) || undefined,
    startedAt === undefined ? undefined : clockText(((completedAt ?? now) - startedAt) / 1000),
    `project ${codeSpan(printable(task.project))}`,
    job === undefined ? undefined : `[CI job](${linkTarget(job)})`,
  ];
  return facts.filter((fact) => fact !== undefined).join(' · ');
};

const causeOf = ({ error = '' }: TaskView): string => {
  const lines = error.trim().split('\n');
  return [
    ...lines.slice(0, MAX_CAUSE_LINES).map(plain),
    ...(lines.length > MAX_CAUSE_LINES ? ['…'] : []),
  ].join('\n');
};

const contextLine = ({ text, isFailing }: FailureLine): string => `${isFailing ? '>' : ' '} ${plain(text)}`;

const plain = (text: string): string => {
  const line = logLine(text, LOOK);
  return line.length > MAX_LINE ? fit(line, MAX_LINE) : line;
};

/** An address without the characters that end a link in Markdown. */
const linkTarget = (url: string): string =>
  url.replace(/[()<>\s]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);

/** A fence is longer than any run of backticks in it, so no line can end it. */
const fenced = (lines: readonly string[]): string => {
  const text = lines.join('\n');
  const fence = '`'.repeat(Math.max(3, longestTicks(text) + 1));
  return `${fence}text\n${text}\n${fence}`;
};

/** A name as code: nothing in it is markup or mentions anyone. */
const codeSpan = (text: string): string => {
  const ticks = '`'.repeat(longestTicks(text) + 1);
  const space = text.startsWith('`') || text.endsWith('`') ? ' ' : '';
  return `${ticks}${space}${text || ' '}${space}${ticks}`;
};

const longestTicks = (text: string): number =>
  Math.max(0, ...[...text.matchAll(/`+/g)].map(([ticks]) => ticks.length));
