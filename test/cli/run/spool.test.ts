import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import {
  type Backlog,
  claim,
  leftovers,
  newBacklog,
  readSpool,
  setAside,
} from '../../../src/cli/run/spool.ts';
import { run, scratch, until } from '../../support/cli.ts';
import { repeats, suite } from '../../support/suite.ts';

const test = suite('the backlog of a run');

const HEADER = { url: 'http://127.0.0.1:1', log_group: '/miyabi/run', log_stream: 'a-run' };
const event = (number: number, message = 'x') => JSON.stringify({ id: `n${number}`, timestamp: 1, message });

const inFolder = (act: (folder: string) => Promise<void>) => async () => {
  const folder = scratch();
  try {
    await act(folder.path);
  } finally {
    folder.remove();
  }
};

const readAll = async (backlog: Backlog, limit = 2_000): Promise<readonly string[]> => {
  const read: string[] = [];
  for (let batch = await backlog.next(limit); batch !== undefined; batch = await backlog.next(limit)) {
    assert.ok(batch.text.length <= limit);
    read.push(...batch.text.toString().split('\n'));
    await backlog.done(batch);
  }
  return read;
};

/** An owner that is gone: the id of a process that has ended. */
const abandon = async (folder: string, name: string): Promise<void> => {
  const owner = join(folder, name, 'owner.json');
  const { stdout } = await run(['sh', '-c', 'echo $$']);
  writeFileSync(owner, JSON.stringify({ ...JSON.parse(readFileSync(owner, 'utf8')), pid: Number(stdout) }));
};

test(
  'returns events in order, over many segments, and leaves no files',
  inFolder(async (folder) => {
    const backlog = newBacklog(folder, 'run', HEADER);
    const events = Array.from({ length: 12_000 }, (_, index) => event(index, 'y'.repeat(1_000)));
    const read: string[] = [];
    for (let at = 0; at < events.length; at += 1_000) {
      backlog.add(events.slice(at, at + 1_000));
      const batch = await backlog.next(500_000);
      if (batch === undefined) continue;
      read.push(...batch.text.toString().split('\n'));
      await backlog.done(batch);
    }
    assert.ok(readdirSync(join(folder, 'run')).filter((name) => name.endsWith('.ndjson')).length > 1);
    read.push(...(await readAll(backlog, 500_000)));
    assert.equal(read, events);
    assert.is(backlog.dropped(), 0);
    await backlog.close();
    assert.equal(readdirSync(folder), []);
  }),
);

test(
  'gives a batch again that was not acknowledged',
  inFolder(async (folder) => {
    const backlog = newBacklog(folder, 'run', HEADER);
    backlog.add([event(1), event(2)]);
    const first = await backlog.next(1_000);
    assert.equal(await backlog.next(1_000), first);
    await backlog.close();
  }),
);

test(
  'what is written while a batch is acknowledged is not lost with it',
  inFolder(async (folder) => {
    const backlog = newBacklog(folder, 'run', HEADER);
    const events = Array.from({ length: 20 }, (_, index) => event(index, 'x'.repeat(300_000)));
    const read: string[] = [];
    for (const next of events) {
      // So large that it is on its way to the disk at once.
      backlog.add([next]);
      const batch = await backlog.next(1_000_000);
      if (batch === undefined) throw new Error('there is a batch');
      backlog.add([`{"after":${next}}`]);
      // At a different point of the writing each time.
      for (let step = 0; step < read.length; step += 1) await Promise.resolve();
      await backlog.done(batch);
      read.push(batch.text.toString());
      read.push(...(await readAll(backlog, 1_000_000)));
    }
    assert.equal(
      read,
      events.flatMap((next) => [next, `{"after":${next}}`]),
    );
    await backlog.close();
    assert.equal(readdirSync(folder), []);
  }),
);

