import * as assert from 'uvu/assert';
import { memoryLogger } from '../../src/adapters/memory/logger.ts';
import { powertoolsLogger } from '../../src/adapters/powertools/logger.ts';
import { httpApp } from '../../src/api/app.ts';
import { signedCursors } from '../../src/api/cursor.ts';
import { MiyabiError } from '../../src/domain/errors.ts';
import { openApi } from '../support/api.ts';
import { startServer } from '../support/server.ts';
import { suite } from '../support/suite.ts';

const test = suite('ids of requests');

test('a failure is logged with the id, the method and the path of its request, and the key', async () => {
  const logger = memoryLogger();
  const services = await openApi();
  const broken = async () => {
    throw new MiyabiError('internal', 'broken on purpose');
  };
  const app = httpApp(
    {
      ...services,
      tasks: { ...services.tasks, read: broken },
      cursors: signedCursors('a secret of the tests'),
    },
    logger,
  );
  const answer = await app({
    id: 'r-1',
    method: 'GET',
    path: '/api/tasks/t1',
    search: 'q=private',
    headers: {},
  });
  assert.is(answer.status, 500);
  assert.is(answer.headers['x-request-id'], 'r-1');
  const [line] = logger.entries.filter(({ message }) => message === 'Request failed');
  const { request_id, method, path, key_id } = line?.fields ?? {};
  assert.equal(
    { request_id, method, path, key_id },
    { request_id: 'r-1', method: 'GET', path: '/api/tasks/t1', key_id: 'anyone' },
  );
  assert.not.match(JSON.stringify(line), 'private');
});

test('a running server names each request, or keeps the name that a proxy gave it', async () => {
  const server = await startServer({ MIYABI_BACKEND: 'memory' });
  try {
    const idOf = async (headers: Readonly<Record<string, string>> = {}) =>
      (await fetch(`${server.url}/health`, { headers })).headers.get('x-request-id');
    const [first, second] = [await idOf(), await idOf()];
    assert.match(first ?? '', /^[0-9a-f]{8}-1$/);
    assert.is.not(first, second);
    assert.is(await idOf({ 'x-request-id': 'Root=1-67891233-abcdef' }), 'Root=1-67891233-abcdef');
    assert.match((await idOf({ 'x-request-id': '<script>' })) ?? '', /^[0-9a-f]{8}-3$/);
  } finally {
    server.process.kill();
    await server.ended;
  }
});

test('lines of a Lambda name its invocation, whatever logs them', () => {
  const written: string[] = [];
  const { write } = process.stdout;
  const invocation = { current: { function_request_id: 'i-1', cold_start: true } };
  process.stdout.write = (text: string | Uint8Array) => {
    written.push(String(text));
    return true;
  };
  try {
    const logger = powertoolsLogger({
      level: 'info',
      service: 'miyabi-api',
      invocation: () => invocation.current,
    });
    logger.info('Redis does not answer', { reason: 'r' });
    invocation.current = { function_request_id: 'i-2', cold_start: false };
    logger.info('Redis answers again');
  } finally {
    process.stdout.write = write;
  }
  const lines = written.map((text) => JSON.parse(text) as Record<string, unknown>);
  assert.equal(
    lines.map(({ function_request_id, cold_start }) => [function_request_id, cold_start]),
    [
      ['i-1', true],
      ['i-2', false],
    ],
  );
});

test.run();
