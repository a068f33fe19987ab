import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { inShort, play } from '../domain/logs/formats/play.ts';
import { suite } from '../support/suite.ts';
import { fencesOf, ROOT, read } from './fences.ts';
import { photos } from './photos.ts';

const test = suite('The example of a format in docs/log-formats.md');

const fences = fencesOf('docs/log-formats.md');
const example = fences.findIndex(({ note }) => note.includes('format-example'));

test('is the one that is tested here', () => {
  const tested = read('test/docs/photos.ts').replace('../../src/domain/logs/formats/', './');
  assert.is(fences[example]?.text, tested, join(ROOT, 'test/docs/photos.ts'));
});

test('reads the log above it', () => {
  const log = fences[example - 1]?.text ?? '';
  assert.equal(inShort(photos, log), ['photos#1 failed 3/3']);
  const [run] = play(photos, log);
  assert.is(run?.failed, 1);
  assert.equal(run?.details.failed_resources, ['sunset.jpg']);
  assert.is(run?.details.error_message, 'paper jam');
  const unfinished = log.split('\n').slice(0, 3).join('\n');
  assert.equal(inShort(photos, unfinished), ['photos#1 running 1/3']);
});

test.run();
