import {
  CreateLogGroupCommand,
  CreateLogStreamCommand,
  type GetLogEventsCommand,
  type GetLogEventsCommandOutput,
  PutLogEventsCommand,
  ResourceAlreadyExistsException,
} from '@aws-sdk/client-cloudwatch-logs';
import { v7 as uuid } from 'uuid';
import * as assert from 'uvu/assert';
import { cloudwatchClient } from '../../../src/adapters/cloudwatch/client.ts';
import { cloudwatchLogReader, type GetLogEventsClient } from '../../../src/adapters/cloudwatch/log-reader.ts';
import { memoryBackoff } from '../../../src/adapters/memory/backoff.ts';
import { memoryClock } from '../../../src/adapters/memory/clock.ts';
import { memorySleep } from '../../../src/adapters/memory/sleep.ts';
import { logReaderContract } from '../../contracts/ports.ts';
import { awsError } from '../../support/fake-cloudwatch.ts';
import { rejects, suite } from '../../support/suite.ts';
import { NOON } from '../../support/tasks.ts';

const backoff = () => memoryBackoff({ sleep: memorySleep(memoryClock(NOON)), random: () => 0.5 });

/**
 * GetLogEvents in memory: pages of at most `pageSize` events, empty ones in between, and the same token again at each
 * end, as AWS documents it.
 */
const fakeGetLogEvents = ({ pageSize = 7 }: Readonly<{ pageSize?: number }> = {}) => {
  const streams = new Map<string, { timestamp: number; message: string }[]>();
  const failures: Error[] = [];
  const requests: GetLogEventsCommand['input'][] = [];
  const client: GetLogEventsClient = {
    async send({ input }): Promise<GetLogEventsCommandOutput> {
      requests.push(input);
      const failure = failures.shift();
      if (failure !== undefined) throw failure;
      const {
        logGroupName,
        logStreamName,
        startTime = 0,
        endTime = Infinity,
        startFromHead,
        limit = 10_000,
      } = input;
      const stream = streams.get(`${logGroupName} ${logStreamName}`);
      if (stream === undefined) throw awsError('ResourceNotFoundException', 400);
      const events = stream.filter(({ timestamp }) => timestamp >= startTime && timestamp < endTime);
      const [direction, place] = input.nextToken?.split('/') ?? [
        startFromHead ? 'f' : 'b',
        startFromHead ? '0' : String(events.length),
      ];
      const size = Math.min(limit, pageSize);
      const at = Number(place);
      const isEmptyPage = requests.length % 3 === 0 && at > 0 && at < events.length;
      const from = direction === 'f' ? at : Math.max(0, at - size);
      const to = direction === 'f' ? Math.min(events.length, at + size) : at;
      const page = isEmptyPage ? [] : events.slice(from, to);
      const next = direction === 'f' ? `f/${isEmptyPage ? at : to}` : `b/${isEmptyPage ? at : from}`;
      // A page without events goes on by a token that differs from the one before it.
      const token = isEmptyPage ? `${next}/gap${requests.length}` : next;
      return { events: page, nextForwardToken: token, nextBackwardToken: token, $metadata: {} };
    },
  };
  return {
    client,
    requests,
    failures,
    add(group: string, stream: string, events: readonly (readonly [number, string])[]) {
      const key = `${group} ${stream}`;
      const all = [
        ...(streams.get(key) ?? []),
        ...events.map(([timestamp, message]) => ({ timestamp, message })),
      ];
      streams.set(
        key,
        all.sort((a, b) => a.timestamp - b.timestamp),
      );
    },
  };
};

for (const pageSize of [7, 10_000]) {
  logReaderContract(`CloudWatch, ${pageSize} events a page`, () => {
    const fake = fakeGetLogEvents({ pageSize });
    return {
      port: {
        reader: cloudwatchLogReader({ client: fake.client, groups: ['/miyabi/agents'], backoff: backoff() }),
        start: NOON,
        group: '/miyabi/agents',
        write: async (stream, lines) => fake.add('/miyabi/agents', stream, lines),
      },
    };
  });
}

