/** The result of the smoke test: every failed check, in words. */
export type Verdict = Readonly<{ ok: boolean; failures: readonly string[] }>;

type Check = Readonly<{ path: string; expected: number; why: string }>;

/**
 * Checks a version before it gets traffic: it starts, reaches the store, and refuses callers without a key. A missing
 * cache is no reason to keep the old version: /health/ready answers 200 without it.
 */
const CHECKS: readonly Check[] = [
  { path: '/health', expected: 200, why: 'it starts' },
  { path: '/health/ready', expected: 200, why: 'it reaches the store' },
  { path: '/api/tasks', expected: 401, why: 'it asks for a key' },
];

/** Calls a version of the API through `invoke`, which takes an event of an HTTP API and returns its answer. */
export const smokeTest = async (invoke: (event: unknown) => Promise<unknown>): Promise<Verdict> => {
  const failures: string[] = [];
  for (const { path, expected, why } of CHECKS) {
    try {
      const status = statusOf(await invoke(eventFor(path)));
      if (status !== expected) failures.push(`GET ${path} answered ${status}, not ${expected}: ${why}`);
    } catch (error) {
      failures.push(`GET ${path} failed: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  return { ok: failures.length === 0, failures };
};

const statusOf = (answer: unknown): unknown =>
  typeof answer === 'object' && answer !== null && 'statusCode' in answer ? answer.statusCode : undefined;

const eventFor = (path: string) => ({
  version: '2.0',
  routeKey: '$default',
  rawPath: path,
  rawQueryString: '',
  headers: { 'user-agent': 'miyabi-pre-traffic' },
  requestContext: {
    stage: '$default',
    requestId: 'pre-traffic',
    http: {
      method: 'GET',
      path,
      protocol: 'HTTP/1.1',
      sourceIp: '127.0.0.1',
      userAgent: 'miyabi-pre-traffic',
    },
  },
  isBase64Encoded: false,
});
