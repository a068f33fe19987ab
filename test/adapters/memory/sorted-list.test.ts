import fc from 'fast-check';
import * as assert from 'uvu/assert';
import { sortedList } from '../../../src/adapters/memory/sorted-list.ts';
import { memoryTaskStore } from '../../../src/adapters/memory/task-store.ts';
import { suite } from '../../support/suite.ts';
import { aTask } from '../../support/tasks.ts';

const test = suite('sortedList');

const numbers = () => sortedList<number, number>((a, b) => a - b);

test('holds what was added and not removed, in order, from any position', () => {
  const steps = fc.array(fc.tuple(fc.boolean(), fc.integer({ min: 0, max: 40 })), { maxLength: 200 });
  fc.assert(
    fc.property(steps, fc.integer({ min: -1, max: 41 }), (given, position) => {
      const list = numbers();
      const model = new Set<number>();
      for (const [add, value] of given) {
        if (!add) list.remove(value);
        else if (!model.has(value)) list.add(value);
        if (add) model.add(value);
        else model.delete(value);
      }
      const expected = [...model].toSorted((a, b) => a - b);
      assert.equal([...list.after()], expected);
      assert.equal(
        [...list.after(position)],
        expected.filter((value) => value > position),
      );
      assert.is(list.size, expected.length);
    }),
  );
});

test('stays in order over many buckets, filled from either end and emptied again', () => {
  const list = numbers();
  for (let value = 0; value < 3000; value += 1) list.add(value % 2 === 0 ? value : -value);
  const all = [...list.after()];
  assert.equal(
    all,
    all.toSorted((a, b) => a - b),
  );
  assert.is(all.length, 3000);
  assert.equal([...list.after(2989)], [2990, 2992, 2994, 2996, 2998]);
  for (const value of all) list.remove(value);
  assert.equal([...list.after()], []);
});

test.slow(
  'a page of 100 costs the same with 200 and with 20,000 tasks stored, within a factor of ten',
  async () => {
    const pageTime = async (count: number) => {
      const store = memoryTaskStore();
      for (let index = 0; index < count; index += 1) await store.save(aTask(`t${index}`, {}, index));
      const times: number[] = [];
      for (let run = 0; run < 15; run += 1) {
        const before = process.cpuUsage();
        assert.is((await store.list({ limit: 100 })).items.length, 100);
        const { user, system } = process.cpuUsage(before);
        times.push((user + system) / 1_000);
      }
      return Math.min(...times);
    };
    const few = await pageTime(200);
    const many = await pageTime(20_000);
    assert.ok(many < few * 10 + 0.5, `${few} ms, ${many} ms`);
  },
);

test.run();
