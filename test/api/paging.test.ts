import * as assert from 'uvu/assert';
import { memoryClock } from '../../src/adapters/memory/clock.ts';
import { type Api, withApi } from '../support/api.ts';
import { repeats, suite } from '../support/suite.ts';

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

/** A test whose clock stands still until it is moved. */
const withClock = (run: (api: Api, clock: ReturnType<typeof memoryClock>) => unknown) => async () => {
  const clock = memoryClock();
  await withApi((api) => run(api, clock), {}, {}, { clock })();
};

type Paged = Readonly<{ ids: readonly string[]; pages: number }>;

/** Every page of a list; `meanwhile` runs beside every request. */
const allPages = async (
  { call }: Api,
  query: string,
  meanwhile: (page: number) => Promise<unknown> = async () => undefined,
  from = '',
): Promise<Paged> => {
  const ids: string[] = [];
  let cursor = from;
  for (let pages = 1; pages < 2_000; pages += 1) {
    const [answer] = await Promise.all([
      call('GET', `/api/tasks?${query}${cursor === '' ? '' : `&cursor=${cursor}`}`),
      meanwhile(pages),
    ]);
    assert.is(answer.status, 200, answer.text);
    ids.push(...answer.json.tasks.map(({ task_id }: { task_id: string }) => task_id));
    if (answer.json.next_cursor === null) return { ids, pages };
    cursor = answer.json.next_cursor;
  }
  throw new Error('the list has no end');
};

test(
  'gives no task twice, and each that stays as it is once, while another client creates and updates',
  withApi(async (api) => {
    const count = repeats({ few: 500, all: 2_000 });
    await create(api, 0, count);
    const next = random(11);
    const touched = new Set<string>();
    let made = count;
    const write = async () => {
      const jobs: Promise<unknown>[] = [];
      for (let job = 0; job < 12; job += 1) {
        const id = `t${Math.floor(next() * count)}`;
        touched.add(id);
        const report = { current: Math.floor(next() * 50), total: 100 };
        jobs.push(api.call('POST', `/api/tasks/${id}/progress`, report));
        if (job % 4 === 0) {
          jobs.push(api.call('POST', '/api/tasks', { task_id: `t${made}` }));
          made += 1;
        }
        if (job % 3 === 0) await Promise.resolve();
      }
      await Promise.all(jobs);
    };
    const { ids, pages } = await allPages(api, 'limit=50', write);
    assert.ok(
      pages >= count / 67 && touched.size > count / 7,
      `${pages} pages, ${touched.size} tasks updated`,
    );
    assert.is(new Set(ids).size, ids.length, 'no task twice');
    const given = new Set(ids);
    const missing = Array.from({ length: count }, (_, index) => `t${index}`).filter((id) => !given.has(id));
    assert.equal(
      missing.filter((id) => !touched.has(id)),
      [],
      'every task that stayed as it was',
    );
  }),
);

test(
  'a task that is updated before its page is read is missing from the rest of the pages, and in updated_since',
  withClock(async (api, clock) => {
    await create(api, 0, 30);
    const first = await api.call('GET', '/api/tasks?limit=10');
    const began = clock.now();
    clock.advance(1_000);
    const behind = (await allPages(api, 'limit=100')).ids[25] ?? '';
    await api.call('PATCH', `/api/tasks/${behind}`, { priority: 'P0' });
    const rest = await allPages(api, 'limit=10', undefined, first.json.next_cursor);
    assert.not(rest.ids.includes(behind));
    assert.is(rest.ids.length, 19);
    assert.equal((await allPages(api, `limit=10&updated_since=${began + 1}`)).ids, [behind]);
  }),
);

test(
  'is newest update first, and ends with the last page',
  withClock(async (api, clock) => {
    await create(api, 0, 30);
    clock.advance(1);
    await api.call('PATCH', '/api/tasks/t7', { priority: 'P0' });
    const { ids, pages } = await allPages(api, 'limit=10');
    assert.equal([ids.length, pages, ids[0]], [30, 3, 't7']);
    assert.is((await allPages(api, 'limit=100')).pages, 1);
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
    const { ids } = await allPages(api, 'limit=100', async (page) => {
      if (page === 1) await call('PATCH', '/api/tasks/t59', { labels: { moved: 'yes' } });
    });
    assert.equal([ids.length, new Set(ids).size], [60, 60]);
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
