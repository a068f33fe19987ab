// The functions of the last release and of these sources at once, as during a deployment: each in its own process, out of
// its archive, on one DynamoDB and one Redis.
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { smokeTest } from '../../deploy/hooks/smoke-test.ts';
import { ADMIN_ENTRY, ADMIN_KEY, copyBundles, subscriptionEvent } from '../support/artifact.ts';
import { programOf } from '../support/built.ts';
import { run, scratch } from '../support/cli.ts';
import { hasRedisServer } from '../support/redis.ts';
import { bundlesOf, lastRelease, withoutLaterFields } from '../support/release.ts';
import { openGateway, type RunningFunction, startFunction } from '../support/running-function.ts';
import { openSharedBackends } from '../support/shared-backends.ts';
import { needs, suite } from '../support/suite.ts';

const release = await lastRelease();
const NAMES = ['api', 'collector'] as const;

/** The functions of one version. */
type Version = Readonly<{ name: string } & Record<(typeof NAMES)[number], RunningFunction>>;

const sideBySide = async (check: (old: Version, now: Version) => Promise<void>): Promise<void> => {
  const built = await bundlesOf(release.commit);
  const { folder: current } = await copyBundles();
  const backends = await openSharedBackends();
  const folder = scratch();
  const started: RunningFunction[] = [];
  const versionIn = async (name: string, bundles: string): Promise<Version> => {
    const [api, collector] = await Promise.all(
      NAMES.map(async (one) => {
        const env = { ...backends.env, API_KEYS: ADMIN_ENTRY };
        const running = await startFunction(
          join(bundles, `${one}.zip`),
          join(folder.path, `${name}-${one}`),
          env,
        );
        started.push(running);
        return running;
      }),
    );
    assert.ok(api !== undefined && collector !== undefined);
    return { name, api, collector };
  };
  try {
    await check(
      await versionIn(release.version, join(built, 'dist/lambda')),
      await versionIn('this version', current),
    );
    const logged = started.flatMap((running) => running.printed().split('\n'));
    // The collector also prints metrics, and every other line would be an error.
    assert.equal(
      logged.filter((line) => line !== '' && !line.startsWith('{"_aws"')),
      [],
      'no function has logged an error',
    );
  } finally {
    await Promise.all(started.map((running) => running.close()));
    folder.remove();
    rmSync(current, { recursive: true, force: true });
    await backends.close();
  }
};

/** A gateway that gives requests which read to one version, and all others to the other. */
const withGateway = async (
  writer: Version,
  reader: Version,
  use: (url: string) => Promise<void>,
): Promise<void> => {
  const gateway = await openGateway((method) => (method === 'GET' ? reader : writer).api);
  try {
    await use(gateway.url);
  } finally {
    await gateway.close();
  }
};

const test = suite('Functions of two versions side by side');
const isThere = release.missing === undefined && hasRedisServer;
const both = needs(test, isThere, release.missing ?? 'redis-server is not on the PATH');

both(
  `${release.version} and this version pass the smoke tests, alone and where one writes what the other reads`,
  () =>
    sideBySide(async (old, now) => {
      for (const { name, api } of [old, now]) {
        const verdict = await smokeTest(async (event) => (await api.invoke(event)).answer);
        assert.equal(verdict, { ok: true, failures: [] }, name);
      }
      for (const [writer, reader] of [
        [old, old],
        [old, now],
        [now, old],
        [now, now],
      ] as const) {
        await withGateway(writer, reader, async (url) => {
          const { code, stdout, stderr } = await run(
            [...programOf('deploy/scripts/smoke.ts'), '--url', url, '--key', ADMIN_KEY],
            {},
          );
          const what = `${writer.name} writes, ${reader.name} reads\n${stdout}${stderr}`;
          assert.is(code, 0, what);
          assert.is(stdout.match(/^ok /gm)?.length, 6, what);
        });
      }
    }),
  { slow: true },
);

type Json = Readonly<Record<string, unknown>>;

/** Asks through a gateway. */
const ask = async (url: string, method: string, path: string, body?: Json): Promise<Json> => {
  const response = await fetch(`${url}${path}`, {
    method,
    headers: {
      'x-api-key': ADMIN_KEY,
      'content-type': method === 'PATCH' ? 'application/merge-patch+json' : 'application/json',
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  assert.ok(response.ok, `${method} ${path}: ${response.status} ${text}`);
  return text === '' ? {} : JSON.parse(text);
};

both(
  `${release.version} and this version update each other's tasks, and continue each other's logs`,
  () =>
    sideBySide(async (old, now) => {
      for (const [first, second] of [
        [old, now],
        [now, old],
      ] as const) {
        const id = first === old ? 'from-old' : 'from-new';
        const collect = async (collector: RunningFunction, from: number, lines: readonly string[]) => {
          const events = lines.map((message, index) => ({
            id: `event-${from + index}`,
            timestamp: Date.now() - 60_000 + (from + index) * 1_000,
            message,
          }));
          const { answer, error } = await collector.invoke(
            subscriptionEvent('/miyabi/cdk-deploy', id, events),
          );
          assert.is(error, undefined);
          return answer as Json;
        };
        const resource = (step: number) =>
          `Api | ${step}/4 | 12:00:0${step} PM | CREATE_COMPLETE      | AWS::SQS::Queue | Queue${step} (Queue${step}4A7E3555)`;
        await collect(first.collector, 0, ['Api: deploying... [1/1]', resource(1), resource(2)]);
        // The last event again, as CloudWatch Logs may deliver it, and what follows.
        await collect(second.collector, 2, [resource(2), resource(3)]);
        await collect(first.collector, 4, [
          'Api | 4/4 | 12:00:06 PM | CREATE_COMPLETE      | AWS::CloudFormation::Stack | Api',
          ' ✅  Api',
        ]);

        await withGateway(first, first, (one) =>
          withGateway(second, second, async (other) => {
            await ask(one, 'POST', '/api/tasks', { task_id: id, task_name: id, project_id: 'shared' });
            // Fills the other version's cache, which the next write must not leave behind.
            await ask(other, 'GET', `/api/tasks/${id}`);
            await ask(other, 'POST', `/api/tasks/${id}/progress`, { current: 3, total: 4 });
            await ask(one, 'PATCH', `/api/tasks/${id}`, { description: 'changed' });
            await ask(other, 'POST', `/api/tasks/${id}/progress`, { status: 'completed' });
            for (const path of [`/api/tasks/${id}`, `/api/tasks/${id}/history`, '/api/projects/shared'])
              assert.equal(
                withoutLaterFields(await ask(one, 'GET', path)),
                withoutLaterFields(await ask(other, 'GET', path)),
                path,
              );
            const task = await ask(one, 'GET', `/api/tasks/${id}`);
            assert.equal(
              [task['version'], task['status'], task['description'], (task['progress'] as Json)['current']],
              [4, 'completed', 'changed', 3],
            );
            const lists = await Promise.all(
              [one, other].map(async (url) =>
                withoutLaterFields(await ask(url, 'GET', '/api/tasks?limit=100')),
              ),
            );
            assert.equal(lists[0], lists[1]);
            const [list = {}] = lists;
            const deployed = (list['tasks'] as readonly Json[]).filter(
              ({ task_name }) => task_name === 'Api',
            );
            assert.equal(
              deployed.map(({ status, progress }) => [status, (progress as Json)['percentage']]),
              first === old
                ? [['completed', 100]]
                : [
                    ['completed', 100],
                    ['completed', 100],
                  ],
            );
          }),
        );
      }
    }),
  { slow: true },
);

test.run();
