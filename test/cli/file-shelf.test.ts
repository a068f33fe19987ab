import { readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as assert from 'uvu/assert';
import { fileShelf } from '../../src/cli/commands/file-shelf.ts';
import { suite } from '../support/suite.ts';

const test = suite('a shelf in a file');

test('finds what was put last under an id, also among thousands', () => {
  const shelf = fileShelf();
  try {
    const ids = Array.from({ length: 5_000 }, (_, index) => `task-${index}`);
    for (const id of ids) shelf.put(id, { id, text: 'ä'.repeat(500) });
    for (const id of ids.slice(0, 1_000)) shelf.put(id, { id, changed: true });
    assert.equal(shelf.find('task-999'), { id: 'task-999', changed: true });
    assert.equal(shelf.find('task-1000'), { id: 'task-1000', text: 'ä'.repeat(500) });
    assert.is(shelf.find('task-5000'), undefined);
    const all = [...shelf.all()];
    assert.equal(
      all.map(({ id }) => id),
      ids,
    );
    assert.equal(all[0]?.task, { id: 'task-0', changed: true });
    assert.equal(all[4_999]?.task, { id: 'task-4999', text: 'ä'.repeat(500) });
  } finally {
    shelf.close();
  }
});

test('a task may be larger than what is written at once', () => {
  const shelf = fileShelf();
  try {
    shelf.put('small', 1);
    shelf.put('large', 'x'.repeat(3_000_000));
    shelf.put('last', 2);
    assert.is(shelf.find('large'), 'x'.repeat(3_000_000));
    assert.equal(
      [...shelf.all()].map(({ id }) => id),
      ['small', 'large', 'last'],
    );
    assert.is(shelf.find('small'), 1);
    assert.is(shelf.find('last'), 2);
  } finally {
    shelf.close();
  }
});

test('ids of the same hash are kept separate', () => {
  const shelf = fileShelf();
  try {
    // Both have 1582148253 by FNV-1a.
    shelf.put('costarring', 'first');
    assert.is(shelf.find('liquid'), undefined);
    shelf.put('liquid', 'second');
    assert.is(shelf.find('costarring'), 'first');
    assert.is(shelf.find('liquid'), 'second');
  } finally {
    shelf.close();
  }
});

test('leaves no file behind, and makes none before it is needed', () => {
  const folders = () =>
    readdirSync(tmpdir()).filter((name) => name.startsWith(`miyabi-parse-${process.pid}-`));
  const unused = fileShelf();
  assert.equal([...unused.all()], []);
  assert.equal(folders(), []);
  const shelf = fileShelf();
  shelf.put('task', 'x'.repeat(3_000_000));
  assert.is(folders().length, 1);
  shelf.close();
  unused.close();
  assert.equal(folders(), []);
});

test.run();
