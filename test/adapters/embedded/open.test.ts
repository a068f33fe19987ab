import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, cp, mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { embeddedCheckpoints } from '../../../src/adapters/embedded/checkpoints.ts';
import { embeddedKeyStore } from '../../../src/adapters/embedded/key-store.ts';
import { keyOf, placesOf, taskKey } from '../../../src/adapters/embedded/keys.ts';
import { openLevel } from '../../../src/adapters/embedded/level.ts';
import { embeddedOutbox } from '../../../src/adapters/embedded/outbox.ts';
import { sweepExpired } from '../../../src/adapters/embedded/sweep.ts';
import { embeddedTaskHistory } from '../../../src/adapters/embedded/task-history.ts';
import { embeddedTaskStore } from '../../../src/adapters/embedded/task-store.ts';
import { KNOWN_MS } from '../../../src/ports/outbox.ts';
import { programOf } from '../../support/built.ts';
import { inFolder, openStoreIn } from '../../support/embedded.ts';
import { rejects, suite } from '../../support/suite.ts';
import { allPages, aPoint, aTask, NOON } from '../../support/tasks.ts';

const test = suite('The folder of the embedded store');

const DAY = 24 * 60 * 60 * 1000;

const withTask = async (path: string, id = 'kept'): Promise<void> => {
  const world = await openStoreIn(path);
  await embeddedTaskStore(world).save(aTask(id));
  await world.close();
};

const warningsOf = ({ logger }: Awaited<ReturnType<typeof openStoreIn>>) =>
  logger.entries.filter(({ level }) => level === 'warn' || level === 'error');

test(
  'keeps its data in its folder, which may not exist yet, and lets no one else read it',
  inFolder(async (folder) => {
    const path = join(folder, 'not', 'yet', 'there');
    await withTask(path);
    const world = await openStoreIn(path);
    assert.equal(await embeddedTaskStore(world).find('kept'), aTask('kept'));
    assert.is((await stat(path)).mode & 0o777, 0o700);
    assert.is((await stat(join(path, 'data'))).mode & 0o777, 0o700);
    for (const file of await readdir(join(path, 'data'))) {
      assert.is((await stat(join(path, 'data', file))).mode & 0o777, 0o600, file);
    }
    await world.close();
  }),
);

