import * as assert from 'uvu/assert';
import { builtInFormats } from '../../src/domain/logs/formats/registry.ts';
import { logParser } from '../../src/domain/logs/parse.ts';
import { RECORDINGS } from '../domain/logs/recorded.ts';
import { openApi } from '../support/api.ts';
import { suite } from '../support/suite.ts';

const test = suite('Lines of several posts');

const NOON = 1_790_000_000_000;
const LOG = { log_group: 'builds', log_stream: 'one' };

type Posted = Readonly<{ id: string; timestamp: number; message: string }>;

const eventsOf = (lines: readonly string[], apart = 1): readonly Posted[] =>
  lines
    .filter((line) => line.trim() !== '')
    .map((message, index) => ({ id: `l${index + 1}`, timestamp: NOON + index * apart, message }));

/** The tasks of posts, in short. */
const tasksAfter = async (posts: readonly (readonly Posted[])[]) => {
  const { call, close } = await openApi();
  try {
    for (const events of posts) {
      const { status, text } = await call('POST', '/api/logs', { ...LOG, events });
      assert.is(status, 200, text);
    }
    const { json } = await call('GET', '/api/tasks?limit=100');
    return json.tasks.map(({ task_name, status, progress, details }: (typeof json.tasks)[number]) => ({
      task_name,
      status,
      current: progress?.current ?? null,
      failed_resources: details.failed_resources,
      error_message: details.error_message,
    }));
  } finally {
    await close();
  }
};

const reasonAfter = async (posts: readonly (readonly Posted[])[]): Promise<string | undefined> =>
  (await tasksAfter(posts))[0]?.error_message;

const inPosts = (events: readonly Posted[], size: number): readonly (readonly Posted[])[] =>
  Array.from({ length: Math.ceil(events.length / size) }, (_, index) =>
    events.slice(index * size, (index + 1) * size),
  );

for (const [index, { name, lines, expected }] of RECORDINGS.entries()) {
  if (!expected.some(({ error_message }) => error_message !== undefined)) continue;
  const often = index % 10 === 0 ? test : test.slow;
  often(`${name} gives the same reasons however it is posted`, async () => {
    const parser = logParser(builtInFormats);
    parser.add(lines.filter((line) => line.trim() !== ''));
    const reasons = parser
      .tasks()
      .map(({ run }) => run.details.error_message)
      .toSorted();
    for (const size of [1, 7, 1000]) {
      const tasks: readonly { error_message?: string }[] = await tasksAfter(inPosts(eventsOf(lines), size));
      assert.equal(
        tasks.map(({ error_message }) => error_message).toSorted(),
        reasons,
        `${size} lines a post`,
      );
    }
  });
}

const MOCHA = [
  '> mocha',
  '  1 passing (4ms)',
  '  1 failing',
  '  1) cart closes:',
  '     TypeError: cart.close is not a function',
];
const REASON = 'TypeError: cart.close is not a function';

test('a reason is found in the post after that of its failure', async () => {
  assert.is(await reasonAfter(inPosts(eventsOf(MOCHA), 1)), REASON);
});

test('a reason is found in the piece of raw text after that of its failure', async () => {
  const { call, close } = await openApi();
  try {
    for (const line of MOCHA) {
      const target = '/api/logs/text?log_group=builds&log_stream=one';
      const { status, text } = await call('POST', target, `${line}\n`, { 'content-type': 'text/plain' });
      assert.is(status, 200, text);
    }
    assert.is((await call('GET', '/api/tasks')).json.tasks[0].details.error_message, REASON);
  } finally {
    await close();
  }
});

test('posts that come again do not take their first line for the reason of the last one', async () => {
  const events = eventsOf(MOCHA).slice(0, 4);
  const other = { id: 'l0', timestamp: NOON, message: 'TypeError: of something else' };
  assert.is(
    await reasonAfter([
      [other, ...events],
      [other, ...events],
    ]),
    '1 failing',
  );
});

test('a line from long after, or from before, is no reason', async () => {
  const events = eventsOf(MOCHA);
  const failure = events.slice(0, 4);
  const [reason] = events.slice(4);
  if (reason === undefined) throw new Error('no reason');
  for (const timestamp of [NOON + 3_600_000, NOON - 1000])
    assert.is(await reasonAfter([failure, [{ ...reason, timestamp }]]), '1 failing');
});

test('lines that are posted out of order are read one by one', async () => {
  const events = eventsOf(MOCHA);
  const [first, ...rest] = events;
  if (first === undefined) throw new Error('no events');
  assert.is(await reasonAfter([[...rest, first]]), '1 failing');
});

test.run();
