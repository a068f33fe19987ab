import * as assert from 'uvu/assert';
import { type Summary, summaryMarkdown } from '../../../src/cli/summary/markdown.ts';
import type { TaskView } from '../../../src/cli/terminal/views.ts';
import { suite } from '../../support/suite.ts';

const test = suite('The summary of a task');

const STARTED = Date.UTC(2026, 0, 1);

const viewOf = (fields: Partial<TaskView> = {}): TaskView => ({
  id: 't1',
  name: 'npx cdk deploy',
  type: 'run',
  project: 'shop',
  status: 'completed',
  version: 1,
  percentage: 100,
  current: 12,
  total: 12,
  failed: [],
  stale: false,
  updatedAt: STARTED,
  startedAt: STARTED,
  completedAt: STARTED + 185_000,
  ...fields,
});

const summaryOf = (task: Partial<TaskView>, more: Partial<Summary> = {}): string =>
  summaryMarkdown({
    task: viewOf(task),
    link: 'https://miyabi.example/tasks/t1',
    ended: { exitCode: 0 },
    parts: [],
    hasMoreParts: false,
    lines: [],
    now: STARTED + 200_000,
    ...more,
  });

test('of one that completed has a link, how long it took, and its bar', () => {
  assert.is(
    summaryOf({}, { job: 'https://ci.example/job(1)' }),
    `### ✔ [\`npx cdk deploy\`](https://miyabi.example/tasks/t1) completed

exit code 0 · 100% · 3:05 · project \`shop\` · [CI job](https://ci.example/job%281%29)

\`\`\`text
✔ npx cdk deploy           ████████████████████ 100% 12/12 3:05
\`\`\`
`,
  );
});

test('of one that failed has the bars of its sub-tasks, the cause, and the lines around it', () => {
  const text = summaryOf(
    { status: 'failed', error: 'Beta: the name is taken\nsecond line', percentage: 50, current: 1, total: 2 },
    {
      ended: { exitCode: 3 },
      parts: [
        viewOf({ id: 'a', name: 'Alpha', current: 2, total: 2 }),
        viewOf({ id: 'b', name: 'Beta', status: 'failed', current: 2, total: 4, percentage: 50 }),
      ],
      hasMoreParts: true,
      lines: [
        { text: 'creating', isFailing: false },
        { text: '\u001b[31mthe name is taken\u001b[0m', isFailing: true },
      ],
    },
  );
  assert.match(text, /^### ✖ .* failed\n\nexit code 3 · 3:05 · /);
  assert.match(text, /```text\n✔ Alpha .*100% 2\/2.*\n✖ Beta .* at 2\/4.*\n… and more\n```/);
  assert.match(text, '**Cause**\n\n```text\nBeta: the name is taken\nsecond line\n```');
  assert.match(text, '**Log**\n\n```text\n  creating\n> the name is taken\n```\n');
});

test('of one that a signal ended says which', () => {
  assert.match(summaryOf({ status: 'failed' }, { ended: { signal: 'SIGKILL' } }), '\n\nSIGKILL · ');
});

test('of one that still runs says how far it is', () => {
  const running = summaryOf({ status: 'running', percentage: 25, completedAt: undefined }, { ended: {} });
  assert.match(running, /running\n\n25% · 3:20 · /);
});

test('lets no text of a command or a log end its fence, mention anyone or become markup', () => {
  const text = summaryOf(
    { name: 'echo `x` ](https://evil.example) @team <b>', status: 'failed', error: '```\n# heading' },
    { lines: [{ text: '````` @team', isFailing: true }] },
  );
  assert.match(text, '[``echo `x` ](https://evil.example) @team <b>``](https://miyabi.example/tasks/t1)');
  assert.match(text, '\n````text\n```\n# heading\n````\n');
  assert.match(text, '\n``````text\n> ````` @team\n``````\n');
});

test('fits a GitHub comment, even with a log full of markup', () => {
  const text = summaryOf(
    { status: 'failed', error: `${'x'.repeat(5_000)}\n`.repeat(100) },
    {
      parts: Array.from({ length: 50 }, (_, index) => viewOf({ id: `p${index}`, name: '夜'.repeat(500) })),
      lines: Array.from({ length: 10 }, () => ({ text: 'y'.repeat(100_000), isFailing: false })),
    },
  );
  assert.ok(text.length < 30_000, `${text.length}`);
  assert.match(text, '…');
});

test.run();