test(
  'refuses a folder that is open already, here or in another process, and takes it once that has ended',
  inFolder(async (folder) => {
    const path = join(folder, 'store');
    const world = await openStoreIn(path);
    const here = await rejects(openStoreIn(path), 'configuration');
    assert.match(here.message, 'is open in another process');
    assert.match(here.message, path);
    assert.match(here.message, 'MIYABI_DATA_DIR');
    await world.close();
    const [node = '', ...words] = programOf('test/support/keeps-writing.ts');
    const writer = spawn(node, [...words, path], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    try {
      await once(writer.stdout, 'data');
      const there = await rejects(openStoreIn(path), 'configuration');
      assert.match(there.message, 'is open in another process');
    } finally {
      const ended = once(writer, 'exit');
      writer.kill('SIGKILL');
      await ended;
    }
    await (await openStoreIn(path)).close();
  }),
);

test(
  'refuses a folder that cannot be written, by name',
  inFolder(async (folder) => {
    const file = join(folder, 'file');
    await writeFile(file, '');
    const places = [file, join(file, 'data'), ...(process.platform === 'linux' ? ['/proc/miyabi/data'] : [])];
    for (const path of places) {
      const error = await rejects(openStoreIn(path), 'configuration');
      assert.match(error.message, 'cannot be written');
      assert.match(error.message, path);
      assert.not.match(error.message, '\n');
    }
  }),
);

test(
  'never starts empty over data that is there: a missing file is an error, and the data comes back with it',
  inFolder(async (folder) => {
    const path = join(folder, 'store');
    await withTask(path);
    const data = join(path, 'data');
    const files = await readdir(data);
    const lost = ['CURRENT', ...files.filter((file) => /^MANIFEST|\.log$/.test(file))];
    for (const file of lost) {
      const copy = join(folder, `without-${file}`);
      await cp(path, copy, { recursive: true });
      await rm(join(copy, 'data', file));
      const error = await rejects(openStoreIn(copy), 'configuration');
      assert.match(error.message, copy);
      assert.not.match(error.message, '\n');
    }
    assert.is(lost.length, 3);
    await rm(data, { recursive: true });
    assert.match((await rejects(openStoreIn(path), 'configuration')).message, 'is missing files');
  }),
);

test(
  'refuses what is damaged or newer, by name, and leaves the folder free',
  inFolder(async (folder) => {
    const path = join(folder, 'store');
    await withTask(path);
    const current = join(path, 'data', 'CURRENT');
    const whole = await readFile(current);
    for (const [damage, message] of [
      ['MANIFEST-999999\n', /cannot be opened/],
      ['not a line', /damaged/],
    ] as const) {
      await writeFile(current, damage);
      const error = await rejects(openStoreIn(path), 'configuration');
      assert.match(error.message, path);
      assert.match(error.message, message);
      await writeFile(current, whole);
    }
    const level = await openLevel(join(path, 'data'), { create: false });
    await level.put('m\u0000format\u0000', '2');
    await level.close();
    assert.match((await rejects(openStoreIn(path), 'configuration')).message, 'newer Miyabi');
  }),
);

test(
  'is not checked after it was closed, and is after it was not',
  inFolder(async (folder) => {
    const path = join(folder, 'store');
    await withTask(path);
    const clean = await openStoreIn(path);
    assert.equal(clean.logger.entries, []);
    await clean.close();
    await writeFile(join(path, 'state.json'), '{"clean":false,"commits":0}');
    const unclean = await openStoreIn(path);
    assert.match(unclean.logger.entries[0]?.message ?? '', 'was checked, and nothing is wrong');
    assert.equal(warningsOf(unclean), []);
    await unclean.close();
  }),
);

test(
  'makes indexes again from the tasks, and puts damaged records aside',
  inFolder(async (folder) => {
    const path = join(folder, 'store');
    const before = await openStoreIn(path);
    const tasks = embeddedTaskStore(before);
    for (const [index, id] of ['a', 'b', 'c', 'd'].entries()) await tasks.save(aTask(id, {}, index));
    await embeddedOutbox({ ...before, tokens: () => '' }).add([aDelivery('one'), aDelivery('two')]);
    await embeddedCheckpoints(before).write('key', { some: 'value' }, 0);
    const apiKey = {
      hash: 'a'.repeat(64),
      name: 'CI',
      scope: 'read',
      created_at: '2026-11-24T00:00:00.000Z',
    } as const;
    for (const key_id of ['k1', 'k2']) await embeddedKeyStore(before).add({ ...apiKey, key_id });
    await before.close();

    const level = await openLevel(join(path, 'data'), { create: false });
    // A place that is missing, one of a task that is not there, one at another time, and a record with a changed bit.
    for (const key of placesOf(aTask('a'))) await level.del(key);
    await level.put(placesOf(aTask('stranger'))[0] ?? '', '');
    await level.put(placesOf(aTask('b', {}, 7))[0] ?? '', '');
    const value = (await level.get(taskKey('c'))) ?? '';
    await level.put(taskKey('c'), value.replace('Task c', 'Task x'));
    for await (const key of level.keys({ gt: 'p', lt: 'q' })) await level.del(key);
    // A key under the id of another would be valid for its secret.
    await level.put(keyOf('k', 'k3'), (await level.get(keyOf('k', 'k2'))) ?? '');
    await level.close();
    await rm(join(path, 'state.json'));

    const after = await openStoreIn(path);
    assert.match(warningsOf(after)[0]?.message ?? '', 'repaired');
    assert.is(warningsOf(after)[0]?.fields['damaged'], 2);
    const listed = await allPages(embeddedTaskStore(after), { limit: 10 });
    assert.equal(
      listed.map(({ task_id }) => task_id),
      ['d', 'b', 'a'],
    );
    assert.is((await embeddedOutbox({ ...after, tokens: () => '' }).pending('w', 10)).length, 2);
    assert.equal((await embeddedCheckpoints(after).read('key'))?.value, { some: 'value' });
    assert.equal(
      (await embeddedKeyStore(after).list()).map(({ key_id }) => key_id),
      ['k1', 'k2'],
    );
    const kept = (await readdir(path)).find((file) => file.startsWith('damaged-')) ?? '';
    assert.match(await readFile(join(path, kept), 'utf8'), 'Task x');
    await after.close();
  }),
);

test(
  'a damaged record that is read makes the store read-only, not wrong: it says what to do, and the next start repairs it',
  inFolder(async (folder) => {
    const path = join(folder, 'store');
    await withTask(path, 'a');
    await withTask(path, 'b');
    const level = await openLevel(join(path, 'data'), { create: false });
    const value = (await level.get(taskKey('a'))) ?? '';
    await level.put(taskKey('a'), value.replace('running', 'walking'));
    await level.close();

    const world = await openStoreIn(path);
    const tasks = embeddedTaskStore(world);
    await tasks.save(aTask('c'));
    const error = await rejects(tasks.find('a'), 'unavailable');
    assert.match(error.message, 'restart the server');
    assert.ok(await tasks.find('b'));
    await rejects(tasks.save(aTask('d')), 'unavailable');
    await world.close();

    const again = await openStoreIn(path);
    assert.is(warningsOf(again).length, 1);
    assert.equal(
      (await allPages(embeddedTaskStore(again), { limit: 10 })).map(({ task_id }) => task_id),
      ['c', 'b'],
    );
    await again.close();
  }),
);

test(
  'ends what runs when it is closed, and refuses what comes after as unavailable',
  inFolder(async (folder) => {
    const path = join(folder, 'store');
    const world = await openStoreIn(path);
    const tasks = embeddedTaskStore(world);
    const running = Array.from({ length: 50 }, (_, index) => tasks.save(aTask(`t${index}`)));
    const reading = tasks.list({ limit: 10 });
    const closing = world.close();
    for (const refused of [tasks.save(aTask('late')), tasks.find('t1'), tasks.list({ limit: 1 })]) {
      assert.match((await rejects(refused, 'unavailable')).message, 'closing');
    }
    await Promise.all([...running, reading, closing]);
    const again = await openStoreIn(path);
    assert.is((await allPages(embeddedTaskStore(again), { limit: 100 })).length, 50);
    await again.close();
  }),
);

test(
  'shows a write to no one before it is on disk, and to every write that follows it',
  inFolder(async (folder) => {
    const world = await openStoreIn(join(folder, 'store'));
    const tasks = embeddedTaskStore(world);
    const first = tasks.save(aTask('a'));
    assert.is(await tasks.find('a'), undefined);
    const second = tasks.save(aTask('a', { version: 2 }));
    await Promise.all([first, second]);
    assert.is((await tasks.find('a'))?.version, 2);
    await world.close();
  }),
);

test(
  'forgets what has expired: at once for those who read, and in its files with the next sweep',
  inFolder(async (folder) => {
    const world = await openStoreIn(join(folder, 'store'));
    const { clock, database } = world;
    const tasks = embeddedTaskStore(world);
    const history = embeddedTaskHistory(world);
    const checkpoints = embeddedCheckpoints(world);
    const outbox = embeddedOutbox({ ...world, tokens: () => 'token' });
    await tasks.save(aTask('old'));
    await history.append('old', [aPoint(1)]);
    await checkpoints.write('scope', 1, 0);
    await checkpoints.write('source#group', 2, 0);
    await checkpoints.write('links#secret', 3, 0);
    await outbox.add([aDelivery('ended')]);
    await outbox.end(aDelivery('ended'));
    const claim = await outbox.claim('w', 1000);
    if (claim !== undefined) await outbox.release(claim, {});
    clock.advance(KNOWN_MS);
    await outbox.add([aDelivery('ended')]);
    assert.is((await outbox.pending('w', 10)).length, 1);
    await outbox.end(aDelivery('ended'));
    const again = await outbox.claim('w', 1000);
    if (again !== undefined) await outbox.release(again, {});
    clock.advance(92 * DAY - KNOWN_MS);
    assert.is(await tasks.find('old'), undefined);
    assert.equal(await tasks.findMany(['old']), []);
    assert.equal(await tasks.list({ limit: 10 }), { items: [] });
    assert.equal(await history.read('old', { limit: 10 }), { items: [] });
    assert.is(await checkpoints.read('scope'), undefined);
    assert.is((await checkpoints.read('source#group'))?.value, 2);
    assert.is((await checkpoints.read('links#secret'))?.value, 3);
    clock.advance(8 * DAY);
    await history.append('old', [aPoint(2)]);
    assert.ok((await sweepExpired({ database, clock }, new AbortController().signal)) > 0);
    const left = await database.view((view) => view.keys({ gt: 'a', lt: 'z', limit: 100 }));
    assert.equal(
      left.map((key) => key.replaceAll('\u0000', ' ').trim().split(' ').slice(0, 2).join(' ')).sort(),
      [
        'c links#secret',
        'c source#group',
        'h old',
        'm commits',
        'm format',
        'v links#secret',
        'v source#group',
        `x ${left.at(-1)?.split('\u0000')[1]}`,
      ].sort(),
    );
    await tasks.save(aTask('old', { task_name: 'used again' }, 200 * DAY));
    assert.ok(await tasks.find('old'));
    await world.close();
  }),
);

test(
  'takes a folder that was open to everyone away from everyone else',
  inFolder(async (folder) => {
    const path = join(folder, 'store');
    await mkdir(path);
    await chmod(path, 0o777);
    await withTask(path);
    assert.is((await stat(path)).mode & 0o777, 0o700);
  }),
);

const aDelivery = (delivery_id: string) =>
  ({
    delivery_id,
    webhook_id: 'w',
    project_id: 'p',
    event: 'task.completed',
    body: '{}',
    attempts: 0,
    due_at: NOON,
    created_at: NOON,
  }) as const;

test.run();
