import { toolFormat } from './kit/tool.ts';

const HEAD = /^\[2\d{3}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3}: [A-Z]{4,8}\/[\w-]{1,60}\] /;
const TASK = 'Task (?<name>[\\w.-]{1,200})\\[(?<lane>[\\w.:-]{1,64})\\] ';
const line = (rest: string): RegExp => new RegExp(HEAD.source + TASK + rest);

/** Celery's worker: `[2026-01-02 03:04:05,678: INFO/MainProcess] Task shop.send[…] received`. Each task is a run. */
export const celery = toolFormat({
  name: 'celery',
  taskName: 'celery',
  taskType: 'job',
  counts: 'open',
  hint: {
    mayBegin: {
      characters: '[',
      holds: (text, at) => text.charAt(at + 1) === '2' && HEAD.test(text.slice(at, at + 120)),
    },
  },
  patterns: [
    { says: 'works', line: line('received$') },
    { says: 'step', line: line('(?<step>retry: .{1,500})') },
    { says: 'ends', line: line('succeeded in '), alone: true },
    { says: 'fails', line: line('raised unexpected: (?<reason>.{1,1000})'), alone: true },
    {
      says: 'fails',
      line: line('(?<reason>rejected|(?:Hard|Soft) time limit .{1,80} exceeded)'),
      alone: true,
    },
    { says: 'cancels', line: line('ignored$'), alone: true },
    {
      says: 'fails',
      line: new RegExp(
        `${HEAD.source}(?<reason>Hard time limit \\([\\d.]{1,12}s\\) exceeded) for (?<name>[\\w.-]{1,200})\\[(?<lane>[\\w.:-]{1,64})\\]`,
      ),
      alone: true,
    },
    {
      says: 'cancels',
      line: new RegExp(
        `${HEAD.source}Discarding revoked task: (?<name>[\\w.-]{1,200})\\[(?<lane>[\\w.:-]{1,64})\\]`,
      ),
    },
  ],
});
