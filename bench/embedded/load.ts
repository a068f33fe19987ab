// Repeats a kind of request on 32 connections and says how many were answered. Run by `benchmark.ts`.
import autocannon from 'autocannon';
import { answer, input } from '../lib/in-worker.ts';
import { type Loaded, loaded } from '../lib/load.ts';

export type Kind = 'create' | 'report' | 'list' | 'projects' | 'logs';
export type LoadInput = Readonly<{ url: string; kind: Kind; seconds: number; seed: number }>;
export type LoadOutput = Loaded;

const { url, kind, seconds, seed } = input<LoadInput>();

const TASKS = 500;
const LINES = 100;
let count = 0;

const requestOf: Record<Kind, () => Readonly<{ method: string; path: string; body?: string }>> = {
  create: () => ({
    method: 'POST',
    path: '/api/tasks',
    body: JSON.stringify({
      task_name: `Deploy ${count}`,
      status: 'running',
      progress: { current: 0, total: 67 },
    }),
  }),
  report: () => ({
    method: 'POST',
    path: `/api/tasks/bench-${count % TASKS}/progress`,
    body: JSON.stringify({ current: count % 1_000, total: 1_000_000 }),
  }),
  list: () => ({ method: 'GET', path: '/api/tasks?limit=100' }),
  projects: () => ({ method: 'GET', path: '/api/projects?limit=20' }),
  logs: () => ({
    method: 'POST',
    path: '/api/logs',
    body: JSON.stringify({
      log_group: '/bench',
      log_stream: `stream-${seed}-${count % 32}`,
      events: Array.from({ length: LINES }, (_, line) => ({
        timestamp: 1_790_000_000_000 + count * 1_000 + line,
        message:
          line === 0
            ? `[${count % 90}/100] compiling module ${count}`
            : `INFO  request-${count}-${line} GET /api/orders answered 200 after ${line + 3} ms`,
      })),
    }),
  }),
};

const running = autocannon({
  url,
  connections: 32,
  duration: seconds,
  sampleInt: 250,
  requests: [
    {
      headers: { 'content-type': 'application/json' },
      setupRequest: (request) => {
        count += 1;
        return { ...request, ...requestOf[kind]() };
      },
    },
  ],
});
answer((await loaded(running)) satisfies LoadOutput);
