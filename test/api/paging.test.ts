import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type Api, withApi } from '../support/api.ts';

const test = suite('HTTP API: paging while others write');

const random = (seed: number) => () => {
  seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
  return seed / 2 ** 32;
};

const create = async ({ call }: Api, from: number, to: number, rest: object = {}): Promise<void> => {
  for (let start = from; start < to; start += 100) {
    const tasks = Array.from({ length: Math.min(100, to - start) }, (_, index) => ({
      task_id: `t${start + index}`,
      ...rest,
    }));
    const { json } = await call('POST', '/api/tasks:batch', { tasks });
    assert.ok(json.results.every(({ status }: { status: number }) => status === 201));
  }
};

type Walked = Readonly<{ ids: readonly string[]; pages: number; longest: number }>;

/** Walks through a list to its end; `meanwhile` runs beside every request. */
const walk = async (
  { call }: Api,
  query: string,
  meanwhile: (page: number) => Promise<unknown> = async () => undefined,
): Promise<Walked> => {
  const ids: string[] = [];
  let cursor = '';
  let longest = 0;
  for (let pages = 1; pages < 2_000; pages += 1) {
    const [answer] = await Promise.all([
      call('GET', `/api/tasks?${query}${cursor === '' ? '' : `&cursor=${cursor}`}`),
      meanwhile(pages),
    ]);
    assert.is(answer.status, 200, answer.text);
    ids.push(...answer.json.tasks.map(({ task_id }: { task_id: string }) => task_id));
    if (answer.json.next_cursor === null) return { ids, pages, longest };
    cursor = answer.json.next_cursor;
    longest = Math.max(longest, cursor.length);
  }
  throw new Error('the list has no end');
};

const onceEach = (ids: readonly string[], count: number): void => {
  const seen = new Map<string, number>();
  for (const id of ids) seen.set(id, (seen.get(id) ?? 0) + 1);
  const wrong = Array.from({ length: count }, (_, index) => `t${index}`)
    .map((id) => [id, seen.get(id) ?? 0] as const)
    .filter(([, times]) => times !== 1);
  assert.equal(wrong.slice(0, 10), [], `${wrong.length} of ${count} tasks`);
};

test(
  'gives each of 10,000 tasks once while another client creates and updates',
  withApi(async (api) => {
    await create(api, 0, 10_000);
    const next = random(11);
    let made = 10_000;
    const write = async () => {
      const jobs: Promise<unknown>[] = [];
      for (let count = 0; count < 12; count += 1) {
        const id = `t${Math.floor(next() * 10_000)}`;
        jobs.push(
          api.call('POST', `/api/tasks/${id}/progress`, { current: Math.floor(next() * 50), total: 100 }),
        );
        if (count % 4 === 0) {
          made += 1;
          jobs.push(api.call('POST', '/api/tasks', { task_id: `t${made}` }));
        }
        if (count % 3 === 0) await Promise.resolve();
      }
      await Promise.all(jobs);
    };
    const { ids, longest } = await walk(api, 'limit=100', write);
    onceEach(ids, 10_000);
    assert.ok(longest < 8_000, `a cursor of ${longest} characters`);
  }),
);

test(
  'gives each once in whatever order updates and pages come, however often a few are updated',
  withApi(async (api) => {
    await create(api, 0, 60, { project_id: 'p' });
    for (let seed = 1; seed <= 40; seed += 1) {
      const next = random(seed);
      const hot = Array.from({ length: 5 }, () => `t${Math.floor(next() * 60)}`);
      const updates = new Map<string, number>();
      const touch = async () => {
        for (let count = Math.floor(next() * 6); count > 0; count -= 1) {
          const id = next() < 0.5 ? (hot[Math.floor(next() * 5)] ?? 't0') : `t${Math.floor(next() * 60)}`;
          if ((updates.get(id) ?? 0) >= 14) continue;
          updates.set(id, (updates.get(id) ?? 0) + 1);
          const writing = api.call('PATCH', `/api/tasks/${id}`, { metadata: { seed, count: next() } });
          if (next() < 0.7) await writing;
          if (next() < 0.3) await new Promise((resolve) => setImmediate(resolve));
        }
      };
      const { ids } = await walk(api, `limit=${1 + Math.floor(next() * 9)}&project_id=p`, touch);
      onceEach(ids, 60);
      assert.is(ids.length, 60, `seed ${seed}`);
    }
  }),
);

test(
  'ends with the last page where nobody writes, newest update first',
  withApi(async (api) => {
    await create(api, 0, 30);
    await api.call('PATCH', '/api/tasks/t7', { priority: 'P0' });
    const { ids, pages } = await walk(api, 'limit=10');
    assert.equal([ids.length, pages, ids[0]], [30, 3, 't7']);
    assert.is((await walk(api, 'limit=100')).pages, 1);
  }),
);

/** An answer of a Lambda ends at 6 MB, as JSON in JSON. */
const MAX_ANSWER = 2_000_000;

test(
  'a page of large tasks is a shorter one, and leads on',
  withApi(async (api) => {
    const { call } = api;
    for (let index = 0; index < 60; index += 1) {
      const metadata = { text: String(index % 10).repeat(60_000) };
      await call('POST', '/api/tasks', { task_id: `t${index}`, metadata });
    }
    const first = await call('GET', '/api/tasks?limit=100');
    assert.ok(first.text.length < MAX_ANSWER, `${first.text.length} characters`);
    assert.ok(first.json.next_cursor);
    const { ids } = await walk(api, 'limit=100', async (page) => {
      if (page === 1) await call('PATCH', '/api/tasks/t3', { labels: { moved: 'yes' } });
    });
    onceEach(ids, 60);
  }),
);

test(
  'a page of a history with long messages is a shorter one, and leads on',
  withApi(async ({ call }) => {
    await call('POST', '/api/tasks', { task_id: 't' });
    const count = 600;
    for (let start = 0; start < count; start += 50) {
      const reports = Array.from({ length: 50 }, (_, index) => ({
        task_id: 't',
        current: 1,
        total: 9,
        timestamp: start + index,
        message: 'x'.repeat(4_096),
      }));
      await call('POST', '/api/tasks:progress', { reports });
    }
    const times: string[] = [];
    let cursor = '';
    do {
      const answer = await call('GET', `/api/tasks/t/history?limit=1000&to=${count}${cursor}`);
      assert.ok(answer.text.length < MAX_ANSWER, `${answer.text.length} characters`);
      times.push(...answer.json.history.map(({ timestamp }: { timestamp: string }) => timestamp));
      const { next_cursor: next } = answer.json;
      cursor = next === null ? '' : `&cursor=${next}`;
    } while (cursor !== '');
    assert.equal([times.length, new Set(times).size], [count, count]);
  }),
);

test.run();
