import * as assert from 'uvu/assert';
import { smokeTest } from '../../deploy/hooks/smoke-test.ts';
import { suite } from '../support/suite.ts';

/** A version of the API that answers these statuses, by path. */
const version =
  (statuses: Readonly<Record<string, number>>) =>
  async (event: unknown): Promise<unknown> => {
    const { rawPath } = event as { rawPath: string };
    return { statusCode: statuses[rawPath] ?? 404, body: '' };
  };

const WELL = { '/health': 200, '/health/ready': 200, '/api/tasks': 401 };

const test = suite('pre-traffic hook');

test('lets a version have traffic that starts, reaches its store and asks for a key', async () => {
  assert.equal(await smokeTest(version(WELL)), { ok: true, failures: [] });
});

test('keeps back a version that lets strangers in, and says so', async () => {
  const verdict = await smokeTest(version({ ...WELL, '/api/tasks': 200 }));
  assert.equal(verdict, { ok: false, failures: ['GET /api/tasks answered 200, not 401: it asks for a key'] });
});

test('keeps back a version without its store', async () => {
  const { ok, failures } = await smokeTest(version({ ...WELL, '/health/ready': 503 }));
  assert.is(ok, false);
  assert.match(failures.join(), 'it reaches the store');
});

test('rejects a version that does not start, and reports every check', async () => {
  const { ok, failures } = await smokeTest(async () => {
    throw new Error('API_KEYS must be set');
  });
  assert.is(ok, false);
  assert.is(failures.length, 3);
  assert.match(failures[0] ?? '', 'API_KEYS must be set');
});

test.run();