test(
  'a server that keeps up leaves one small file on the disk, however much there was',
  inFolder(async (folder) => {
    const backlog = newBacklog(folder, 'run', HEADER);
    for (let number = 0; number < 30; number += 1) {
      backlog.add([event(number, 'x'.repeat(200_000))]);
      assert.equal(await readAll(backlog, 300_000), [event(number, 'x'.repeat(200_000))]);
    }
    assert.is((await leftovers(folder))[0]?.bytes, 0);
    await backlog.close();
    assert.equal(readdirSync(folder), []);
  }),
);

test(
  'what was not sent is taken over once, from where it was left',
  inFolder(async (folder) => {
    const backlog = newBacklog(folder, 'run', HEADER);
    const events = Array.from({ length: 100 }, (_, index) => event(index));
    backlog.add(events);
    const batch = await backlog.next(500);
    if (batch === undefined) throw new Error('there is a batch');
    await backlog.done(batch);
    await backlog.close();

    const [found] = await leftovers(folder);
    if (found === undefined) throw new Error('the run was found');
    assert.equal(found.header, HEADER);
    assert.is(found.live, false);
    const takers = await Promise.all([claim(found, 'one'), claim(found, 'two'), claim(found, 'three')]);
    const [taken, ...others] = takers.filter((taker) => taker !== undefined);
    assert.is(others.length, 0);
    if (taken === undefined) throw new Error('somebody took it');
    assert.equal(await readAll(taken), events.slice(batch.text.toString().split('\n').length));
    await taken.close();
    assert.equal(readdirSync(folder), []);
  }),
);

test(
  'lines are on the disk soon, also without a sender: a killed run has lost nothing older',
  inFolder(async (folder) => {
    const backlog = newBacklog(folder, 'run', HEADER);
    backlog.add([event(1)]);
    await until(
      'the line is on the disk',
      async () => (await leftovers(folder))[0]?.bytes === event(1).length + 1,
    );
    const [live] = await leftovers(folder);
    assert.is(live?.live, true, 'its owner is this process');
    await abandon(folder, 'run');
    const [dead] = await leftovers(folder);
    assert.is(dead?.live, false);
    const taken = dead === undefined ? undefined : await claim(dead, 'next');
    assert.equal(taken === undefined ? [] : await readAll(taken), [event(1)]);
    await taken?.close();
  }),
);

test(
  'a flood that is not sent stays complete',
  inFolder(async (folder) => {
    const count = repeats({ few: 600, all: 3_000 });
    const backlog = newBacklog(folder, 'run', HEADER);
    const text = 'z'.repeat(10_000);
    for (let number = 0; number < count; number += 1) {
      backlog.add([event(number, text)]);
      // Faster than any disk would not be a flood but a fault: 4 MB may be under way.
      await until(
        'the disk keeps up',
        async () => ((await leftovers(folder))[0]?.bytes ?? 0) > number * 10_000 - 4_000_000,
      );
    }
    await until(
      'all of it is on the disk',
      async () => ((await leftovers(folder))[0]?.bytes ?? 0) > count * 10_000,
    );
    assert.is(backlog.dropped(), 0);
    assert.is((await readAll(backlog, 200_000)).length, count);
    await backlog.close();
  }),
);

test(
  'without a disk memory does, within its bound',
  inFolder(async (folder) => {
    const file = join(folder, 'a-file');
    writeFileSync(file, '');
    const backlog = newBacklog(file, 'run', HEADER);
    backlog.add([event(1), event(2)]);
    assert.equal(await readAll(backlog), [event(1), event(2)]);
    for (let number = 0; number < 20; number += 1) {
      backlog.add([event(number, 'z'.repeat(1_000_000))]);
      await backlog.next(2_000_000);
    }
    assert.ok(backlog.dropped() >= 10 && backlog.dropped() < 20, `${backlog.dropped()}`);
    assert.is(backlog.atRisk(), true);
    await backlog.close();
  }),
);

