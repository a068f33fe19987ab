import { httpApp } from '../../src/api/app.ts';
import { signedCursors } from '../../src/api/cursor.ts';
import type { HttpApp, HttpResponse } from '../../src/api/message.ts';
import type { HttpOptions } from '../../src/api/route.ts';
import { readConfig } from '../../src/config.ts';
import { compose } from '../../src/container/compose.ts';
import type { Ports } from '../../src/ports/ports.ts';

/** An answer with its JSON parsed. `json` is the body's value; undefined without a body. */
export type Answer = Readonly<{
  status: number;
  headers: Readonly<Record<string, string>>;
  text: string;
  // biome-ignore lint/suspicious/noExplicitAny: a test says what it expects of an answer
  json: any;
}>;

export type Call = (
  method: string,
  target: string,
  body?: unknown,
  headers?: Readonly<Record<string, string>>,
) => Promise<Answer>;

/** Calls an application as a client would. A body that is no string goes as JSON. */
export const caller =
  (app: HttpApp): Call =>
  async (method, target, body, headers = {}) => {
    const mark = target.indexOf('?');
    return answerOf(
      await app({
        method,
        path: mark === -1 ? target : target.slice(0, mark),
        search: mark === -1 ? '' : target.slice(mark + 1),
        headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
        ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      }),
    );
  };

const answerOf = ({ status, headers, body }: HttpResponse): Answer => {
  if (typeof body !== 'string') throw new Error('the answer is a stream');
  const isJson = /json/.test(headers['content-type'] ?? '') && body !== '';
  return { status, headers, text: body, json: isJson ? JSON.parse(body) : undefined };
};

/** The application on a backend, as an entrypoint composes it; `overrides` are ports of the test. */
export const openApi = async (
  env: Readonly<Record<string, string>> = {},
  options: HttpOptions = {},
  overrides: Partial<Ports> = {},
) => {
  const composition = await compose(
    readConfig({ MIYABI_BACKEND: 'memory', LOG_LEVEL: 'silent', ...env }),
    overrides,
  );
  const app = httpApp(
    { ...composition, cursors: signedCursors('a secret of the tests') },
    composition.logger,
    options,
  );
  return { ...composition, app, call: caller(app) };
};

export type Api = Awaited<ReturnType<typeof openApi>>;

/** A test with its own application. */
export const withApi =
  (
    run: (api: Api) => unknown,
    env: Readonly<Record<string, string>> = {},
    options: HttpOptions = {},
    overrides: Partial<Ports> = {},
  ) =>
  async () => {
    const api = await openApi(env, options, overrides);
    try {
      await run(api);
    } finally {
      await api.close();
    }
  };
