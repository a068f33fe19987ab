// Over 300 lines: one small check after the other.

import { existsSync } from 'node:fs';
import { access, constants, mkdir } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { requireSupported, withPackages } from '../../adapters/opentelemetry/requirements.ts';
import type { MiyabiClient } from '../../client/index.ts';
import { type Config, type OtlpConfig, readConfig } from '../../config.ts';
import { isMiyabiError } from '../../domain/errors.ts';
import { isOutside } from '../../ports/backend.ts';
import type { Logger } from '../../ports/logger.ts';
import { EXIT } from '../failure.ts';
import { openPseudoTerminal } from '../run/pseudo-terminal.ts';
import { readSpool } from '../run/spool.ts';
import { serverAt, wordsOf } from '../server.ts';
import { DEFAULT_URL, readSettings } from '../settings.ts';
import { markOf } from '../terminal/bars.ts';
import { type Look, lookOf, type Paint, paint, printable } from '../terminal/terminal.ts';

/** `warning`: it works, but perhaps not as intended. `fix` is what to do. */
type Check = Readonly<{ name: string; state: 'ok' | 'warning' | 'broken'; text: string; fix?: string }>;

const TIMEOUT_MS = 5_000;

export const examine = async ({ json }: Readonly<{ json?: boolean }>): Promise<void> => {
  const look = lookOf(process.env, process.stdout);
  const checks: Check[] = [];
  for await (const check of allChecks()) {
    checks.push(check);
    if (!json) process.stdout.write(lineOf(check, look));
  }
  const ok = checks.every(({ state }) => state !== 'broken');
  if (json) process.stdout.write(`${JSON.stringify({ ok, checks })}\n`);
  process.exitCode = ok ? EXIT.done : EXIT.failed;
};

const SHOWN: Readonly<Record<Check['state'], readonly ['completed' | 'blocked' | 'failed', Paint]>> = {
  ok: ['completed', 'green'],
  warning: ['blocked', 'yellow'],
  broken: ['failed', 'red'],
};

const lineOf = ({ name, state, text, fix }: Check, look: Look): string => {
  const [status, colour] = SHOWN[state];
  const advice = fix === undefined ? '' : `\n    ${paint(printable(fix), 'bold', look)}`;
  return `${paint(markOf(status, look), colour, look)} ${name}: ${printable(text)}${advice}\n`;
};

async function* allChecks(): AsyncGenerator<Check> {
  yield nodeCheck();
  yield* clientChecks();
  yield terminalCheck();
  yield* formatsCheck(process.env.MIYABI_LOG_FORMATS);
  yield* serverChecks();
}

const nodeCheck = (): Check => {
  const { node } = process.versions;
  const [major = 0, minor = 0] = node.split('.').map(Number);
  const ok = major > 20 || (major === 20 && minor >= 19);
  return {
    name: 'node',
    state: ok ? 'ok' : 'broken',
    text: node,
    ...(ok ? {} : { fix: 'Miyabi needs Node 20.19 or later' }),
  };
};

async function* clientChecks(): AsyncGenerator<Check> {
  let settings: ReturnType<typeof readSettings>;
  try {
    settings = readSettings(process.env);
  } catch (error) {
    yield {
      name: 'command line',
      state: 'broken',
      text: messageOf(error),
      fix: 'set that variable right, or unset it',
    };
    return;
  }
  const url = settings.url ?? DEFAULT_URL;
  const client = serverAt(url, settings.apiKey);
  yield await addressCheck(client, settings.url === undefined, settings.apiKey !== undefined);
  yield await spoolCheck(settings.spoolDir, url);
}

