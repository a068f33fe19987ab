import * as fc from 'fast-check';
import * as assert from 'uvu/assert';
import type { Json } from '../../../src/domain/json.ts';
import { builtInFormats } from '../../../src/domain/logs/formats/registry.ts';
import { logParser, type TaskShelf } from '../../../src/domain/logs/parse.ts';
import { repeats, suite } from '../../support/suite.ts';

/** A shelf that keeps texts, as a file does. */
const textShelf = (): TaskShelf & Readonly<{ size(): number }> => {
  const kept = new Map<string, string>();
  const parsed = (text: string): Json => JSON.parse(text);
  return {
    put: (id, task) => void kept.set(id, JSON.stringify(task)),
    find: (id) => (kept.has(id) ? parsed(kept.get(id) ?? '') : undefined),
    *all() {
      for (const [id, task] of kept) yield { id, task: parsed(task) };
    },
    size: () => kept.size,
  };
};

const lineOf = (report: Readonly<Record<string, unknown>>): string => JSON.stringify(report);

const anyReport = fc.record(
  {
    task_id: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f'),
    status: fc.constantFrom('pending', 'running', 'started', 'completed', 'failed', 'waiting', 'odd'),
    phase: fc.constantFrom('plan', 'build'),
    message: fc.constantFrom('one', 'two', 'three'),
    error: fc.constantFrom('no such file', 'refused'),
    task_name: fc.constantFrom('Import', 'Export'),
    progress: fc.record({ current: fc.integer({ min: 0, max: 5 }), total: fc.constant(5) }),
    failed: fc.integer({ min: 0, max: 3 }),
  },
  { requiredKeys: ['task_id'] },
);
const anyLine = fc.oneof(
  { weight: 8, arbitrary: anyReport.map(lineOf) },
  fc.constantFrom('Processing 3/10', 'Shop: deploying... [1/1]', 'nothing'),
);

const test = suite('parsing a log');

test('tasks that were on a shelf in between are those that stayed in memory', () => {
  fc.assert(
    fc.property(
      fc.array(anyLine, { maxLength: 60 }),
      fc.integer({ min: 1, max: 4 }),
      (lines, maxInMemory) => {
        const inMemory = logParser(builtInFormats);
        const shelved = logParser(builtInFormats, { shelf: textShelf(), maxInMemory });
        for (const line of lines) {
          inMemory.add([line]);
          shelved.add([line]);
        }
        const named = [...inMemory.tasksAtEnd()].filter(({ task_id }) => task_id !== undefined);
        const others = [...inMemory.tasksAtEnd()].filter(({ task_id }) => task_id === undefined);
        const found = [...shelved.tasksAtEnd()];
        assert.equal(
          found.filter(({ task_id }) => task_id !== undefined),
          named,
        );
        assert.equal(
          found.filter(({ task_id }) => task_id === undefined),
          others,
        );
      },
    ),
    { numRuns: repeats({ few: 20, all: 300 }) },
  );
});

test('no more tasks stay in memory than are allowed', () => {
  const shelf = textShelf();
  const parser = logParser(builtInFormats, { shelf, maxInMemory: 10 });
  for (let task = 0; task < 50; task += 1) parser.add([lineOf({ task_id: `t${task}`, status: 'running' })]);
  assert.is(shelf.size(), 40);
  assert.equal(
    parser.tasks().map(({ task_id }) => task_id),
    Array.from({ length: 50 }, (_, task) => `t${task}`),
  );
});

test('a failure of make is that of its own build, or else of the counter that it ran', () => {
  const endsOf = (...lines: readonly string[]) => {
    const parser = logParser(builtInFormats);
    parser.add(lines);
    return [...parser.tasksAtEnd()].map(
      ({ run: { key, status, details } }) => `${key} ${status}: ${details.error_message ?? ''}`,
    );
  };
  const failure = 'make: *** [Makefile:3: test] Error 1';
  assert.equal(endsOf('[1/3] lint', '[2/3] build', '[3/3] test', failure), [
    `plain/plain#1 failed: ${failure}`,
  ]);
  assert.equal(endsOf('[1/2] lint', 'app.c:3:1: error: no such type', failure), [
    `plain/plain#1 failed: ${failure}`,
  ]);
  assert.equal(endsOf('[ 50%] Building C object app.o', failure), [`ninja/ninja#1 failed: ${failure}`]);
  assert.equal(endsOf(failure), []);
});

test.run();
