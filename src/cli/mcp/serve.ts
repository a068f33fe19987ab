import type * as Sdk from '@modelcontextprotocol/server';
import type { McpOptions } from '../commands/mcp.ts';
import { CommandFailure, EXIT } from '../failure.ts';
import { serverAt } from '../server.ts';
import { DEFAULT_URL, readSettings } from '../settings.ts';
import { ownVersion } from '../version.ts';
import { listen } from './http.ts';
import { mcpServer } from './server.ts';

const DEFAULT_PORT = 8_788;

/** `miyabi mcp`: serves until standard input ends, or over HTTP until it is stopped. */
export const serveMcp = async ({ http }: McpOptions): Promise<void> => {
  const settings = readSettings(process.env);
  const sdk = await load(() => import('@modelcontextprotocol/server'));
  const version = ownVersion();
  const url = settings.url ?? DEFAULT_URL;
  const { project } = settings;
  const serverWith = (apiKey: string | undefined): Sdk.McpServer =>
    mcpServer(sdk, { client: serverAt(url, apiKey), project }, version);
  // Standard output belongs to the protocol.
  const onerror = ({ message }: Error) => void process.stderr.write(`miyabi: ${message}\n`);

  if (http === undefined) {
    const { serveStdio } = await load(() => import('@modelcontextprotocol/server/stdio'));
    serveStdio(() => serverWith(settings.apiKey), { onerror });
    return;
  }
  const handler = sdk.createMcpHandler(({ requestInfo }) => serverWith(keyIn(requestInfo)), { onerror });
  const address = await listen(handler, http === true ? DEFAULT_PORT : portOf(http), {
    validHost: (host) => sdk.validateHostHeader(host, sdk.localhostAllowedHostnames()).ok,
    validOrigin: (origin) => sdk.validateOriginHeader(origin, sdk.localhostAllowedOrigins()).ok,
  });
  process.stdout.write(`Listening at ${address}, for tasks at ${url}\n`);
};

const keyIn = (request: Request | undefined): string | undefined =>
  /^Bearer +(\S+) *$/i.exec(request?.headers.get('authorization') ?? '')?.[1];

const portOf = (text: string): number => {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
  if (!(port <= 65_535))
    throw new CommandFailure(EXIT.usage, `--http must be a port up to 65535, not ${text}`);
  return port;
};

/** The SDK is an optional dependency: it is as large as half of all others together, and few need it. */
const load = async <T>(importSdk: () => Promise<T>): Promise<T> => {
  try {
    return await importSdk();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw error;
    throw new CommandFailure(
      EXIT.usage,
      'miyabi mcp needs the package @modelcontextprotocol/server, which is not installed; install it beside miyabi-progress: npm install @modelcontextprotocol/server',
      { cause: error },
    );
  }
};