const addressCheck = async (client: MiyabiClient, byDefault: boolean, hasKey: boolean): Promise<Check> => {
  const name = byDefault ? 'server (MIYABI_URL is not set)' : 'server (MIYABI_URL)';
  const { url } = client;
  try {
    const health = await client.request('GET /health', { timeoutMs: TIMEOUT_MS });
    if (health.status !== 'healthy') {
      return {
        name,
        state: 'broken',
        text: `what answers at ${url} is no Miyabi server`,
        fix: 'set MIYABI_URL to where one answers',
      };
    }
    await client.request('GET /api/tasks', { query: { limit: 1 }, timeoutMs: TIMEOUT_MS });
  } catch (error) {
    const text = wordsOf(error, url);
    const fix = /refuses this address/.test(text)
      ? `on the server, set MIYABI_ALLOWED_HOSTS=${new URL(url).hostname}, or API_KEYS`
      : /refuses the key/.test(text)
        ? 'set MIYABI_API_KEY to a key of that server'
        : `start one with: miyabi serve${byDefault ? '' : ', or fix MIYABI_URL'}`;
    // Without MIYABI_URL no server is required: miyabi run then only draws.
    return { name, state: byDefault ? 'warning' : 'broken', text, fix };
  }
  const { protocol, hostname } = new URL(url);
  const isLocal = ['127.0.0.1', 'localhost', '[::1]'].includes(hostname);
  if (protocol === 'http:' && hasKey && !isLocal) {
    return {
      name,
      state: 'warning',
      text: `${url} answers, but the key crosses the network unencrypted`,
      fix: 'use https',
    };
  }
  if (byDefault) {
    return {
      name,
      state: 'warning',
      text: `${url} answers, but miyabi run sends nothing there`,
      fix: `export MIYABI_URL=${url}`,
    };
  }
  return { name, state: 'ok', text: `${url} answers` };
};

const spoolCheck = async (spoolDir: string, url: string): Promise<Check> => {
  const name = 'spool';
  try {
    await mkdir(spoolDir, { recursive: true, mode: 0o700 });
    await access(spoolDir, constants.W_OK);
    const { runs, unreadable } = await readSpool(spoolDir);
    const waiting = runs.filter(({ live }) => !live);
    const [first] = unreadable;
    if (first !== undefined) {
      return {
        name,
        state: 'warning',
        text: `${unreadable.length === 1 ? '1 run' : `${unreadable.length} runs`} cannot be sent: ${first.directory}: ${first.reason}`,
        fix: first.isDamaged
          ? 'set it aside and send the others with: miyabi flush'
          : 'send it with the newer miyabi',
      };
    }
    const mine = waiting.filter(({ header }) => header.url === url);
    if (waiting.length === 0) return { name, state: 'ok', text: `nothing waits in ${spoolDir}` };
    const kilobytes = Math.ceil(waiting.reduce((sum, { bytes }) => sum + bytes, 0) / 1024);
    const others = [...new Set(waiting.map(({ header }) => header.url))].filter((other) => other !== url);
    return {
      name,
      state: 'warning',
      text: `${waiting.length === 1 ? '1 run' : `${waiting.length} runs`} (${kilobytes} KiB) ${waiting.length === 1 ? 'waits' : 'wait'} in ${spoolDir}${others.length === 0 ? '' : `, ${waiting.length - mine.length} of them for ${others.join(', ')}`}`,
      fix:
        mine.length > 0
          ? 'send them with: miyabi flush'
          : `send them with: MIYABI_URL=${others[0]} miyabi flush`,
    };
  } catch (error) {
    return {
      name,
      state: 'broken',
      text: `${spoolDir}: ${messageOf(error)}`,
      fix: 'make it readable and writable, or set MIYABI_SPOOL_DIR',
    };
  }
};

/** The server and the command line both read custom log formats. */
async function* formatsCheck(file: string | undefined): AsyncGenerator<Check> {
  if (file === undefined || file.trim() === '') return;
  const name = 'log formats (MIYABI_LOG_FORMATS)';
  try {
    const { logFormats } = await import('./log-formats.ts');
    await logFormats(file);
    yield { name, state: 'ok', text: `${file} can be read` };
  } catch (error) {
    yield {
      name,
      state: 'broken',
      text: messageOf(error),
      fix: `fix ${file}, or unset MIYABI_LOG_FORMATS`,
    };
  }
}

