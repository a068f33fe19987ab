import * as assert from 'uvu/assert';
import { memoryChangeFeed } from '../../src/adapters/memory/change-feed.ts';
import { memoryClock } from '../../src/adapters/memory/clock.ts';
import { memoryLogger } from '../../src/adapters/memory/logger.ts';
import { systemSleep } from '../../src/adapters/system/sleep.ts';
import { unavailable } from '../../src/domain/errors.ts';
import type { Change, ChangeFeed } from '../../src/ports/change-feed.ts';
import { type EventService, type EventSignal, eventService } from '../../src/services/events.ts';
import { rejects, suite } from '../support/suite.ts';

const test = suite('Event service');

const change = (version: number, changes: Partial<Change> = {}): Change => ({
  kind: 'task',
  action: 'saved',
  id: `t${version % 3}`,
  project_id: `p${version % 2}`,
  version,
  body: JSON.stringify({ version }),
  ...changes,
});

const open = (capacity = 10_000) => {
  const clock = memoryClock();
  const feed = memoryChangeFeed({ clock, capacity });
  return {
    clock,
    feed,
    events: eventService({
      changeFeed: feed,
      steadyClock: clock,
      logger: memoryLogger(),
      sleep: systemSleep(),
    }),
  };
};

/** Subscribes and records, until it is stopped. */
const listen = async (
  events: EventService,
  query: Readonly<{ since?: string; project_id?: string; task_id?: string }> = {},
) => {
  const stopped = new AbortController();
  const signals: EventSignal[] = [];
  const stream = await events.subscribe({ ...query, signal: stopped.signal });
  let wake = () => {};
  const done = (async () => {
    for await (const signal of stream) {
      signals.push(signal);
      wake();
    }
  })();
  const entries = () => signals.flatMap((signal) => (signal.type === 'entries' ? signal.entries : []));
  const until = async (holds: () => boolean) => {
    while (!holds())
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
  };
  return {
    signals,
    entries,
    versions: () => entries().map((entry) => entry.change.version),
    count: (count: number) => until(() => entries().length >= count),
    until,
    done,
    async stop() {
      stopped.abort();
      await done;
    },
  };
};

const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => from + index);

test('sends every change to every subscriber once, in order', async () => {
  const { feed, events } = open();
  const listeners = await Promise.all(range(1, 20).map(() => listen(events)));
  await Promise.all(listeners.map((one) => one.until(() => one.signals.length > 0)));
  for (const version of range(1, 50)) await feed.publish([change(version)]);
  await Promise.all(listeners.map((one) => one.count(50)));
  for (const one of listeners) {
    assert.equal(one.versions(), range(1, 50));
    assert.is(one.signals[0]?.type, 'start');
    await one.stop();
  }
});

test('resumes after any position without a gap or a duplicate, while changes continue', async () => {
  const { feed, events } = open();
  const first = await listen(events);
  await first.until(() => first.signals.length > 0);
  for (const version of range(1, 2_500)) {
    // Slower than the listener, so that it is not let go for its unread changes.
    if (version % 100 === 0) await new Promise((resolve) => setImmediate(resolve));
    await feed.publish([change(version)]);
  }
  await first.count(2_500);
  const positions = first.entries().map(({ position }) => position);
  const cuts = [0, 1, 700, 1_499, 1_500, 1_501, 2_498, 2_499];
  const resumed = await Promise.all(cuts.map((cut) => listen(events, { since: positions[cut] ?? '' })));
  for (const version of range(2_501, 2_600)) await feed.publish([change(version)]);
  for (const [index, one] of resumed.entries()) {
    const cut = cuts[index] ?? 0;
    await one.count(2_600 - cut - 1);
    assert.equal(one.versions(), range(cut + 2, 2_600), `behind change ${cut + 1}`);
    await one.stop();
  }
  await first.stop();
});

test('resumes after a time without subscribers', async () => {
  const { feed, events } = open();
  const start = await feed.position();
  await feed.publish(range(1, 3).map((version) => change(version)));
  const one = await listen(events, { since: start });
  await one.count(3);
  await feed.publish([change(4)]);
  await one.count(4);
  assert.equal(one.versions(), [1, 2, 3, 4]);
  await one.stop();
});

