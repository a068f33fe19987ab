import * as assert from 'uvu/assert';
import { memoryBackoff } from '../../src/adapters/memory/backoff.ts';
import { memoryClock } from '../../src/adapters/memory/clock.ts';
import { memoryIds } from '../../src/adapters/memory/ids.ts';
import { memoryLogger } from '../../src/adapters/memory/logger.ts';
import { memorySecrets } from '../../src/adapters/memory/secrets.ts';
import { memorySleep } from '../../src/adapters/memory/sleep.ts';
import { readConfig } from '../../src/config.ts';
import { dynamodb } from '../../src/container/backends/aws.ts';
import { storesOn } from '../../src/container/backends/dynamodb.ts';
import { isMiyabiError } from '../../src/domain/errors.ts';
import { openEmbedded } from '../support/dynamodb.ts';
import { suite } from '../support/suite.ts';

const clock = memoryClock();
const sleep = memorySleep(clock);
const SYSTEM = {
  backoff: memoryBackoff({ sleep, random: () => 0.5 }),
  clock,
  steadyClock: clock,
  ids: memoryIds(),
  logger: memoryLogger(),
  random: () => 0.5,
  secrets: memorySecrets(),
  sleep,
};

const test = suite('The probe of the stores');

for (const [missing, variable] of [
  ['tasks', 'TASKS_TABLE_NAME'],
  ['projects', 'PROJECTS_TABLE_NAME'],
  ['webhooks', 'WEBHOOKS_TABLE_NAME'],
] as const) {
  test(`fails where the table of ${missing} is not there, and names it`, async () => {
    const { port, close } = await openEmbedded(({ client, names }) => ({ client, names }));
    const { client, names } = port;
    try {
      const tables = {
        TASKS_TABLE_NAME: names.tasks,
        PROJECTS_TABLE_NAME: names.projects,
        WEBHOOKS_TABLE_NAME: names.webhooks,
      };
      const probesWith = (env: Readonly<Record<string, string>>) =>
        storesOn(client, readConfig({ MIYABI_BACKEND: 'memory', ...env }), SYSTEM).probes ?? [];
      for (const probe of probesWith(tables)) await probe.check();
      const [probe, ...others] = probesWith({ ...tables, [variable]: 'not-there' });
      assert.equal([probe?.name, probe?.required, others], ['store', true, []]);
      const reason: unknown = await probe?.check().then(
        () => undefined,
        (error: unknown) => error,
      );
      assert.ok(isMiyabiError(reason, 'configuration'), String(reason));
      assert.match(reason.message, 'not-there');
    } finally {
      await close?.();
    }
  });
}

test('opens a connection by one table alone, which is enough while a Lambda starts', async () => {
  const { port, close } = await openEmbedded(({ client, names }) => ({ client, names }));
  try {
    const config = readConfig({ MIYABI_BACKEND: 'memory', TASKS_TABLE_NAME: port.names.tasks });
    const [probe] = storesOn(port.client, config, SYSTEM).probes ?? [];
    await probe?.connect?.();
    const [later] = (await dynamodb(config, SYSTEM)).probes ?? [];
    assert.type(later?.connect, 'function');
  } finally {
    await close?.();
  }
});

test.run();
