import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { HttpOptions } from '../../src/api/app.ts';
import type { HttpApp } from '../../src/api/message.ts';
import { type Listening, serve } from '../../src/entrypoints/local/serve.ts';
import { staticFiles } from '../../src/entrypoints/local/static.ts';
import { type Call, openApi } from './api.ts';
import { builtOnce } from './built-once.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

let built: Promise<string> | undefined;

/** The dashboard as its sources are now, built. */
export const builtDashboard = (): Promise<string> => {
  built ??= builtOnce('dashboard', ['web', 'src'], async (folder) => {
    const { build } = await import('vite');
    await build({ root: join(ROOT, 'web'), logLevel: 'error', build: { outDir: folder, emptyOutDir: true } });
  });
  return built;
};

export type Dashboard = Readonly<{
  url: string;
  /** Calls the API directly, without `wrap`. */
  call: Call;
  /** Hands in log lines as `POST /api/logs` does. */
  log(stream: string, lines: readonly LogLine[], project?: string): Promise<void>;
  /** The id of the newest task of this name. */
  taskNamed(name: string): Promise<string>;
  /** Sends the webhooks that are due. */
  sendWebhooks(): Promise<void>;
  /** The server goes away, with every connection. */
  stop(): Promise<void>;
  /** It comes back, at the same address and with its data. */
  start(): Promise<void>;
  /** Another server takes its place, without data. */
  replace(): Promise<void>;
  close(): Promise<void>;
}>;

export type LogLine = Readonly<{ at: number; text: string }>;

/** A server with the dashboard, on its own port, everything in memory. `wrap` puts something before the API. */
export const openDashboard = async ({
  env = {},
  options: given = {},
  key,
  wrap = (app) => app,
}: Readonly<{
  env?: Record<string, string>;
  options?: HttpOptions;
  /** The key that the API wants, and the only one where `options` names no others. */
  key?: string;
  wrap?: (app: HttpApp) => HttpApp;
}> = {}): Promise<Dashboard> => {
  const files = await staticFiles(await builtDashboard());
  const options: HttpOptions =
    key === undefined
      ? given
      : { apiKeys: [{ hash: createHash('sha256').update(key).digest('hex'), scope: 'admin' }], ...given };
  let api = await openApi(env, options);
  const call: Call = (method, target, body, headers = {}) =>
    api.call(method, target, body, {
      ...headers,
      ...(key === undefined ? {} : { authorization: `Bearer ${key}` }),
    });
  const listen = (port: number) =>
    serve(wrap(api.app), { host: '127.0.0.1', port, logger: api.logger, files });
  let listening: Listening | undefined = await listen(0);
  const { url } = listening;
  let sent = 0;
  const stop = async () => {
    const running = listening;
    listening = undefined;
    await running?.close(0);
  };
  return {
    url,
    call,
    async log(stream, lines, project = 'default') {
      const { status, text } = await call('POST', '/api/logs', {
        project_id: project,
        log_group: 'tests',
        log_stream: stream,
        events: lines.map(({ at, text: message }) => {
          sent += 1;
          return { id: String(sent).padStart(9, '0'), timestamp: at, message };
        }),
      });
      if (status !== 200) throw new Error(`the log was not taken: ${status} ${text}`);
    },
    async taskNamed(name) {
      const { json } = await call('GET', '/api/tasks?limit=100');
      const found = json.tasks.find((task: { task_name: string }) => task.task_name === name);
      if (found === undefined) throw new Error(`there is no task named ${name}`);
      return found.task_id;
    },
    async sendWebhooks() {
      await api.webhookSender.tick();
      await api.webhookSender.idle();
    },
    stop,
    async start() {
      listening = await listen(Number(new URL(url).port));
    },
    async replace() {
      await stop();
      await api.close();
      api = await openApi(env, options);
      listening = await listen(Number(new URL(url).port));
    },
    async close() {
      await stop();
      await api.close();
    },
  };
};
