import { EventEmitter } from 'node:events';
import { copyFile, mkdir, rename, rm, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import * as assert from 'uvu/assert';
import { type FileSystem, fileSystem } from '../../../src/adapters/file/file-system.ts';
import { fileLogSource } from '../../../src/adapters/file/log-source.ts';
import type { Json } from '../../../src/domain/json.ts';
import type { LogSource } from '../../../src/ports/log-source.ts';
import { openLogFolder } from '../../support/log-folder.ts';
import { suite } from '../../support/suite.ts';
import { memoryPorts, system } from '../../support/system.ts';

const test = suite('Log folders that are watched');

/** Later than every file that a test makes, so that they are quiet. */
const LATER = 4_000_000_000_000;
const GROUPS = ['a', 'b', 'c'];
const FILES = 20;

type Watcher = EventEmitter & { close(): void };

/** The file system, which counts its calls, and whose folders announce what a test says. */
const countedSystem = (watchFails?: Error) => {
  const calls: Record<string, number> = {};
  const watchers = new Map<string, Watcher>();
  const watch = (path: string): Watcher => {
    if (watchFails !== undefined) throw watchFails;
    const watcher = Object.assign(new EventEmitter(), { close: () => void watchers.delete(path) });
    watchers.set(path, watcher);
    return watcher;
  };
  const files = new Proxy(
    { ...fileSystem, watch },
    {
      get(target, name) {
        const method: unknown = Reflect.get(target, name);
        return (...input: readonly unknown[]): unknown => {
          calls[String(name)] = (calls[String(name)] ?? 0) + 1;
          return typeof method === 'function' ? Reflect.apply(method, undefined, input) : undefined;
        };
      },
    },
    // A watcher of a test has only the methods that are used.
  ) as unknown as FileSystem;
  return {
    files,
    watchers,
    /** The calls since it was asked last. */
    counted(): Readonly<Record<string, number>> {
      const counts = { ...calls };
      for (const name of Object.keys(calls)) delete calls[name];
      return counts;
    },
  };
};

/** A collector on a folder with files in several groups, all of which were read. */
const collecting = async (
  run: (world: Awaited<ReturnType<typeof open>>) => Promise<void>,
  watchFails?: Error,
) => {
  const world = await open(watchFails);
  try {
    await run(world);
  } finally {
    await world.close();
  }
};

const open = async (watchFails: Error | undefined) => {
  const folder = await openLogFolder();
  for (const group of GROUPS)
    for (let file = 0; file < FILES; file += 1) await folder.append(`${group}/${file}.log`, 'nothing\n');
  const counting = countedSystem(watchFails);
  const memory = memoryPorts();
  memory.clock.advance(LATER - memory.clock.now());
  const source = fileLogSource({
    ...{ directory: folder.directory, clock: memory.clock, logger: memory.logger, files: counting.files },
  });
  let reads = 0;
  const checkpoints = {
    ...memory.checkpoints,
    read: (key: string) => {
      reads += 1;
      return memory.checkpoints.read(key);
    },
  };
  const { collector } = await system({ ...memory, checkpoints, source: { ...memory.source, ...source } });
  /** Collects after a second, or another time; how many events each group had. */
  const collect = async (ms = 1_000): Promise<readonly number[]> => {
    memory.clock.advance(ms);
    return (await collector.collect({})).groups.map(({ events }) => events);
  };
  await collect();
  await collect();
  counting.counted();
  reads = 0;
  return {
    ...folder,
    ...counting,
    source,
    clock: memory.clock,
    warnings: () =>
      memory.logger.entries.filter(({ level }) => level === 'warn').map(({ message }) => message),
    collect,
    checkpointReads: () => reads,
    announce(path: string, event: 'change' | 'rename', name: string): void {
      counting.watchers.get(join(folder.directory, path))?.emit('change', event, name);
    },
    async close() {
      source.close();
      await folder.close();
    },
  };
};

test('idle files cost no call of the file system and no read of a checkpoint', () =>
  collecting(async ({ collect, counted, checkpointReads, watchers }) => {
    assert.is(watchers.size, 1 + GROUPS.length);
    for (let second = 0; second < 25; second += 1) assert.equal(await collect(), [0, 0, 0]);
    assert.equal(counted(), {});
    assert.is(checkpointReads(), 0);
  }));

test('a minute of idle files looks at each of them at most twice', () =>
  collecting(async ({ collect, counted }) => {
    for (let second = 0; second < 60; second += 1) await collect();
    const { lstat = 0, lstatSync = 0 } = counted();
    const [once, looks] = [GROUPS.length * FILES, lstat + lstatSync];
    assert.ok(looks >= once && looks <= 2 * (once + 4 * GROUPS.length), String(looks));
    if (process.platform === 'linux')
      assert.ok(lstat <= 8 * GROUPS.length, `${lstat}, no file takes a thread`);
  }));

test('a folder that is not watched is never waited for without a thread', () =>
  collecting(
    async ({ collect, counted }) => {
      for (let second = 0; second < 5; second += 1) await collect();
      const { lstat = 0, lstatSync } = counted();
      assert.ok(lstat >= GROUPS.length * FILES, String(lstat));
      assert.is(lstatSync, undefined);
    },
    Object.assign(new Error('no watch left'), { code: 'ENOSPC' }),
  ));

test('a change that is announced is read, and no other group is looked at', () =>
  collecting(async ({ append, collect, announce, counted }) => {
    await append('b/3.log', 'one\ntwo\n');
    announce('b', 'change', '3.log');
    assert.equal(await collect(), [0, 2, 0]);
    const { lstat = 0, lstatSync = 0, readdir } = counted();
    assert.ok(lstat + lstatSync >= FILES && lstat + lstatSync < 2 * FILES, String(lstat + lstatSync));
    assert.is(readdir, 1);
    assert.equal(await collect(), [0, 0, 0]);
    assert.equal(counted(), {});
  }));

test('a new folder is found when its parent announces it', () =>
  collecting(async ({ append, collect, announce, watchers, directory }) => {
    await append('b/inner/new.log', 'one\n');
    announce('b', 'rename', 'inner');
    assert.equal(await collect(), [0, 0, 1, 0]);
    assert.ok(watchers.has(join(directory, 'b/inner')));
    await rm(join(directory, 'b/inner'), { recursive: true });
    announce('b', 'rename', 'inner');
    assert.equal(await collect(), [0, 0, 0]);
    assert.not.ok(watchers.has(join(directory, 'b/inner')));
  }));

test('what was not announced is read within a minute, and its group is polled from then on', () =>
  collecting(async ({ append, collect, warnings }) => {
    await append('a/0.log', 'one\n');
    let events = 0;
    for (let second = 0; second < 61; second += 1) events += (await collect())[0] ?? 0;
    assert.is(events, 1);
    assert.is(warnings().length, 1);
    await append('a/0.log', 'two\n');
    assert.equal(await collect(), [1, 0, 0]);
    await append('b/0.log', 'late\n');
    assert.equal(await collect(), [0, 0, 0]);
  }));

test('a sweep that comes before the announcement does not make a group one to poll', () =>
  collecting(async ({ append, collect, announce, counted, warnings }) => {
    await append('a/0.log', 'one\n');
    for (let second = 0; second < 61; second += 1) {
      if ((await collect())[0] === 1) break;
    }
    announce('a', 'change', '0.log');
    await collect();
    counted();
    await collect();
    assert.equal(counted(), {});
    assert.equal(warnings(), []);
  }));

test('where the system has no watch left, folders are polled at a pace that depends on their size', () =>
  collecting(
    async ({ append, collect, counted, warnings }) => {
      assert.is(warnings().length, 1);
      await append('b/1.log', 'one\n');
      const events = [await collect(), await collect(), await collect()].map(([, inB]) => inB);
      assert.is(
        events.reduce((sum = 0, more = 0) => sum + more, 0),
        1,
      );
      counted();
      // 60 files and their folders: every 170 ms, so with every fourth look.
      for (let look = 0; look < 24; look += 1) await collect(50);
      assert.is(Math.floor((counted()['lstat'] ?? 0) / 60), 6);
      assert.is(warnings().length, 1);
    },
    Object.assign(new Error('no watch left'), { code: 'ENOSPC' }),
  ));

test('a group stays to be read until a reading has come to its end', () =>
  collecting(async ({ append, announce, source }) => {
    await append('b/3.log', 'one\n');
    announce('b', 'change', '3.log');
    const changed = async () =>
      (await source.look?.())?.filter(({ isChanged }) => isChanged).map(({ log_group }) => log_group);
    assert.equal(await changed(), ['b']);
    for await (const _page of source.read({ log_group: 'b', cursor: null })) break;
    assert.equal(await changed(), ['b']);
    for await (const _page of source.read({ log_group: 'b', cursor: null }));
    assert.equal(await changed(), []);
  }));

test('a last line without an end is read once its file is quiet, without another announcement', () =>
  collecting(async ({ append, changedAt, announce, collect, clock, counted }) => {
    await append('b/3.log', 'half');
    await changedAt('b/3.log', clock.now() + 1_000);
    announce('b', 'change', '3.log');
    assert.equal(await collect(), [0, 0, 0]);
    assert.equal(await collect(), [0, 0, 0]);
    assert.equal(await collect(), [0, 1, 0]);
    counted();
    await collect();
    assert.equal(counted(), {});
  }));

/** Reads the announced changes until this many events have come, each of them once. */
const followed = (source: LogSource) => {
  const cursors = new Map<string, Json>();
  const ids = new Set<string>();
  return async (count: number): Promise<readonly string[]> => {
    const messages: string[] = [];
    while (messages.length < count) {
      for (const { log_group, isChanged } of (await source.look?.()) ?? []) {
        if (!isChanged) continue;
        for await (const page of source.read({ log_group, cursor: cursors.get(log_group) ?? null })) {
          cursors.set(log_group, page.cursor);
          for (const { log_stream, events } of page.streams)
            for (const { id, message } of events) {
              const name = `${log_group}/${log_stream}/${id}`;
              assert.not.ok(ids.has(name), `${name} came twice`);
              ids.add(name);
              messages.push(message);
            }
        }
      }
      await sleep(1);
    }
    return messages.sort();
  };
};

test('the operating system announces lines, rotated, truncated and new files, and new folders in place of old ones', async () => {
  const folder = await openLogFolder();
  const path = (name: string) => join(folder.directory, name);
  const source = fileLogSource({ directory: folder.directory, clock: { now: () => LATER } });
  const next = followed(source);
  try {
    await folder.append('g/app.log', 'one\n');
    assert.equal(await next(1), ['one']);
    await folder.append('g/app.log', 'two\nthree\n');
    assert.equal(await next(2), ['three', 'two']);
    await folder.append('g/app.log', 'four\n');
    await rename(path('g/app.log'), path('g/app.log.1'));
    await folder.append('g/app.log', 'five\n');
    assert.equal(await next(2), ['five', 'four']);
    await copyFile(path('g/app.log'), path('g/app.log.2'));
    await truncate(path('g/app.log'));
    await folder.append('g/app.log', 'a first line that is longer\n');
    assert.equal(await next(1), ['a first line that is longer']);
    await folder.append('top.log', 'six\n');
    await folder.append('h/deep/er/x.log', 'seven\n');
    assert.equal(await next(2), ['seven', 'six']);
    await rm(path('h'), { recursive: true });
    await mkdir(path('h/deep/er'), { recursive: true });
    await folder.append('h/deep/er/y.log', 'eight\n');
    assert.equal(await next(1), ['eight']);
    await rename(path('h/deep'), path('g/moved'));
    await folder.append('g/moved/er/z.log', 'nine\n');
    // Moved files are those of another group.
    assert.equal(await next(2), ['eight', 'nine']);
  } finally {
    source.close();
    await folder.close();
  }
});

test.run();