test(
  'folders that are no runs are passed over',
  inFolder(async (folder) => {
    mkdirSync(join(folder, 'empty'));
    mkdirSync(join(folder, 'broken'));
    writeFileSync(join(folder, 'broken', 'header.json'), '{"url":1}');
    writeFileSync(join(folder, 'file'), 'x');
    assert.equal(await readSpool(folder), { runs: [], unreadable: [] });
    assert.equal(await leftovers(join(folder, 'not-there')), []);
  }),
);

/** A run that is over and has left these lines, as they are. */
const leave = (folder: string, name: string, header: string | undefined, text: string): void => {
  mkdirSync(join(folder, name));
  if (header !== undefined) writeFileSync(join(folder, name, 'header.json'), header);
  writeFileSync(join(folder, name, '000001.ndjson'), text);
};

test(
  'a run with a damaged header is reported with the reason and can be set aside; the others are found',
  inFolder(async (folder) => {
    const lines = `${event(1)}\n`;
    leave(folder, 'a', undefined, lines);
    leave(folder, 'b', '{"url":', lines);
    leave(folder, 'c', '{"url":1}', lines);
    leave(folder, 'd', JSON.stringify({ version: 2, ...HEADER }), lines);
    leave(folder, 'e', JSON.stringify(HEADER), lines);
    const { runs, unreadable } = await readSpool(folder);
    assert.equal(
      runs.map(({ directory }) => directory),
      [join(folder, 'e')],
    );
    assert.equal(
      unreadable.map(({ reason, isDamaged }) => [reason, isDamaged]),
      [
        ['its header.json is missing', true],
        ['its header.json is not JSON', true],
        ['its header.json does not say where it belongs', true],
        ['a newer miyabi wrote it (version 2); send it with that one', false],
      ],
    );
    for (const run of unreadable.filter(({ isDamaged }) => isDamaged)) await setAside(run);
    assert.equal(readdirSync(folder), ['d', 'damaged', 'e']);
    assert.equal(readdirSync(join(folder, 'damaged')), ['a', 'b', 'c']);
    assert.is((await readSpool(folder)).unreadable.length, 1);
  }),
);

for (const [name, text, sound, aside] of [
  ['in the middle', [event(1), '{"id":', event(2)], [event(1), event(2)], ['{"id":']],
  ['at both ends', ['', event(1), 'no JSON'], [event(1)], ['', 'no JSON']],
  [
    'that is no event',
    [event(1), '{"id":"n2"}', '[]', event(3)],
    [event(1), event(3)],
    ['{"id":"n2"}', '[]'],
  ],
  ['that is longer than a post', ['z'.repeat(9_000), event(1)], [event(1)], ['z'.repeat(9_000)]],
  ['and nothing else', ['\u0000\u0000'], [], ['\u0000\u0000']],
] as const) {
  test(
    `a damaged line ${name} is set aside, and every other is sent`,
    inFolder(async (folder) => {
      leave(folder, 'run', JSON.stringify(HEADER), `${text.join('\n')}\n`);
      const [found] = await leftovers(folder);
      const taken = found && (await claim(found, 'next'));
      assert.ok(taken);
      assert.equal(await readAll(taken), sound);
      const file = taken.damaged();
      assert.is(file, join(folder, 'damaged', 'run.ndjson'));
      assert.is(readFileSync(file ?? '', 'utf8'), `${aside.join('\n')}\n`);
      await taken.close();
      assert.equal(readdirSync(folder), ['damaged']);
    }),
  );
}

test(
  'the line that a killed run was writing is set aside',
  inFolder(async (folder) => {
    leave(folder, 'run', JSON.stringify(HEADER), `${event(1)}\n{"id":"n2","times`);
    const [found] = await leftovers(folder);
    const taken = found && (await claim(found, 'next'));
    assert.ok(taken);
    assert.equal(await readAll(taken), [event(1)]);
    assert.is(readFileSync(taken.damaged() ?? '', 'utf8'), '{"id":"n2","times\n');
    await taken.close();
  }),
);

test.run();
