import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { MiyabiError } from '../../src/domain/errors.ts';

/** The memory of our functions, on which the flags of Lambda's Node depend. */
const FUNCTION_MEMORY_MB = 256;

/** The flags with which Lambda starts Node in a function of this memory. A code cache is valid only for these. */
export const lambdaFlags = (memoryMb = FUNCTION_MEMORY_MB): readonly string[] => [
  '--expose-gc',
  '--max-http-header-size=81920',
  `--max-semi-space-size=${Math.floor(memoryMb * 0.05)}`,
  `--max-old-space-size=${Math.floor(memoryMb * 0.9)}`,
];

/**
 * Starts the function, sends it the events, and returns the code that V8 has compiled by then: functions that were not
 * called are not in it.
 */
const REHEARSAL = `
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
const [folder, ...events] = process.argv.slice(1);
const { handler, scripts, suffix } = await import(join(folder, 'index.mjs'));
for (const event of events) await handler(JSON.parse(event));
for (const [name, script] of scripts) {
  writeFileSync(join(folder, name + suffix), script.createCachedData());
}
process.exit(0);
`;

const KEY = 'a-key-for-nothing-but-the-rehearsal';

const request = (path: string) => ({
  version: '2.0',
  rawPath: path,
  rawQueryString: '',
  headers: { authorization: `Bearer ${KEY}` },
  requestContext: { stage: '$default', http: { method: 'GET', path } },
  isBase64Encoded: false,
});

/** The events for each function: a task that Redis has, and one that only DynamoDB has; a window of a log group. */
const EVENTS = {
  api: [request('/api/tasks/cached'), request('/api/tasks/missing')],
  collector: [{ log_group: '/miyabi/cdk-deploy', start_time: 0, end_time: 1 }],
} as const;

/** The functions that get code caches: callers wait for the first, and the second starts in the same way. */
export type Rehearsed = keyof typeof EVENTS;
export const isRehearsed = (name: string): name is Rehearsed => Object.hasOwn(EVENTS, name);

/**
 * Adds code caches for one Node to a bundle, made after it has handled events.
 *
 * @param node - The executable, of the version that Lambda runs.
 * @throws MiyabiError `configuration` where that Node cannot run the bundle.
 */
export const addCodeCache = async (name: Rehearsed, folder: string, node: string): Promise<void> => {
  const redis = createServer(answerRedis);
  const dynamodb = createHttpServer((request, response) => {
    request.resume().on('end', () => response.end('{}'));
  });
  try {
    const env = {
      PATH: process.env['PATH'] ?? '',
      LOG_LEVEL: 'silent',
      API_KEYS: `${createHash('sha256').update(KEY).digest('hex')}:admin`,
      MIYABI_SECRET: KEY,
      REDIS_ENDPOINT: '127.0.0.1',
      REDIS_PORT: String(await portOf(redis)),
      DYNAMODB_ENDPOINT: `http://127.0.0.1:${await portOf(dynamodb)}`,
      CLOUDWATCH_LOGS_ENDPOINT: `http://127.0.0.1:${(dynamodb.address() as AddressInfo).port}`,
    };
    const program = ['--input-type=module', '-e', REHEARSAL];
    const texts = EVENTS[name].map((event) => JSON.stringify(event));
    const child = spawn(node, [...lambdaFlags(), ...program, folder, ...texts], {
      env,
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    const code = await once(child, 'exit').then(
      // Node types the arguments of an event as any.
      ([status]) => status as number | null,
      () => null,
    );
    if (code !== 0)
      throw new MiyabiError('configuration', `--code-cache: ${node} cannot run the bundle of ${name}`);
  } finally {
    redis.close();
    dynamodb.close();
  }
};

/** The part of a Redis that the start and a read of one task need. */
const answerRedis = (socket: Socket): void => {
  let text = '';
  socket.setEncoding('latin1').on('error', () => socket.destroy());
  socket.on('data', (chunk: string) => {
    text += chunk;
    for (let command = takeCommand(text); command !== undefined; command = takeCommand(text)) {
      text = text.slice(command.length);
      socket.write(replyTo(command.words));
    }
  });
};

/** The first complete command: an array of strings, each preceded by its length. */
const takeCommand = (text: string): Readonly<{ words: readonly string[]; length: number }> | undefined => {
  const count = /^\*(\d+)\r\n/.exec(text);
  if (count === null) return undefined;
  const words: string[] = [];
  let at = count[0].length;
  while (words.length < Number(count[1])) {
    const size = /^\$(\d+)\r\n/.exec(text.slice(at, at + 16));
    if (size === null) return undefined;
    const begin = at + size[0].length;
    at = begin + Number(size[1]) + 2;
    if (at > text.length) return undefined;
    words.push(text.slice(begin, at - 2));
  }
  return { words, length: at };
};

const replyTo = ([command = '', key = '']: readonly string[]): string => {
  const bulk = (value: string) => `$${value.length}\r\n${value}\r\n`;
  switch (command.toLowerCase()) {
    case 'ping':
      return '+PONG\r\n';
    case 'get':
      return key.endsWith(':cached') ? bulk('t|9999999999999|1|{"project_id":"default"}') : '$-1\r\n';
    case 'evalsha':
      return '*2\r\n:1\r\n:60000\r\n';
    default:
      return '+OK\r\n';
  }
};

const portOf = async (server: Server): Promise<number> => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
};
