import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { singleFlight } from '../../src/services/single-flight.ts';
import { rejects } from '../support/contract.ts';

const test = suite('singleFlight');

/** Runs that end when they are told to. */
const runs = () => {
  const ends: ((value: number) => void)[] = [];
  return { ends, run: () => new Promise<number>((resolve) => ends.push(resolve)) };
};

test('runs once for all who ask at the same time, and again for who comes later', async () => {
  const flight = singleFlight<number>();
  const { ends, run } = runs();
  const asked = Array.from({ length: 50 }, () => flight('a', run));
  assert.is(ends.length, 1);
  ends[0]?.(1);
  assert.equal(new Set(await Promise.all(asked)), new Set([1]));
  const later = flight('a', run);
  assert.is(ends.length, 2);
  ends[1]?.(2);
  assert.is(await later, 2);
});

test('keeps keys apart', async () => {
  const flight = singleFlight<number>();
  const { ends, run } = runs();
  const asked = [flight('a', run), flight('b', run)];
  ends[1]?.(2);
  ends[0]?.(1);
  assert.equal(await Promise.all(asked), [1, 2]);
});

test('fails everybody who waits, and nobody later', async () => {
  const flight = singleFlight<number>();
  const fails = () => Promise.reject(new Error('no'));
  const asked = [flight('a', fails), flight('a', fails)];
  for (const one of asked) assert.is((await rejects(one)).message, 'no');
  assert.is(await flight('a', async () => 3), 3);
});

test.run();
