/**
 * The worker that collects a log from end to end: pages of events as CloudWatch Logs gives them, made while they are
 * asked for, through the real log source, collector and services into stores in memory that count what is written.
 * Points of the history are counted and not kept, as a store elsewhere would not keep them in this process. What a
 * store costs that is elsewhere comes on top.
 */
import type { FilterLogEventsCommand, FilterLogEventsCommandOutput } from '@aws-sdk/client-cloudwatch-logs';
import { cloudwatchLogSource, type FilterLogEventsClient } from '../../src/adapters/cloudwatch/log-source.ts';
import type { Checkpoint, Checkpoints } from '../../src/ports/checkpoints.ts';
import { memoryPorts, system } from '../../test/support/system.ts';
import { answer, input } from '../lib/in-worker.ts';
import { readAsFirst } from './first-design.ts';
import { cdkRow, diceOf, otherLine, plainly } from './texts.ts';

/** `pages`: the events are made, and nothing is done with them. */
export type CollectingInput = Readonly<{ events: number; how: 'pages' | 'collector' | 'first design' }>;

export type CollectingOutput = Readonly<{
  /** Of the processor's time: nothing here waits, and what else the machine does counts for nothing. */
  ms: number;
  /** Resident memory before and at most, in bytes. */
  before: number;
  most: number;
  writes: Readonly<Record<string, number>>;
  tasks: number;
}>;

const PAGE = 10_000;
const STREAMS = 16;
/** One line in so many is of progress. */
const RARITY = 10;
const START = Date.UTC(2026, 0, 1);

const { events: count, how } = input<CollectingInput>();

/** A text as it comes off the network, not still put together out of parts. */
const inOnePiece = (text: string): string => Buffer.from(text).toString();

/** Made once and replayed: making a line takes longer than reading it. */
const POOL = 10_007;
const others = Array.from({ length: POOL }, (_, index) => inOnePiece(otherLine(diceOf(index), index)));

/** Deployments in several streams at once, with what else is written meanwhile between their rows. */
const pageAt = (page: number): NonNullable<FilterLogEventsCommandOutput['events']> => {
  const dice = diceOf(page + 1);
  return Array.from({ length: Math.min(PAGE, count - page * PAGE) }, (_, within) => {
    const index = page * PAGE + within;
    const stream = index % STREAMS;
    const line = Math.floor(index / STREAMS);
    const message =
      line % RARITY === 0
        ? inOnePiece(`S${stream}${cdkRow(dice, Math.floor(line / RARITY), plainly)}`)
        : (others[index % POOL] as string);
    return {
      eventId: String(index).padStart(56, '0'),
      logStreamName: `deploy-${stream}`,
      timestamp: START + index,
      ingestionTime: START + index,
      message,
    };
  });
};

let most = 0;
const look = () => {
  most = Math.max(most, process.memoryUsage.rss());
};

const client: FilterLogEventsClient = {
  async send({ input: { nextToken } }: FilterLogEventsCommand) {
    const page = Number(nextToken ?? 0);
    const events = pageAt(page);
    look();
    const more = (page + 1) * PAGE < count;
    return { $metadata: {}, events, ...(more && { nextToken: String(page + 1) }) };
  },
};

const writes: Record<string, number> = {};
const counted = <Port extends object>(name: string, port: Port, methods: readonly (keyof Port)[]): Port => {
  writes[name] = 0;
  return new Proxy(port, {
    get(target, key) {
      const value = Reflect.get(target, key) as unknown;
      if (typeof value !== 'function') return value;
      const method = value.bind(target) as (...given: unknown[]) => unknown;
      if (!methods.includes(key as keyof Port)) return method;
      return (...given: unknown[]) => {
        writes[name] = (writes[name] ?? 0) + 1;
        return method(...given);
      };
    },
  });
};

/** Keeps what it is given as it is: the copies that the checkpoints in memory make would be most of what is measured. */
const keptCheckpoints = (): Checkpoints => {
  const kept = new Map<string, Checkpoint>();
  return {
    read: async (key) => kept.get(key),
    write: async (key, value, expected) => {
      kept.set(key, { value, version: expected + 1 });
    },
    remove: async (key) => {
      kept.delete(key);
    },
  };
};

const collect = async (): Promise<number> => {
  const memory = memoryPorts();
  memory.clock.advance(count);
  const source = cloudwatchLogSource({
    client,
    groups: ['deploys'],
    clock: memory.clock,
    steadyClock: memory.clock,
    sleep: async () => undefined,
    backoff: async (ask) => ({ value: await ask(), attempts: 1, waited_ms: 0 }),
    callsPerSecond: Number.MAX_SAFE_INTEGER,
  });
  const { collector } = await system({
    ...memory,
    source: { ...memory.source, ...source },
    tasks: counted('tasks', memory.tasks, ['save']),
    history: counted('history', { ...memory.history, append: async () => undefined }, ['append']),
    projects: counted('projects', memory.projects, ['save']),
    checkpoints: counted('checkpoints', keptCheckpoints(), ['write']),
  });
  const { groups } = await collector.collect({});
  if (groups[0]?.events !== count) throw new Error(`${groups[0]?.events} of ${count}: ${groups[0]?.error}`);
  return groups[0].tasks.length;
};

/** Each record is a write of its own: a put of the task as it is now. */
const collectAsFirst = async (): Promise<number> => {
  const store = new Map<string, string>();
  const put = async (id: string, item: object) => {
    writes['tasks'] = (writes['tasks'] ?? 0) + 1;
    store.set(id, JSON.stringify(item));
  };
  for (let page = 0; page * PAGE < count; page += 1) {
    look();
    for (const { message = '', logStreamName, timestamp } of pageAt(page)) {
      const record = readAsFirst(message);
      if (record !== undefined) await put(record.task, { ...record, logStreamName, timestamp });
    }
  }
  return store.size;
};

const makePages = async (): Promise<number> => {
  let length = 0;
  for (let page = 0; page * PAGE < count; page += 1) {
    look();
    for (const { message = '' } of pageAt(page)) length += message.length;
  }
  return length;
};

const before = process.memoryUsage.rss();
const began = process.cpuUsage();
const tasks = await { pages: makePages, collector: collect, 'first design': collectAsFirst }[how]();
const { user, system: kernel } = process.cpuUsage(began);
look();
answer({ ms: (user + kernel) / 1000, before, most, writes, tasks } satisfies CollectingOutput);
