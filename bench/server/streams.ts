// Listens on many event streams at once while changes are made, and holds every one of them to what was promised.
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { crc32 } from 'node:zlib';
import { answer, input } from '../lib/in-worker.ts';
import { percentile } from '../lib/statistics.ts';
import { memoryOf, workOf } from './process.ts';

export type Input = Readonly<{ url: string; pid: number; streams: number; rate: number; seconds: number }>;

export type Output = Readonly<{
  /** Of each change, from when it was sent to when half and 99 % of the streams had heard it, in milliseconds. */
  half: readonly number[];
  nearlyAll: readonly number[];
  /** Resident memory of the server, in MB. */
  memory: Readonly<{ before: number; open: number; after: number }>;
  /** The share of a core that the server used while changes were made. */
  work: number;
  events: number;
}>;

/** How many streams are read event by event; of the others it is enough that they have heard the same bytes. */
const WATCHED = 100;
const TASK = 'streamed';
const HEARD =
  /^id: (\S+)\ndata: \{"action":"saved","task_id":"streamed","project_id":"default","version":(\d+)/gm;

type Heard = Readonly<{ version: number; id: string; at: number }>;
type Stream = {
  socket: Socket;
  /** A sum over all bytes behind the beginning of the stream, and how many they are. */
  sum: number;
  bytes: number;
  events: Heard[];
};

/** Opens a stream. Resolves when it has begun. */
const open = ({ url }: Input, watched: boolean, since?: string): Promise<Stream> =>
  new Promise((resolve, reject) => {
    const { port, host } = new URL(url);
    const resume = since === undefined ? '' : `last-event-id: ${since}\r\n`;
    const socket = connect(Number(port), '127.0.0.1', () => {
      socket.write(`GET /api/events HTTP/1.1\r\nhost: ${host}\r\n${resume}\r\n`);
    });
    const stream: Stream = { socket, sum: 0, bytes: 0, events: [] };
    let begun = false;
    let rest = '';
    const take = (part: Buffer) => {
      stream.sum = crc32(part, stream.sum);
      stream.bytes += part.length;
      if (!watched) return;
      rest += part.toString('latin1');
      const end = rest.lastIndexOf('\n\n') + 2;
      if (end === 1) return;
      const at = performance.now();
      for (const [, id = '', version] of rest.slice(0, end).matchAll(HEARD))
        stream.events.push({ version: Number(version), id, at });
      rest = rest.slice(end);
    };
    let head = Buffer.alloc(0);
    socket.on('data', (part: Buffer) => {
      if (begun) {
        take(part);
        return;
      }
      // The head of the answer, then the first words of the stream: `retry`, and the place where it begins.
      head = Buffer.concat([head, part]);
      const body = head.indexOf('\r\n\r\n');
      const first = body === -1 ? -1 : head.indexOf('\n\n', body + 4);
      if (first === -1) return;
      begun = true;
      take(head.subarray(first + 2));
      resolve(stream);
    });
    socket.on('error', reject);
  });

const post = async ({ url }: Input, path: string, body: unknown): Promise<void> => {
  const response = await fetch(`${url}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  if (!response.ok) throw new Error(`${path} answered ${response.status}: ${await response.text()}`);
  await response.arrayBuffer();
};

const requireInOrder = (who: string, events: readonly Heard[], changes: number): void => {
  const wrong = events.findIndex(({ version }, index) => version !== index + 1);
  if (wrong !== -1)
    throw new Error(`${who} heard version ${events[wrong]?.version} where ${wrong + 1} was to come`);
  if (events.length !== changes) throw new Error(`${who} heard ${events.length} of ${changes} changes`);
};

const measure = async (input: Input): Promise<Output> => {
  const { streams: count, rate, seconds, pid } = input;
  const before = await memoryOf(pid);
  const streams: Stream[] = [];
  for (let at = 0; at < count; at += 50) {
    const some = Array.from({ length: Math.min(50, count - at) }, (_, index) =>
      open(input, (at + index) % Math.ceil(count / WATCHED) === 0),
    );
    streams.push(...(await Promise.all(some)));
  }
  const watched = streams.filter((_, index) => index % Math.ceil(count / WATCHED) === 0);
  let cut = await open(input, true);
  const beforeCut: Heard[] = [];
  const openMemory = await memoryOf(pid);

  const changes = rate * seconds;
  const sent: number[] = [];
  const posts: Promise<void>[] = [];
  const worked = await workOf(pid);
  const began = performance.now();
  for (let change = 0; change < changes; change += 1) {
    await sleep(Math.max(0, began + (change * 1_000) / rate - performance.now()));
    sent.push(performance.now());
    // One after the other, so that their order is known.
    const previous = posts.at(-1);
    posts.push(
      (async () => {
        await previous;
        if (change === 0) await post(input, '/api/tasks', { task_id: TASK });
        else await post(input, `/api/tasks/${TASK}/progress`, { current: change, total: changes * 2 });
      })(),
    );
    if (change === Math.floor(changes / 2)) {
      cut.socket.destroy();
      beforeCut.push(...cut.events);
      cut = await open(input, true, beforeCut.at(-1)?.id);
    }
  }
  await Promise.all(posts);
  const deadline = performance.now() + 10_000;
  const isDone = () =>
    watched.every(({ events }) => events.length >= changes) &&
    streams.every(({ bytes }) => bytes === streams[0]?.bytes) &&
    beforeCut.length + cut.events.length >= changes;
  while (!isDone() && performance.now() < deadline) await sleep(20);
  const took = (performance.now() - began) / 1_000;
  const work = ((await workOf(pid)) - worked) / took;
  const after = await memoryOf(pid);

  for (const { events } of watched) requireInOrder('a stream', events, changes);
  requireInOrder('the stream that was cut and resumed', [...beforeCut, ...cut.events], changes);
  const [first] = streams;
  const others = streams.filter(({ sum, bytes }) => sum !== first?.sum || bytes !== first.bytes);
  if (others.length > 0) throw new Error(`${others.length} of ${count} streams heard something else`);
  for (const { socket } of [...streams, cut]) socket.destroy();

  const delays = sent.map((at, index) => watched.map(({ events }) => (events[index]?.at ?? Number.NaN) - at));
  return {
    half: delays.map((each) => percentile(each, 0.5)),
    nearlyAll: delays.map((each) => percentile(each, 0.99)),
    memory: { before, open: openMemory, after },
    work,
    events: changes * count,
  };
};

answer(await measure(input<Input>()));