test('filters by project or task', async () => {
  const { feed, events } = open();
  const ofProject = await listen(events, { project_id: 'p1' });
  const ofTask = await listen(events, { task_id: 't0', project_id: 'p0' });
  await Promise.all([ofProject, ofTask].map((one) => one.until(() => one.signals.length > 0)));
  await feed.publish([
    ...range(1, 12).map((version) => change(version)),
    change(13, { kind: 'project', id: 'p1', project_id: 'p1' }),
  ]);
  await ofProject.count(7);
  await ofTask.count(2);
  assert.equal(ofProject.versions(), [1, 3, 5, 7, 9, 11, 13]);
  assert.equal(ofTask.versions(), [6, 12]);
  await ofProject.stop();
  await ofTask.stop();
});

test('sends a reset if the position is lost', async () => {
  const { feed, events } = open(50);
  const start = await feed.position();
  await feed.publish(range(1, 200).map((version) => change(version)));
  for (const since of [start, 'nonsense']) {
    const one = await listen(events, { since });
    await one.until(() => one.signals.length > 0);
    assert.equal(one.signals, [{ type: 'reset', position: await feed.position() }]);
    await one.stop();
  }
});

test('lets a listener go that leaves too much unread, and no other', async () => {
  const { feed, events } = open();
  const stopped = new AbortController();
  const slow = (await events.subscribe({ signal: stopped.signal }))[Symbol.asyncIterator]();
  await slow.next();
  const quick = await listen(events);
  await quick.until(() => quick.signals.length > 0);
  const body = JSON.stringify('x'.repeat(100_000));
  for (const version of range(1, 12)) {
    await feed.publish([change(version, { body })]);
    await quick.count(version);
  }
  assert.equal(await slow.next(), { done: true, value: undefined });
  assert.equal(quick.versions(), range(1, 12));
  await quick.stop();
});

test('ends at once when the signal aborts, and begins again afterwards', async () => {
  const { feed, events } = open();
  for (const version of [1, 2]) {
    const one = await listen(events);
    await one.until(() => one.signals.length > 0);
    await feed.publish([change(version)]);
    await one.count(1);
    await one.stop();
    assert.equal(one.versions(), [version]);
  }
});

test('does not begin without the feed, and does once it is back', async () => {
  const { clock, feed } = open();
  let down = true;
  const flaky: ChangeFeed = {
    ...feed,
    async position() {
      if (down) throw unavailable('The feed', new Error('refused'));
      return feed.position();
    },
  };
  const events = eventService({
    changeFeed: flaky,
    steadyClock: clock,
    logger: memoryLogger(),
    sleep: systemSleep(),
  });
  await rejects(listen(events), 'unavailable');
  await rejects(events.since({}), 'unavailable');
  down = false;
  const one = await listen(events);
  await one.until(() => one.signals.length > 0);
  await one.stop();
});

test('answers a poll with the new changes', async () => {
  const { feed, events } = open(50);
  const begin = await events.since({});
  assert.equal(begin, { entries: [], next: await feed.position(), reset: false, news: true });
  assert.is((await events.since({ since: begin.next })).news, false);
  await feed.publish(range(1, 4).map((version) => change(version)));
  const page = await events.since({ since: begin.next, project_id: 'p1' });
  assert.equal(
    page.entries.map(({ change: { version } }) => version),
    [1, 3],
  );
  assert.is(page.next, await feed.position());
  await feed.publish(range(5, 100).map((version) => change(version)));
  const lost = await events.since({ since: begin.next });
  assert.equal(lost, { entries: [], next: await feed.position(), reset: true, news: true });
});

test('answers many changes in several parts', async () => {
  const { feed, events } = open();
  const begin = await feed.position();
  const body = JSON.stringify('x'.repeat(300_000));
  await feed.publish(range(1, 10).map((version) => change(version, { body })));
  const versions: number[] = [];
  for (let next = begin, requested = 0; ; requested += 1) {
    const page = await events.since({ since: next });
    if (!page.news) break;
    assert.ok(page.entries.length <= 3 && requested < 10);
    versions.push(...page.entries.map((entry) => entry.change.version));
    next = page.next;
  }
  assert.equal(versions, range(1, 10));
});

test.run();
