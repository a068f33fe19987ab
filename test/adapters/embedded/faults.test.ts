import { execFileSync } from 'node:child_process';
import { cp, mkdir, readdir, readFile, rm, statfs, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { embeddedTaskHistory } from '../../../src/adapters/embedded/task-history.ts';
import { embeddedTaskStore } from '../../../src/adapters/embedded/task-store.ts';
import { isMiyabiError } from '../../../src/domain/errors.ts';
import type { StoredTask } from '../../../src/domain/tasks/task.ts';
import { inFolder, openStoreIn } from '../../support/embedded.ts';
import { eventually } from '../../support/server.ts';
import { needs, rejects, repeats, suite } from '../../support/suite.ts';
import { aPoint, aTask } from '../../support/tasks.ts';

const test = suite('A store on a disk with faults');

const PLACES = repeats({ few: 4, all: 50 });
const TASKS = 1_500;

/** Random numbers that are the same in every run. */
const randomFrom = (seed: number) => {
  let state = seed;
  return (below: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
};

/** Uses a store in every way that a server does. What is refused must be refused in our words. */
const useEverything = async (path: string, round: string): Promise<'refused at the start' | 'went on'> => {
  let world: Awaited<ReturnType<typeof openStoreIn>>;
  try {
    world = await openStoreIn(path);
  } catch (error) {
    assert.ok(isMiyabiError(error, 'configuration'), String(error));
    assert.match(error.message, path);
    assert.not.match(error.message, '\n');
    return 'refused at the start';
  }
  const tasks = embeddedTaskStore(world);
  const history = embeddedTaskHistory(world);
  const attempts: (() => Promise<unknown>)[] = [
    ...Array.from({ length: 40 }, (_, index) => () => tasks.find(`t${index * 37}`)),
    ...Array.from({ length: 10 }, (_, index) => () => history.read(`t${index * 151}`, { limit: 100 })),
    () => tasks.findMany(Array.from({ length: 100 }, (_, index) => `t${index}`)),
    () => tasks.list({ limit: 100 }),
    () => tasks.list({ limit: 100, project_id: 'default' }),
    () => tasks.list({ limit: 100, q: 'nothing has this name' }),
    ...Array.from({ length: 20 }, (_, index) => () => tasks.save(aTask(`${round}-${index}`))),
    () => world.database.compact({ gt: 'a', lt: 'z' }),
    () => tasks.save(aTask(`${round}-after`)),
  ];
  for (const attempt of attempts) {
    try {
      await attempt();
    } catch (error) {
      assert.ok(isMiyabiError(error, 'unavailable'), String(error));
    }
  }
  await world.close();
  return 'went on';
};

test(
  `after a byte has changed at each of ${PLACES} random places: a clear error or a healed store, never a crash`,
  inFolder(async (folder) => {
    const whole = join(folder, 'whole');
    const world = await openStoreIn(whole);
    const tasks = embeddedTaskStore(world);
    const history = embeddedTaskHistory(world);
    for (let from = 0; from < TASKS; from += 100) {
      const ids = Array.from({ length: 100 }, (_, index) => from + index);
      await Promise.all(ids.map((id) => tasks.save(aTask(`t${id}`, { metadata: { id } }, id))));
      await Promise.all(ids.map((id) => history.append(`t${id}`, [aPoint(id)])));
      // Half of it in sorted files, half of it in the log.
      if (from === TASKS / 2 - 50) await world.database.compact({ gt: 'a', lt: 'z' });
    }
    await world.database.compact({ gt: 'h', lt: 'j' });
    await tasks.save(aTask('last'));
    await world.close();
    const files = (await readdir(join(whole, 'data'))).filter((name) => /^\d|^CURRENT|^MANIFEST/.test(name));
    assert.ok(files.some((name) => name.endsWith('.ldb')));
    const random = randomFrom(20);
    const outcomes: string[] = [];
    for (let place = 0; place < PLACES; place += 1) {
      const path = join(folder, `damaged-${place}`);
      await cp(whole, path, { recursive: true });
      const file = join(path, 'data', files[random(files.length)] ?? '');
      const bytes = await readFile(file);
      const at = random(bytes.length);
      bytes[at] = (bytes[at] ?? 0) ^ (1 + random(255));
      await writeFile(file, bytes);
      // As it was left, and once more as it was left by that.
      outcomes.push(await useEverything(path, 'first'), await useEverything(path, 'second'));
      await rm(path, { recursive: true });
    }
    assert.ok(outcomes.includes('went on'));
    assert.ok(outcomes.includes('refused at the start'));
  }),
);

const SIZE_MB = 64;

/** A file system of a fixed size, where this process may mount one. */
const mounted = (folder: string): boolean => {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${SIZE_MB}m`, 'tmpfs', folder], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
};
const canMount = process.getuid?.() === 0 && process.platform === 'linux';

needs(
  test,
  canMount,
  'only root may mount a small file system',
)(
  'a full disk: nothing acknowledged is lost, reads go on, writes are refused, and go on once there is room',
  inFolder(async (folder) => {
    const disk = join(folder, 'disk');
    await mkdir(disk);
    if (!mounted(disk)) throw new Error('mount failed');
    try {
      const path = join(disk, 'store');
      const world = await openStoreIn(path, { retryMs: 20 });
      const tasks = embeddedTaskStore(world);
      const saved: StoredTask[] = [];
      let index = 0;
      const save = async () => {
        const task = aTask(`t${index}`, { description: `${index}`.repeat(500) });
        index += 1;
        await tasks.save(task);
        saved.push(task);
      };
      await save();
      for (let round = 0; round < 3; round += 1) {
        // Room for some kilobytes is left, then for none.
        const { bavail, bsize } = await statfs(disk);
        await writeFile(join(disk, 'ballast'), Buffer.alloc(Math.max(0, bavail * bsize - 40_000)));
        const error = await rejects(
          (async () => {
            for (;;) await Promise.all(Array.from({ length: 8 }, save));
          })(),
          'unavailable',
        );
        assert.match(error.message, path);
        assert.match(error.message, 'Free some space');
        await rejects(tasks.save(aTask('refused')), 'unavailable');
        for (const task of saved.slice(-20)) assert.equal(await tasks.find(task.task_id), task);
        assert.ok((await tasks.list({ limit: 10 })).items.length > 0);
        await rm(join(disk, 'ballast'));
        await eventually(() =>
          save().then(
            () => true,
            () => undefined,
          ),
        );
      }
      await world.close();
      const again = await openStoreIn(path);
      for (const task of saved) {
        assert.equal(await embeddedTaskStore(again).find(task.task_id), task, task.task_id);
      }
      await again.close();
      // Full when it starts: it reports that, or it opens and keeps its data.
      const { bavail, bsize } = await statfs(disk);
      await writeFile(join(disk, 'ballast'), Buffer.alloc(bavail * bsize));
      await useEverything(path, 'full');
    } finally {
      execFileSync('umount', ['-l', disk]);
    }
  }),
);

test.run();