const terminalCheck = (): Check => {
  const name = 'terminal';
  const { stdin, stdout, stderr } = process;
  if (!stdin.isTTY || !stdout.isTTY || !stderr.isTTY)
    return { name, state: 'ok', text: 'none here; miyabi run uses pipes' };
  const terminal = openPseudoTerminal({ rows: stdout.rows, columns: stdout.columns });
  terminal?.restore();
  terminal?.close();
  return terminal === undefined
    ? {
        name,
        state: 'warning',
        text: 'miyabi run uses pipes: commands see no terminal',
        fix: 'on Linux, install perl or python3',
      }
    : { name, state: 'ok', text: 'miyabi run gives commands a terminal' };
};

async function* serverChecks(): AsyncGenerator<Check> {
  let config: Config;
  try {
    config = readConfig(process.env);
  } catch (error) {
    const fields =
      isMiyabiError(error) && error.fields.length > 0
        ? error.fields
        : [{ path: '', reason: messageOf(error) }];
    for (const { path, reason } of fields) {
      yield {
        name: 'configuration',
        state: 'broken',
        text: `${path} ${reason}`.trim(),
        fix: `set ${path || 'it'} right, or unset it`,
      };
    }
    return;
  }
  const { backend, taskStore, cache, feed, logSource, dataDir } = config;
  const place = taskStore === 'embedded' ? ` in ${dataDir}` : '';
  yield {
    name: 'configuration',
    state: 'ok',
    text: `backend ${backend}: store ${taskStore}${place}, cache ${cache}, feed ${feed}, logs from ${logSource}`,
  };
  yield browserCheck(config);
  if (config.otlp !== undefined) yield await tracesCheck(config.otlp);
  yield* backendChecks(config);
}

/** Which web pages can reach a server with this configuration. */
const browserCheck = ({ apiKeys, corsOrigins, allowedHosts }: Config): Check => {
  const name = 'web pages';
  if (apiKeys.length > 0) return { name, state: 'ok', text: 'API_KEYS are set: a page needs a key' };
  if (corsOrigins.includes('*')) {
    return {
      name,
      state: 'warning',
      text: 'without API_KEYS, CORS_ORIGINS=* lets every page that you visit read and change everything',
      fix: 'name the origins in CORS_ORIGINS, or set API_KEYS (miyabi keys create)',
    };
  }
  const hosts = ['this machine', ...allowedHosts].join(', ');
  const pages = corsOrigins.length === 0 ? 'no page of another origin' : `pages of ${corsOrigins.join(', ')}`;
  return {
    name,
    state: 'ok',
    text: `no API_KEYS: it answers as ${hosts} only, and to ${pages}`,
  };
};

/** A server whose collector fails goes on without traces; one that cannot send any does not start. */
const tracesCheck = async (otlp: OtlpConfig): Promise<Check> => {
  const name = 'traces';
  try {
    requireSupported(otlp);
    const { probeCollector } = await withPackages(() => import('../../adapters/opentelemetry/sdk.ts'));
    const reason = await probeCollector();
    const place = `the collector at ${new URL(otlp.endpoint).origin}`;
    return reason === undefined
      ? { name, state: 'ok', text: `${place} accepts them` }
      : {
          name,
          state: 'warning',
          text: `${place} does not accept them: ${reason}`,
          fix: 'check OTEL_EXPORTER_OTLP_ENDPOINT, OTEL_EXPORTER_OTLP_HEADERS and the collector',
        };
  } catch (error) {
    // It says what to do.
    return { name, state: 'broken', text: messageOf(error) };
  }
};

