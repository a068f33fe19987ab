import * as assert from 'uvu/assert';
import { suite } from '../support/suite.ts';
import { memoryPorts, system } from '../support/system.ts';

/** A system whose store takes that long to write a task. */
const slow = (ms: number) => {
  const ports = memoryPorts();
  const save: typeof ports.tasks.save = async (task) => {
    await ports.tasks.save(task);
    ports.clock.advance(ms);
  };
  return system({ ...ports, tasks: { ...ports.tasks, save } });
};

const test = suite('Task writer');

test('what the cache keeps of a write ends a minute after the write began', async () => {
  const { tasks, ports } = await slow(40_000);
  await tasks.create({ task_id: 'a' });
  ports.clock.advance(19_999);
  assert.is(typeof (await ports.cache.find('a')), 'object');
  ports.clock.advance(1);
  assert.is(await ports.cache.find('a'), undefined);
});

test('a write that took a minute is not kept by the cache', async () => {
  const { tasks, ports } = await slow(60_000);
  await tasks.create({ task_id: 'a' });
  assert.is(await ports.cache.find('a'), undefined);
  assert.is((await ports.tasks.find('a'))?.version, 1);
});

test.run();
