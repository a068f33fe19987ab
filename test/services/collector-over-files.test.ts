import * as assert from 'uvu/assert';
import { fileLogSource } from '../../src/adapters/file/log-source.ts';
import { builtInFormats } from '../../src/domain/logs/formats/registry.ts';
import { logParser } from '../../src/domain/logs/parse.ts';
import { RECORDINGS } from '../domain/logs/recorded.ts';
import { openLogFolder } from '../support/log-folder.ts';
import { suite } from '../support/suite.ts';
import { memoryPorts, system } from '../support/system.ts';
import { allPages } from '../support/tasks.ts';

const test = suite('Collector over a log folder');

/** What a log says if it is read from its beginning to its end. */
const reasonsIn = (lines: readonly string[]): readonly (string | undefined)[] => {
  const parser = logParser(builtInFormats);
  parser.add(lines.filter((line) => line.trim() !== ''));
  return parser
    .tasks()
    .map(({ run }) => run.details.error_message)
    .toSorted();
};

/** A log that is collected while it is written. */
const openWorld = async () => {
  const folder = await openLogFolder();
  const ports = memoryPorts();
  /** A process that collects: its memory is lost when it ends. */
  const start = () => {
    const source = fileLogSource({ directory: folder.directory, clock: ports.clock });
    return system({ ...ports, source: Object.assign(ports.source, source) });
  };
  let running = await start();
  return {
    ports,
    async write(lines: readonly string[]): Promise<void> {
      ports.clock.advance(10_000);
      await folder.append('builds/one.log', lines.map((line) => `${line}\n`).join(''));
      await folder.changedAt('builds/one.log', ports.clock.now() - 5_000);
    },
    async collect(): Promise<void> {
      const { groups } = await running.collector.collect({});
      assert.equal(
        groups.map(({ status, problems }) => [status, problems]),
        [['collected', []]],
      );
    },
    async restart(): Promise<void> {
      running = await start();
    },
    async reasons(): Promise<readonly (string | undefined)[]> {
      return (await allPages(ports.tasks, { limit: 100 }))
        .map(({ details }) => details.error_message)
        .toSorted();
    },
    close: folder.close,
  };
};

/** One of so many is not slow. */
const OFTEN = 6;

const failing = RECORDINGS.filter(({ expected }) =>
  expected.some(({ error_message }) => error_message !== undefined),
);
for (const [index, { name, lines }] of failing.entries()) {
  const often = index % OFTEN === 0 ? test : test.slow;
  often(`${name} gives the same reasons as in one piece, also if pages are read again`, async () => {
    const world = await openWorld();
    try {
      const half = Math.ceil(lines.length / 2);
      for (const part of [lines.slice(0, half), lines.slice(half)]) {
        await world.write(part);
        await world.collect();
      }
      assert.equal(await world.reasons(), reasonsIn(lines));
      await world.ports.checkpoints.remove('source#builds');
      await world.restart();
      await world.collect();
      assert.equal(await world.reasons(), reasonsIn(lines), 'all of it again, by another process');
    } finally {
      await world.close();
    }
  });
}

test('a reason that is written after a pause is found', async () => {
  const world = await openWorld();
  try {
    for (const line of ['> mocha', '  1 failing', '  1) cart closes:', '     TypeError: x is no function']) {
      await world.write([line]);
      await world.collect();
    }
    assert.equal(await world.reasons(), ['TypeError: x is no function']);
  } finally {
    await world.close();
  }
});

test.run();
