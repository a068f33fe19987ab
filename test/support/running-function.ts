import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { unzipSync } from 'fflate';
import { apiEvent, type Outcome } from './artifact.ts';

/** Loads the bundle beside it, and answers the events that its parent sends one after the other. */
const RUNTIME = `
const { handler } = await import('./index.mjs');
process.on('message', async ({ id, event }) => {
  const context = { awsRequestId: id, getRemainingTimeInMillis: () => 60_000 };
  try { process.send({ id, outcome: { answer: await handler(event, context) } }); }
  catch (error) { process.send({ id, outcome: { error: String(error) } }); }
});
process.send('ready');
`;

/** A function in its own process, warm as between two invocations. */
export type RunningFunction = Readonly<{
  invoke(event: unknown): Promise<Outcome>;
  /** What it has printed, its log. */
  printed(): string;
  close(): Promise<void>;
}>;

/** Unpacks the archive of a function into a folder, and starts it with nothing of this environment but the path. */
export const startFunction = async (
  zip: string,
  folder: string,
  env: Readonly<Record<string, string>>,
): Promise<RunningFunction> => {
  mkdirSync(folder, { recursive: true });
  for (const [name, bytes] of Object.entries(unzipSync(readFileSync(zip)))) {
    writeFileSync(join(folder, name), bytes);
  }
  const runtime = join(folder, 'runtime.mjs');
  writeFileSync(runtime, RUNTIME);
  const child = spawn(process.execPath, [runtime], {
    env: {
      PATH: process.env['PATH'] ?? '',
      LOG_LEVEL: 'error',
      AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  let printed = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => {
      printed += text;
    });
  }
  const ended = once(child, 'exit');
  const isReady = await Promise.race([once(child, 'message').then(() => true), ended.then(() => false)]);
  if (!isReady) throw new Error(`${zip} ended while it started: ${printed}`);
  const invoke = invoker(child, () => printed);
  return {
    invoke,
    printed: () => printed,
    async close() {
      child.kill();
      await ended;
    },
  };
};

const invoker = (child: ChildProcess, printed: () => string): RunningFunction['invoke'] => {
  const waiting = new Map<
    string,
    Readonly<{ resolve(outcome: Outcome): void; reject(error: Error): void }>
  >();
  let sent = 0;
  // As the runtime above sends it.
  child.on('message', ({ id, outcome }: Readonly<{ id: string; outcome: Outcome }>) => {
    waiting.get(id)?.resolve(outcome);
    waiting.delete(id);
  });
  child.once('exit', () => {
    for (const { reject } of waiting.values()) reject(new Error(`the function ended: ${printed()}`));
  });
  return (event) =>
    new Promise((resolve, reject) => {
      sent += 1;
      const id = `invocation-${sent}`;
      waiting.set(id, { resolve, reject });
      child.send({ id, event });
    });
};

/** An HTTP API in front of functions: `choose` says which one gets a request of a method. */
export const openGateway = async (choose: (method: string) => RunningFunction) => {
  const server = createServer(async (request, response) => {
    try {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk);
      const { method = 'GET', url = '/', headers } = request;
      const event = {
        ...apiEvent(method, url, {
          headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)])),
        }),
        ...(chunks.length === 0 ? {} : { body: Buffer.concat(chunks).toString() }),
      };
      const { answer, error } = await choose(method).invoke(event);
      if (error !== undefined) throw new Error(error);
      // What an HTTP API takes from a function.
      const { statusCode, headers: answered, body } = answer as GatewayAnswer;
      response.writeHead(statusCode, answered).end(body);
    } catch (error) {
      response.writeHead(502, { 'content-type': 'text/plain' }).end(String(error));
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: async () => {
      server.close();
      server.closeAllConnections();
    },
  };
};

type GatewayAnswer = Readonly<{
  statusCode: number;
  headers: Readonly<Record<string, string>>;
  body: string;
}>;
