import { createHash, randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { bundleFunction, type FunctionName } from '../../deploy/build/bundle.ts';
import { run } from './cli.ts';

/** A key that may do everything, and its entry in `API_KEYS`. */
export const ADMIN_KEY = 'miyabi_test-key-of-the-artifact-tests';
export const ADMIN_ENTRY = `${createHash('sha256').update(ADMIN_KEY).digest('hex')}:admin`;

/** What one invocation came to. */
export type Outcome = Readonly<{ answer?: unknown; error?: string }>;

/** Loads the bundle, sends it the events one by one, and prints the results. */
const RUNTIME = `
const [file, ...events] = process.argv.slice(2);
const print = (value) => process.stdout.write('\\n>>>' + JSON.stringify(value) + '\\n');
try {
  const { handler } = await import(file);
  for (const event of events) {
    const context = { getRemainingTimeInMillis: () => 60_000 };
    try { print({ answer: await handler(JSON.parse(event), context) }); }
    catch (error) { print({ error: String(error) }); }
  }
} catch (error) { print({ error: String(error) }); }
process.exit(0);
`;

/**
 * The bundles in a folder with no `node_modules` above it. `invoke` loads one in its own process whose environment is
 * only `env`.
 */
export const openArtifacts = async () => {
  const folder = await mkdtemp(join(tmpdir(), 'miyabi-artifact-'));
  const bundles = {
    api: await bundleFunction('api', { outdir: folder }),
    collector: await bundleFunction('collector', { outdir: folder }),
    webhooks: await bundleFunction('webhooks', { outdir: folder }),
  };
  const runtime = join(folder, 'runtime.mjs');
  await writeFile(runtime, RUNTIME);
  return {
    bundles,
    close: () => rm(folder, { recursive: true, force: true }),
    async invoke(
      name: Exclude<FunctionName, 'hook'>,
      events: readonly unknown[],
      env: Readonly<Record<string, string>>,
      /** Gets everything else that the function prints, by line. */
      printed: (line: string) => void = () => undefined,
    ): Promise<readonly Outcome[]> {
      const { stdout, stderr } = await run(
        [
          process.execPath,
          runtime,
          join(bundles[name].folder, 'index.mjs'),
          ...events.map((event) => JSON.stringify(event)),
        ],
        { env: { PATH: process.env['PATH'] ?? '', LOG_LEVEL: 'error', ...env } },
      );
      const lines = stdout.split('\n').filter((line) => line.startsWith('>>>'));
      for (const line of stdout.split('\n')) if (!line.startsWith('>>>') && line !== '') printed(line);
      if (lines.length === 0) throw new Error(`nothing came out of ${name}: ${stdout}${stderr}`);
      return lines.map((line) => JSON.parse(line.slice(3)) as Outcome);
    },
  };
};

/** What an HTTP API hands over, payload format 2.0, with the key unless `headers` say otherwise. */
export const apiEvent = (
  method: string,
  path: string,
  {
    body,
    headers = { authorization: `Bearer ${ADMIN_KEY}` },
    authorizer,
  }: Readonly<{ body?: unknown; headers?: Record<string, string>; authorizer?: unknown }> = {},
) => {
  const [rawPath, rawQueryString = ''] = path.split('?');
  return {
    version: '2.0',
    routeKey: '$default',
    rawPath,
    rawQueryString,
    headers: { 'content-type': 'application/json', ...headers },
    requestContext: {
      stage: '$default',
      requestId: randomUUID(),
      http: { method, path: rawPath, protocol: 'HTTP/1.1', sourceIp: '192.0.2.1', userAgent: 'test' },
      ...(authorizer === undefined ? {} : { authorizer }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    isBase64Encoded: false,
  };
};

/** What CloudWatch Logs hands to a Lambda that is subscribed to a group. */
export const subscriptionEvent = (
  logGroup: string,
  logStream: string,
  logEvents: readonly Readonly<{ id: string; timestamp: number; message: string }>[],
) => ({
  awslogs: {
    data: gzipSync(
      JSON.stringify({
        messageType: 'DATA_MESSAGE',
        owner: '123456789012',
        logGroup,
        logStream,
        subscriptionFilters: ['miyabi'],
        logEvents,
      }),
    ).toString('base64'),
  },
});
