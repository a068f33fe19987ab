import * as fc from 'fast-check';
import * as assert from 'uvu/assert';
import { unavailable } from '../../src/domain/errors.ts';
import { demoLines } from '../../src/entrypoints/local/demo.ts';
import { rejects, repeats, suite } from '../support/suite.ts';
import { memoryPorts, system } from '../support/system.ts';

const LOG = Buffer.from(
  `${demoLines(0)
    .map(({ text }) => text)
    .join(
      '\r\n',
    )}\n{"task_id":"抹茶-brew","progress":{"current":3,"total":4}}\n ❌  TeaHouse-Api failed: Error: 急須`,
);

const setUp = async () => {
  const { logText: text, tasks } = await system(memoryPorts());
  const append = (bytes: Uint8Array, options: { offset?: number; last?: boolean } = {}) =>
    text.append({ log_group: 'deploys', log_stream: 'one', bytes, last: false, ...options });
  const end = async () => {
    const { items } = await tasks.list({ limit: 100 });
    return items
      .map(({ task_id, task_name, status, progress: reached, details }) => ({
        task_id,
        task_name,
        status,
        reached,
        details,
      }))
      .toSorted((a, b) => (a.task_id < b.task_id ? -1 : 1));
  };
  return { append, end };
};

const endOf = async (pieces: readonly Uint8Array[]) => {
  const { append, end } = await setUp();
  for (const [index, piece] of pieces.entries()) await append(piece, { last: index === pieces.length - 1 });
  return end();
};

const test = suite('Log text');

test('a log cut in two at any byte, even within a character, ends as the whole', async () => {
  const whole = await endOf([LOG]);
  assert.ok(whole.length >= 2);
  await fc.assert(
    fc.asyncProperty(fc.nat(LOG.length), async (cut) => {
      assert.equal(await endOf([LOG.subarray(0, cut), LOG.subarray(cut)]), whole);
    }),
    { numRuns: repeats({ few: 10, all: 150 }) },
  );
});

test('a log byte by byte ends as the whole', async () => {
  const short = LOG.subarray(0, 700);
  assert.equal(await endOf([...short].map((byte) => Uint8Array.of(byte))), await endOf([short]));
});

test('a line that has not ended yet says nothing', async () => {
  const { append, end } = await setUp();
  await append(Buffer.from('TeaHouse-Sto'));
  assert.equal(await end(), []);
  const { next_offset } = await append(Buffer.from('rage: deploying... [1/2]\n'));
  assert.is(next_offset, Buffer.byteLength('TeaHouse-Storage: deploying... [1/2]\n'));
  assert.equal(
    (await end()).map(({ task_name }) => task_name),
    ['TeaHouse-Storage'],
  );
});

test('a piece that comes twice, or overlaps, is taken once', async () => {
  const { append, end } = await setUp();
  await append(LOG.subarray(0, 900), { offset: 0 });
  await append(LOG.subarray(0, 900), { offset: 0 });
  await append(LOG.subarray(500), { offset: 500, last: true });
  assert.equal(await end(), await endOf([LOG]));
});

test('a gap is refused, and says where to go on', async () => {
  const { append } = await setUp();
  await append(LOG.subarray(0, 10), { offset: 0 });
  const error = await rejects(append(LOG.subarray(20), { offset: 20 }), 'invalid_input');
  assert.match(error.message, 'goes on at 10');
});

test.slow(
  'a piece that comes again because its place could not be stored counts once, however long it is',
  async () => {
    const ports = memoryPorts();
    let isFailing = false;
    const checkpoints: typeof ports.checkpoints = {
      ...ports.checkpoints,
      write(key, value, expected) {
        if (isFailing && key.startsWith('text#')) throw unavailable('the store', new Error('full'));
        return ports.checkpoints.write(key, value, expected);
      },
    };
    const { logText: text } = await system({ ...ports, checkpoints });
    const lines = Array.from({ length: 3_000 }, (_, index) =>
      JSON.stringify({ step: `s${index}`, current: index, total: 9_000 }),
    );
    const bytes = Buffer.from(`${lines.join('\n')}\n`);
    const append = () => text.append({ log_group: 'g', log_stream: 's', bytes, offset: 0, last: false });
    isFailing = true;
    await rejects(append(), 'unavailable');
    isFailing = false;
    // By then the clock has gone on.
    ports.clock.advance(5_000);
    const again = await append();
    assert.is(again.next_offset, bytes.length);
    assert.equal([again.records, again.duplicates, again.tasks.length], [0, 3_000, 0]);
    const more = await text.append({
      log_group: 'g',
      log_stream: 's',
      bytes: Buffer.from('{"step":"next","current":3001,"total":9000}\n'),
      offset: bytes.length,
      last: false,
    });
    assert.is(more.records, 1);
  },
);

test('two streams that speak of one task are both heard, line by line', async () => {
  const { logText: text, tasks } = await system(memoryPorts());
  const append = (log_stream: string, current: number) =>
    text.append({
      log_group: 'agents',
      log_stream,
      bytes: Buffer.from(`${JSON.stringify({ task_id: 'build', progress: { current, total: 10 } })}\n`),
      last: false,
    });
  for (const [stream, current] of [
    ['one', 2],
    ['two', 4],
    ['one', 6],
    ['two', 8],
  ] as const) {
    const { records, duplicates } = await append(stream, current);
    assert.equal([records, duplicates], [1, 0], `${stream} ${current}`);
    assert.is(JSON.parse((await tasks.read('build')).json).progress.current, current);
  }
});

test.run();