async function* backendChecks({ logFormatsFile: _checked, ...wanted }: Config): AsyncGenerator<Check> {
  let config: Config = wanted;
  // Only one process may open the embedded store: if a server has, that server is asked instead.
  const served = wanted.taskStore === 'embedded' ? await servedHere(wanted) : undefined;
  const aside = served === undefined ? await uncreatedStore(wanted) : inUseBy(served);
  if (aside !== undefined) {
    yield aside;
    config = { ...config, taskStore: 'memory' };
  }
  if (config.logSource === 'file' && !existsSync(config.logDir)) {
    const reason = await obstacleTo(config.logDir);
    if (reason !== undefined)
      yield { name: 'logs', state: 'broken', text: reason, fix: 'set MIYABI_LOG_DIR to another folder' };
    config = { ...config, logSource: 'memory' };
  }
  const reasons = new Map<string, string>();
  const { compose } = await import('../../container/compose.ts');
  let composed: Awaited<ReturnType<typeof compose>>;
  try {
    composed = await compose(config, { logger: listener(reasons) });
  } catch (error) {
    yield { name: 'backends', state: 'broken', text: messageOf(error), fix: fixFor('store', config) };
    return;
  }
  try {
    const { status, backends } = await composed.health.ready();
    for (const [name, { status: state, latency_ms: latency }] of Object.entries(backends)) {
      if (name === 'store' && aside !== undefined) continue;
      const up = state === 'up';
      yield {
        name,
        state: up ? 'ok' : status === 'degraded' ? 'warning' : 'broken',
        text: up ? `answers in ${latency} ms` : (reasons.get(name) ?? 'does not answer'),
        ...(up ? {} : { fix: fixFor(name, config) }),
      };
    }
    if (Object.keys(backends).length === 0 && aside === undefined)
      yield { name: 'backends', state: 'ok', text: 'in this process; nothing to ask' };
  } finally {
    await composed.close();
  }
}

const inUseBy = (url: string): Check => ({
  name: 'store',
  state: 'ok',
  text: `in use by the server at ${url}`,
});

/** What to report for an embedded store that no server has created yet. Opening it here would leave a folder behind. */
const uncreatedStore = async (config: Config): Promise<Check | undefined> => {
  const { taskStore, dataDir } = config;
  if (taskStore !== 'embedded' || existsSync(dataDir)) return undefined;
  const reason = await obstacleTo(dataDir);
  const name = 'store';
  return reason === undefined
    ? {
        name,
        state: 'ok',
        text: `nothing is stored in ${dataDir} yet; the server creates it when it first starts`,
      }
    : { name, state: 'broken', text: reason, fix: fixFor(name, config) };
};

/** Why a folder that does not exist cannot be created; undefined if it can. */
const obstacleTo = async (path: string): Promise<string | undefined> => {
  let parent = dirname(resolve(path));
  while (!existsSync(parent)) parent = dirname(parent);
  try {
    // The slash makes a file in its place an error.
    await access(`${parent}/`, constants.W_OK);
    return undefined;
  } catch (error) {
    return messageOf(error);
  }
};

const servedHere = async ({ host, port }: Config): Promise<string | undefined> => {
  const address = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host;
  const client = serverAt(`http://${address.includes(':') ? `[${address}]` : address}:${port}`);
  try {
    const { status } = await client.request('GET /health', { timeoutMs: 1_000 });
    return status === 'healthy' ? client.url : undefined;
  } catch {
    return undefined;
  }
};

const fixFor = (name: string, { taskStore, redis, dynamodbEndpoint, region, dataDir }: Config): string => {
  if (/redis|cache|feed/.test(name) && redis !== undefined) {
    return `check REDIS_ENDPOINT (${redis.host}), REDIS_PORT (${redis.port}), REDIS_TLS, and the way there`;
  }
  if (/log/.test(name)) return 'make missing log groups with: miyabi setup';
  if (taskStore === 'embedded') return `check that ${dataDir} can be written and no other server uses it`;
  if (isOutside(taskStore))
    return `check the settings of ${taskStore}; make what is missing with: miyabi setup`;
  const where = dynamodbEndpoint ?? `the region (AWS_REGION=${region ?? 'not set'})`;
  return `check credentials and ${where}; make missing tables with: miyabi setup`;
};

/** Records why a backend is down; the service only reports that it is. */
const listener = (reasons: Map<string, string>): Logger => {
  const hear = (_message: string, fields: Readonly<Record<string, unknown>> = {}) => {
    if (typeof fields.backend === 'string') reasons.set(fields.backend, deepest(fields.error));
  };
  const nothing = () => undefined;
  return { debug: nothing, info: nothing, warn: hear, error: hear };
};

const deepest = (error: unknown): string => {
  const cause = error instanceof Error ? error.cause : undefined;
  return cause === undefined ? messageOf(error) : `${messageOf(error)}: ${deepest(cause)}`;
};

const messageOf = (error: unknown): string =>
  error instanceof AggregateError && error.message === ''
    ? messageOf(error.errors[0])
    : error instanceof Error
      ? error.message
      : String(error);