const endpoint = process.env['CLOUDWATCH_LOGS_ENDPOINT'];
if (endpoint === undefined || endpoint === '') {
  const absent = suite('LogReader: CloudWatch at CLOUDWATCH_LOGS_ENDPOINT');
  absent.skip('meets the contract', 'CLOUDWATCH_LOGS_ENDPOINT is not set');
  absent.run();
} else {
  logReaderContract(`CloudWatch at ${new URL(endpoint).host}`, () => {
    const client = cloudwatchClient({ endpoint });
    const group = `/miyabi/${uuid()}`;
    const make = async (command: () => Promise<unknown>) => {
      try {
        await command();
      } catch (error) {
        if (!(error instanceof ResourceAlreadyExistsException)) throw error;
      }
    };
    return {
      port: {
        reader: cloudwatchLogReader({ client, groups: [group], backoff: backoff() }),
        // An endpoint refuses events from the future, but takes them late.
        start: Date.now() - 3_600_000,
        group,
        write: async (logStreamName, lines) => {
          const of = { logGroupName: group, logStreamName };
          await make(() => client.send(new CreateLogGroupCommand({ logGroupName: group })));
          await make(() => client.send(new CreateLogStreamCommand(of)));
          const logEvents = lines.map(([timestamp, message]) => ({ timestamp, message }));
          await client.send(new PutLogEventsCommand({ ...of, logEvents }));
        },
      },
      close: () => client.destroy(),
    };
  });
}

const test = suite('LogReader: CloudWatch, its own ways');

const QUERY = { log_group: '/miyabi/agents', log_stream: 's', from: NOON, to: NOON + 1000, limit: 10 };

test('reads no group but the configured ones, whatever a task says of its own', async () => {
  const fake = fakeGetLogEvents();
  fake.add('/aws/lambda/payroll', 's', [[NOON, 'secret']]);
  const reader = cloudwatchLogReader({ client: fake.client, groups: ['/miyabi/agents'], backoff: backoff() });
  assert.is(await reader.read({ ...QUERY, log_group: '/aws/lambda/payroll' }), undefined);
  assert.is(fake.requests.length, 0);
});

test('tries a throttled request again, and then says that it is unavailable', async () => {
  const fake = fakeGetLogEvents();
  fake.add('/miyabi/agents', 's', [[NOON, 'a line']]);
  const reader = cloudwatchLogReader({ client: fake.client, groups: ['/miyabi/agents'], backoff: backoff() });
  fake.failures.push(awsError('ThrottlingException', 400), awsError('ServiceUnavailableException', 503));
  assert.is((await reader.read(QUERY))?.lines.length, 1);
  fake.failures.push(...Array.from({ length: 3 }, () => awsError('ThrottlingException', 400)));
  await rejects(reader.read(QUERY), 'unavailable');
  fake.failures.push(awsError('AccessDeniedException', 400));
  await rejects(reader.read(QUERY), 'configuration');
});

test('asks for no more than it needs: one request for a tail, and a bounded number for a search', async () => {
  const fake = fakeGetLogEvents({ pageSize: 1000 });
  fake.add(
    '/miyabi/agents',
    's',
    Array.from({ length: 20_000 }, (_, n) => [NOON + Math.floor(n / 50), `line ${n}`] as const),
  );
  const reader = cloudwatchLogReader({ client: fake.client, groups: ['/miyabi/agents'], backoff: backoff() });
  await reader.read({ ...QUERY, limit: 100 });
  assert.is(fake.requests.length, 1);
  let page = await reader.read({ ...QUERY, contains: 'line 19', limit: 1000 });
  const found = [...(page?.lines ?? [])];
  let pages = 1;
  for (; page?.before !== undefined && pages < 10; pages += 1) {
    page = await reader.read({ ...QUERY, contains: 'line 19', limit: 1000, before: page.before });
    found.unshift(...(page?.lines ?? []));
  }
  assert.ok(fake.requests.length <= 1 + 8 * pages, `${fake.requests.length} requests`);
  assert.equal(
    found.map(({ text }) => text),
    Array.from({ length: 20_000 }, (_, n) => `line ${n}`).filter((text) => text.includes('line 19')),
  );
});

test.run();
