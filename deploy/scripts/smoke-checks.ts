import { randomUUID } from 'node:crypto';
import { MiyabiError } from '../../src/domain/errors.ts';
import { isJsonObject, type JsonObject } from '../../src/domain/json.ts';
import { say } from './program.ts';

export type SmokeTarget = Readonly<{
  url: string;
  /** Without it only public routes are tested. */
  key?: string | undefined;
  /** For a JWT authorizer. */
  token?: string | undefined;
}>;

const REQUEST_TIMEOUT_MS = 30_000;

/**
 * Tests a running system from outside: it is healthy, reaches its store, refuses callers without a key, and with a key
 * turns the log of a deployment into progress. It deletes what it created.
 *
 * @throws MiyabiError `unavailable` that names the first failed check.
 */
export const smoke = async ({ url, key, token }: SmokeTarget): Promise<void> => {
  const base = url.replace(/\/+$/, '');
  const bearer: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` };

  const ask = async (
    method: string,
    path: string,
    { body, headers = {} }: Readonly<{ body?: unknown; headers?: Record<string, string> }> = {},
  ): Promise<Readonly<{ status: number; json: JsonObject }>> => {
    let response: Response;
    try {
      response = await fetch(`${base}${path}`, {
        method,
        headers: { ...headers, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
      });
    } catch (cause) {
      throw failed(`${base} does not answer: ${reasonOf(cause)}`, cause);
    }
    const text = await response.text();
    return { status: response.status, json: jsonOf(text) };
  };

  const expect = async (what: string, isRight: boolean, found: string): Promise<void> => {
    if (!isRight) throw failed(`${what}: ${found}`);
    say(`ok  ${what}`);
  };

  const health = await ask('GET', '/health');
  await expect('it lives', health.status === 200, `GET /health answered ${health.status}`);
  const ready = await ask('GET', '/health/ready', { headers: bearer });
  await expect(
    'it reaches its store',
    ready.status === 200,
    `GET /health/ready answered ${ready.status} ${JSON.stringify(ready.json['backends'] ?? {})}`,
  );
  if (ready.json['status'] === 'degraded') say(`!   degraded: ${JSON.stringify(ready.json['backends'])}`);
  const stranger = await ask('GET', '/api/tasks?limit=1');
  await expect(
    'it turns strangers away',
    stranger.status === 401,
    `GET /api/tasks answered ${stranger.status}`,
  );
  if (key === undefined) {
    say('--  no key in MIYABI_API_KEY or --key: nothing further is tried');
    return;
  }

  const headers = { ...bearer, 'x-api-key': key };
  const list = await ask('GET', '/api/tasks?limit=1', { headers });
  await expect(
    'it takes the key',
    list.status === 200,
    `GET /api/tasks answered ${list.status}, is the key right?`,
  );
  const stack = `Smoke-${randomUUID().slice(0, 8)}`;
  const sent = await ask('POST', '/api/logs', { headers, body: logOf(stack) });
  await expect(
    'it takes logs in',
    sent.status === 200,
    `POST /api/logs answered ${sent.status} ${errorOf(sent.json)}`,
  );
  const found = await ask('GET', `/api/tasks?q=${stack}`, { headers });
  const task = (Array.isArray(found.json['tasks']) ? found.json['tasks'] : []).find(isJsonObject);
  const progress = isJsonObject(task?.['progress']) ? task['progress'] : {};
  try {
    await expect(
      'it shows their progress',
      progress['percentage'] === 50,
      `GET /api/tasks shows ${JSON.stringify(progress)} where 50 % are due`,
    );
  } finally {
    if (task !== undefined) await ask('DELETE', `/api/tasks/${String(task['task_id'])}`, { headers });
  }
};

/** Half of a deployment. */
const logOf = (stack: string) => ({
  project_id: 'smoke',
  log_group: '/miyabi/cdk-deploy',
  log_stream: stack,
  events: [
    [0, '0/2', 'UPDATE_IN_PROGRESS  ', 'AWS::CloudFormation::Stack', stack],
    [1, '1/2', 'CREATE_COMPLETE     ', 'AWS::S3::Bucket', 'Bucket (Bucket83908E77)'],
  ].map(([second, count, status, type, id]) => ({
    timestamp: Date.now() + Number(second),
    message: `${stack} | ${count} | ${new Date().toLocaleTimeString('en-US')} | ${status} | ${type} | ${id}`,
  })),
});

const failed = (message: string, cause?: unknown): MiyabiError =>
  new MiyabiError('unavailable', message, cause === undefined ? {} : { cause });

const reasonOf = (cause: unknown): string => {
  if (!(cause instanceof Error)) return String(cause);
  return cause.cause instanceof Error ? cause.cause.message : cause.message;
};

const errorOf = (json: JsonObject): string => String(json['error'] ?? '');

const jsonOf = (text: string): JsonObject => {
  try {
    const value: unknown = JSON.parse(text);
    return isJsonObject(value) ? value : {};
  } catch {
    return {};
  }
};
