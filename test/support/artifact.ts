import { createHash, randomUUID } from 'node:crypto';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { type Bundle, bundleFunction, type FunctionName } from '../../deploy/build/bundle.ts';
import { builtOnce } from './built-once.ts';
import { run } from './cli.ts';

/** A key that may do everything, and its entry in `API_KEYS`. */
export const ADMIN_KEY = 'miyabi_test-key-of-the-artifact-tests';
export const ADMIN_ENTRY = `${createHash('sha256').update(ADMIN_KEY).digest('hex')}:admin`;

/** What one invocation came to. */
export type Outcome = Readonly<{ answer?: unknown; error?: string }>;

/** Loads the bundle, sends it the events one by one, and prints the results. `{"pause_ms":…}` is no event but a pause. */
const RUNTIME = `
const [file, ...events] = process.argv.slice(2);
const print = (value) => process.stdout.write('\\n>>>' + JSON.stringify(value) + '\\n');
try {
  const { handler } = await import(file);
  for (const event of events) {
    const context = { getRemainingTimeInMillis: () => 60_000 };
    const value = JSON.parse(event);
    if ('pause_ms' in value) {
      await new Promise((resolve) => setTimeout(resolve, value.pause_ms));
      continue;
    }
    try { print({ answer: await handler(value, context) }); }
    catch (error) { print({ error: String(error) }); }
  }
} catch (error) { print({ error: String(error) }); }
process.exit(0);
`;

const NAMES = ['api', 'collector', 'webhooks'] as const satisfies readonly FunctionName[];
type Bundles = Readonly<Record<(typeof NAMES)[number], Bundle>>;

const builtBundles = (): Promise<string> =>
  builtOnce('lambda', ['src', 'deploy', 'scripts', 'tsconfig.json'], async (folder) => {
    const bundles: Record<string, Bundle> = {};
    for (const name of NAMES) bundles[name] = await bundleFunction(name, { outdir: folder });
    await writeFile(join(folder, 'bundles.json'), JSON.stringify(bundles));
  });

/** The bundles of these sources in a folder that this test may change, with no `node_modules` above it. */
export const copyBundles = async (): Promise<Readonly<{ folder: string; bundles: Bundles }>> => {
  const folder = await mkdtemp(join(tmpdir(), 'miyabi-artifact-'));
  await cp(await builtBundles(), folder, { recursive: true });
  // Written above, for the folder of the build.
  const built = JSON.parse(await readFile(join(folder, 'bundles.json'), 'utf8')) as Bundles;
  const here = (name: keyof Bundles): Bundle => ({
    ...built[name],
    folder: join(folder, name),
    zip: join(folder, `${name}.zip`),
  });
  return { folder, bundles: { api: here('api'), collector: here('collector'), webhooks: here('webhooks') } };
};

/** The bundles. `invoke` loads one in its own process whose environment is only `env`. */
export const openArtifacts = async () => {
  const { folder, bundles } = await copyBundles();
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
      // Warnings go to the other stream; on Lambda both are the log.
      for (const line of `${stdout}\n${stderr}`.split('\n')) {
        if (!line.startsWith('>>>') && line !== '') printed(line);
      }
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
