import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import * as assert from 'uvu/assert';
import { type Config, readConfig } from '../../../src/config.ts';
import { tracedWith } from '../../../src/entrypoints/lambda/tracing.ts';
import type { Ports } from '../../../src/ports/ports.ts';
import { suite } from '../../support/suite.ts';

const test = suite('Traces of calls');

/** Ports whose methods answer with their name, but for `remove`, which fails. */
const answering = (): Ports => {
  const port = new Proxy(
    {},
    {
      get: (_port, name) => async () => {
        if (name === 'remove') throw new Error('refused');
        return name;
      },
    },
  );
  // Each port has every method that is asked for.
  return new Proxy({}, { get: () => port }) as Ports;
};

const config: Config = {
  ...readConfig({ MIYABI_BACKEND: 'memory' }),
  taskStore: 'dynamodb',
  cache: 'redis',
  feed: 'redis',
};

test('name the backend and the method, pass answers and errors on, and need an address of the daemon', async () => {
  const daemon = createSocket('udp4').bind(0, '127.0.0.1');
  await once(daemon, 'listening');
  const { AWS_XRAY_DAEMON_ADDRESS: address, _X_AMZN_TRACE_ID: header } = process.env;
  try {
    delete process.env['AWS_XRAY_DAEMON_ADDRESS'];
    assert.equal(tracedWith(config)(answering()), {});
    process.env['AWS_XRAY_DAEMON_ADDRESS'] = `127.0.0.1:${daemon.address().port}`;
    process.env['_X_AMZN_TRACE_ID'] =
      'Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1';
    const { taskStore, taskCache } = tracedWith(config)(answering());
    const messages: string[] = [];
    daemon.on('message', (message) => messages.push(message.toString()));
    assert.is(await taskCache?.find('t'), 'find');
    const failure = await taskStore?.remove('t', 1).catch((error: unknown) => error);
    assert.is(failure instanceof Error && failure.message, 'refused');
    while (messages.length < 2) await once(daemon, 'message');
    const sent = messages.map((message) => JSON.parse(message.split('\n')[1] ?? ''));
    assert.equal(
      sent.map(({ name, annotations, fault }) => [name, annotations.operation, fault]),
      [
        ['Redis', 'taskCache.find', undefined],
        ['DynamoDB', 'taskStore.remove', true],
      ],
    );
  } finally {
    for (const [name, value] of Object.entries({
      AWS_XRAY_DAEMON_ADDRESS: address,
      _X_AMZN_TRACE_ID: header,
    })) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
    daemon.close();
  }
});

test.run();
