import {
  CreateLogGroupCommand,
  CreateLogStreamCommand,
  PutLogEventsCommand,
  ResourceAlreadyExistsException,
} from '@aws-sdk/client-cloudwatch-logs';
import { v7 as uuid } from 'uuid';
import * as assert from 'uvu/assert';
import { cloudwatchClient } from '../../../src/adapters/cloudwatch/client.ts';
import { cloudwatchLogSource } from '../../../src/adapters/cloudwatch/log-source.ts';
import { memoryBackoff } from '../../../src/adapters/memory/backoff.ts';
import { memoryClock } from '../../../src/adapters/memory/clock.ts';
import { memorySleep } from '../../../src/adapters/memory/sleep.ts';
import { type FedLogSource, logSourceContract, readAll } from '../../contracts/ports.ts';
import { suite } from '../../support/suite.ts';

/** An emulator, e.g. `moto_server`, or a private endpoint. Log groups are made there and stay. */
const endpoint = process.env['CLOUDWATCH_LOGS_ENDPOINT'];

const HOUR = 3_600_000;

const open = (url: string): { port: FedLogSource; close: () => void } => {
  const client = cloudwatchClient({ endpoint: url });
  // Behind the machine's clock: an endpoint refuses events from the future, but takes them late.
  const clock = memoryClock(Date.now() - HOUR);
  const sleep = memorySleep(clock);
  const prefix = `${uuid()}/`;
  const made = new Set<string>();
  const source = cloudwatchLogSource({
    client,
    groups: [`${prefix}miyabi/agents`, `${prefix}miyabi/cdk-deploy`],
    clock,
    steadyClock: clock,
    sleep,
    backoff: memoryBackoff({ sleep, random: Math.random }),
  });
  const make = async (name: string, command: () => Promise<unknown>): Promise<void> => {
    if (made.has(name)) return;
    made.add(name);
    try {
      await command();
    } catch (error) {
      if (!(error instanceof ResourceAlreadyExistsException)) throw error;
    }
  };
  return {
    port: {
      now: () => clock.now(),
      // Every test has its own groups, with a prefix.
      source: {
        groups: async () => (await source.groups()).map((name) => name.slice(prefix.length)),
        read: (query) => source.read({ ...query, log_group: `${prefix}${query.log_group}` }),
      },
      write: async (group, stream, lines) => {
        const logGroupName = `${prefix}${group}`;
        const of = { logGroupName, logStreamName: stream };
        await make(logGroupName, () => client.send(new CreateLogGroupCommand({ logGroupName })));
        await make(`${logGroupName}:${stream}`, () => client.send(new CreateLogStreamCommand(of)));
        const logEvents = lines.map((message) => {
          clock.advance(1);
          return { timestamp: clock.now(), message };
        });
        await client.send(new PutLogEventsCommand({ ...of, logEvents }));
      },
    },
    close: () => client.destroy(),
  };
};

if (endpoint === undefined || endpoint === '') {
  const absent = suite('LogSource: CloudWatch at CLOUDWATCH_LOGS_ENDPOINT');
  absent.skip('meets the contract', 'CLOUDWATCH_LOGS_ENDPOINT is not set');
  absent.run();
} else {
  const name = `CloudWatch at ${new URL(endpoint).host}`;
  logSourceContract(name, () => open(endpoint));

  const test = suite(`LogSource: ${name}, its own ways`);

  test('loses nothing by a token that the endpoint never gave', async () => {
    const { port, close } = open(endpoint);
    try {
      await port.write('g', 's', ['a', 'b', 'c']);
      const now = port.now?.() ?? 0;
      const cursor = {
        kind: 'cloudwatch',
        read_to: now - HOUR,
        swept_at: now,
        window: { from: now - HOUR, to: now, sweep: false, token: 'of another time' },
      };
      const read = await readAll(port.source, { log_group: 'g', cursor });
      assert.equal(
        read.events.get('s')?.map(({ message }) => message),
        ['a', 'b', 'c'],
      );
    } finally {
      close();
    }
  });

  test.run();
}
