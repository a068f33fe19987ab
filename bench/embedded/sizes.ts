import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import type { Context } from '../lib/benchmark.ts';
import { interleave } from '../lib/interleave.ts';
import { type Bound, type Comparison, ratio } from '../lib/report.ts';
import type { Runtime } from '../lib/runtimes.ts';
import { median } from '../lib/statistics.ts';
import { memoryOf } from '../server/process.ts';
import { fill, inFolder, post, type Running, startMiyabi } from './servers.ts';

const LINES = 100;
const SECOND = 1_000;
const HEAP =
  'about 45 MB of the heap are alive, to which V8 adds two fifths before it collects, and 16 MB for new objects; 50 MB are the program of Node itself; 60 MB belong to LevelDB and the threads, some of it freed but not returned to the system';
/** Milliseconds that the first page of a filter takes that nothing matches, each time with another text. */
const searchTimes = async (url: string, count: number): Promise<readonly number[]> => {
  const times: number[] = [];
  for (let index = 0; index < count; index += 1) {
    const began = performance.now();
    await (await fetch(`${url}/api/tasks?q=nothing-${index}`)).arrayBuffer();
    times.push(performance.now() - began);
  }
  return times;
};

/** Resident memory in each of some stretches of time, in MB, while requests come at a steady pace. */
const soak = async (
  { url, pid }: Running,
  { stretches, seconds, perSecond }: Readonly<{ stretches: number; seconds: number; perSecond: number }>,
): Promise<readonly number[]> => {
  const began = performance.now();
  const sizes: number[] = [];
  let count = 0;
  const one = async (): Promise<void> => {
    count += 1;
    if (count % 4 === 0) await (await fetch(`${url}/api/tasks?limit=100`)).arrayBuffer();
    else if (count % 4 === 1) await post(url, '/api/tasks', { task_id: `soak-${count}`, task_name: 'x' });
    else await post(url, `/api/tasks/t-${count % 500}/progress`, { current: count, total: 10_000_000 });
  };
  for (let stretch = 1; stretch <= stretches; stretch += 1) {
    const seen: number[] = [];
    while (performance.now() - began < stretch * seconds * SECOND) {
      const due = Math.ceil(((performance.now() - began) / SECOND) * perSecond) - count;
      await Promise.all(Array.from({ length: Math.max(1, due) }, one));
      if (performance.now() - began > (sizes.length * seconds + seen.length) * SECOND)
        seen.push(await memoryOf(pid));
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    sizes.push(median(seen));
  }
  return sizes;
};

/** Search, memory, disk, soak and start with much stored. */
export const compareSizes = (
  runtime: Runtime,
  { quick, goals, say }: Context,
): Promise<Readonly<{ comparisons: readonly Comparison[]; bounds: readonly Bound[] }>> =>
  inFolder(async (folder) => {
    const [tasks, lines, more] = quick ? [2_000, 20_000, 2_000] : [50_000, 1_000_000, 50_000];
    const task = (index: number) => ({
      task_id: `t-${index}`,
      task_name: `Deploy ${index}`,
      status: 'running',
    });
    const full = join(folder, 'full');
    say(`${tasks} tasks and ${lines} lines on ${runtime.name}`);
    let server = await startMiyabi(runtime, full);
    const post32 = (count: number, from: number) =>
      fill(count, (index) => post(server.url, '/api/tasks', task(from + index)));
    await post32(tasks, 0);
    const searches = await searchTimes(server.url, 20);
    const search: Comparison = {
      title: `First page of a filter that none of ${tasks} tasks matches`,
      unit: 'ms',
      runtime: runtime.name,
      baseline: 'miyabi',
      rows: [{ name: 'miyabi', samples: searches }],
    };
    const searchBound: Bound = {
      what: `first page of a filter without a match among ${tasks} tasks`,
      runtime: runtime.name,
      measured: median(searches),
      limit: 20,
      sense: 'at most',
      unit: 'ms',
    };
    if (goals) {
      await server.close();
      return { comparisons: [search], bounds: [searchBound] };
    }
    await fill(lines / LINES, (index) =>
      post(server.url, '/api/logs', {
        log_group: '/bench',
        log_stream: `s${index % 50}`,
        events: Array.from({ length: LINES }, (_, line) => ({
          timestamp: 1_790_000_000_000 + index * 1_000 + line,
          message:
            line === 0
              ? `[${index % 90}/100] compiling ${index}`
              : `INFO  request-${index}-${line} GET /api/orders answered 200`,
        })),
      }),
    );
    const memory = await memoryOf(server.pid);
    const disk = Number(execFileSync('du', ['-sk', full], { encoding: 'utf8' }).split('\t')[0]) / 1024;
    say('soak');
    const minutes = await soak(server, {
      stretches: quick ? 2 : 10,
      seconds: quick ? 5 : 60,
      perSecond: 80,
    });
    await post32(more, tasks);
    await server.close();
    const startOf = (path: string) => async () => {
      server = await startMiyabi(runtime, path);
      await server.close();
      return server.startMs;
    };
    const starts = await interleave(
      { empty: startOf(join(folder, 'empty')), full: startOf(full) },
      { rounds: quick ? 3 : 9, warmups: 1 },
    );
    const start: Comparison = {
      title: `Start of the server with ${tasks + more} tasks stored`,
      unit: 'ms',
      runtime: runtime.name,
      baseline: 'empty',
      rows: [
        { name: 'empty', samples: starts.empty },
        { name: 'full', samples: starts.full },
      ],
    };
    const growth = (minutes.at(-1) ?? Number.NaN) / (minutes[0] ?? Number.NaN);
    const size = `after ${tasks} tasks and ${lines} lines`;
    const bounds: readonly Bound[] = [
      {
        what: `resident memory ${size}`,
        runtime: runtime.name,
        measured: memory,
        limit: 150,
        sense: 'at most',
        unit: 'MB',
        note: HEAP,
      },
      {
        what: `disk ${size}`,
        runtime: runtime.name,
        measured: disk,
        limit: 150,
        sense: 'at most',
        unit: 'MB',
      },
      searchBound,
      {
        what: 'soak at 80 requests a second: resident memory, last minute of the first',
        runtime: runtime.name,
        measured: growth,
        limit: 1.1,
        sense: 'at most',
        unit: '×',
      },
      {
        what: `start with ${tasks + more} tasks, of an empty one`,
        runtime: runtime.name,
        measured: ratio(start, 'full', 'empty'),
        limit: 1.5,
        sense: 'at most',
        unit: '×',
      },
    ];
    return { comparisons: [search, start], bounds };
  });
