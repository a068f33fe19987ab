import * as assert from 'uvu/assert';
import { memoryClock } from '../../../src/adapters/memory/clock.ts';
import { memoryTaskCache } from '../../../src/adapters/memory/task-cache.ts';
import { taskCacheContract, taskListCacheContract, trailingStoreContract } from '../../contracts/ports.ts';
import { breakable } from '../../support/down-cache.ts';
import { suite } from '../../support/suite.ts';
import { aTask } from '../../support/tasks.ts';

const open = () => {
  const clock = memoryClock();
  return { port: { cache: memoryTaskCache({ clock }), clock } };
};
taskCacheContract('memory', open);
taskListCacheContract('memory', open);
trailingStoreContract('memory', () => {
  const clock = memoryClock();
  return { port: { cache: memoryTaskCache({ clock, storeDelayMs: 5_000 }), clock } };
});

const test = suite('memoryTaskCache');

test('keeps no more than its capacity, the latest used', async () => {
  const cache = memoryTaskCache({ clock: memoryClock(), capacity: 3 });
  await cache.save([aTask('a'), aTask('b'), aTask('c')]);
  await cache.find('a');
  await cache.save([aTask('d')]);
  assert.is(await cache.find('b'), undefined);
  for (const id of ['a', 'c', 'd']) assert.is.not(await cache.find(id), undefined);
});

test('is empty while it is down, and has its data again afterwards', async () => {
  const cache = breakable(memoryTaskCache({ clock: memoryClock() }));
  await cache.save([aTask('a')]);
  cache.down = true;
  assert.is(await cache.find('a'), undefined);
  await cache.save([aTask('b')]);
  cache.down = false;
  assert.is.not(await cache.find('a'), undefined);
  assert.is(await cache.find('b'), undefined);
});

test('answers a page again as it is until something changes or its time is over', async () => {
  const clock = memoryClock();
  const cache = memoryTaskCache({ clock });
  const query = { limit: 10 };
  const { ticket } = await cache.page(query);
  assert.ok(ticket !== undefined);
  await cache.fill(ticket, { items: [aTask('a')] });
  const first = (await cache.page(query)).page;
  assert.equal(
    first?.items.map(({ task_id }) => task_id),
    ['a'],
  );
  assert.is((await cache.page(query)).page, first);
  await cache.save([aTask('b')]);
  assert.equal((await cache.page(query)).page?.items.length, 2);
  await cache.remove('a');
  assert.equal((await cache.page(query)).page?.items.length, 1);
  clock.advance(60_000);
  assert.is((await cache.page(query)).page, undefined);
});

test.run();
