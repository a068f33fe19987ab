import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import * as assert from 'uvu/assert';
import { embeddedOutbox } from '../../../src/adapters/embedded/outbox.ts';
import { embeddedProjectStore } from '../../../src/adapters/embedded/project-store.ts';
import { embeddedTaskHistory } from '../../../src/adapters/embedded/task-history.ts';
import { embeddedTaskStore } from '../../../src/adapters/embedded/task-store.ts';
import { metricsOf } from '../../../src/domain/projects/project.ts';
import { TASK_STATUSES } from '../../../src/domain/tasks/status.ts';
import { programOf } from '../../support/built.ts';
import { inFolder, openStoreIn } from '../../support/embedded.ts';
import { suite } from '../../support/suite.ts';
import { allPages, NOON } from '../../support/tasks.ts';

const test = suite('A store whose process ends while it writes');

/** `CRASH_ROUNDS=200` is the long run. */
const ROUNDS = Number(process.env['CRASH_ROUNDS'] ?? 6);
/** Each round checks all that its store ever held, so a long run goes on with another. */
const ROUNDS_OF_A_STORE = 20;

const [NODE = '', ...WRITER] = programOf('test/support/keeps-writing.ts');

/** Runs a writer until it has had that many writes acknowledged, ends it, and gives the versions of each task. */
const runWriter = async (path: string, signal: NodeJS.Signals, writes: number) => {
  const child: ChildProcess = spawn(NODE, [...WRITER, path], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let errors = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    errors += text;
  });
  const acknowledged = new Map<string, number[]>();
  let count = 0;
  for await (const line of createInterface({ input: child.stdout as NodeJS.ReadableStream })) {
    const [id = '', version = ''] = line.split(' ');
    acknowledged.set(id, [...(acknowledged.get(id) ?? []), Number(version)]);
    count += 1;
    if (count === writes) child.kill(signal);
  }
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  return { acknowledged, errors, code: child.exitCode };
};

const checkEverything = async (path: string, acknowledged: ReadonlyMap<string, readonly number[]>) => {
  const world = await openStoreIn(path);
  try {
    assert.equal(
      world.logger.entries.filter(({ level }) => level === 'warn' || level === 'error'),
      [],
      'the check found nothing to repair',
    );
    const tasks = embeddedTaskStore(world);
    const history = embeddedTaskHistory(world);
    const projects = embeddedProjectStore(world);
    const outbox = embeddedOutbox({ ...world, tokens: () => 'token' });
    const listed = async (query: object) =>
      new Map((await allPages(tasks, { limit: 100, ...query })).map((task) => [task.task_id, task]));
    const lists = [await listed({}), await listed({ project_id: 'default' })];
    const byStatus = new Map(
      (await Promise.all(TASK_STATUSES.map((status) => listed({ statuses: [status] })))).flatMap((list) => [
        ...list,
      ]),
    );
    for (const [id, versions] of acknowledged) {
      const version = versions.at(-1) ?? 0;
      const task = await tasks.find(id);
      assert.ok(task !== undefined && task.version >= version, `${id} is lost`);
      for (const list of [...lists, byStatus])
        assert.equal(list.get(id), task, `${id} is missing from a list`);
      const points = await history.read(id, { from: NOON + version, limit: 1000 });
      assert.ok(points.items.length > 0, `history of ${id} at ${version}`);
      const waiting = new Set((await outbox.pending(id, 100_000)).map(({ delivery_id }) => delivery_id));
      for (const each of versions) assert.ok(waiting.has(`${id}-${each}`), `event ${each} of ${id}`);
    }
    const counted = [...(lists[0]?.values() ?? [])].filter((task) => task.counted !== undefined);
    const { last_updated: _expected, ...expected } = metricsOf(counted, NOON);
    const { last_updated: _actual, ...actual } =
      (await projects.find('default'))?.metrics ?? metricsOf([], NOON);
    assert.equal(actual, expected, 'the metrics of the project count each committed task as it is');
    assert.equal([...(await outbox.due(100))].sort(), [...acknowledged.keys()].sort());
  } finally {
    await world.close();
  }
};

for (const signal of ['SIGKILL', 'SIGTERM'] as const) {
  test(
    `${signal}: loses nothing that was acknowledged, from no list and no outbox`,
    inFolder(async (folder) => {
      let path = folder;
      const all = new Map<string, readonly number[]>();
      for (let round = 0; round < ROUNDS; round += 1) {
        if (round % ROUNDS_OF_A_STORE === 0) {
          path = join(folder, `store-${round}`);
          all.clear();
        }
        const { acknowledged, errors, code } = await runWriter(path, signal, 40 + ((round * 37) % 160));
        assert.is(errors, '', `round ${round}`);
        assert.is(code, signal === 'SIGTERM' ? 0 : null, `round ${round}`);
        for (const [id, versions] of acknowledged) all.set(id, [...(all.get(id) ?? []), ...versions]);
        assert.ok(all.size > 0);
        await checkEverything(path, all);
      }
    }),
    { timeoutMs: 120_000 + ROUNDS * 10_000, slow: signal !== 'SIGKILL' },
  );
}

test.run();
