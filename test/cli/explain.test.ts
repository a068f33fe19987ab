import * as assert from 'uvu/assert';
import { builtInFormats } from '../../src/domain/logs/formats/registry.ts';
import { splitLines } from '../../src/domain/logs/lines.ts';
import { SAMPLES } from '../domain/logs/samples.ts';
import { MIYABI, run } from '../support/cli.ts';
import { suite } from '../support/suite.ts';

const test = suite('miyabi parse --explain');

type Explained = Readonly<{
  line: number;
  text: string;
  signals: readonly Readonly<{ format: string; signal: unknown }>[];
}>;

test('names the format of the lines of every tool, and what it took of them', async () => {
  const lines = SAMPLES.flatMap((sample) =>
    sample.lines.flatMap((line) => splitLines(line).map((text) => ({ sample, text }))),
  );
  const { stdout, code } = await run([...MIYABI, 'parse', '--explain', '--json'], {
    input: lines.map(({ text }) => `${text}\n`).join(''),
  });
  assert.is(code, 0);
  const explained = stdout
    .trim()
    .split('\n')
    .map((line): Explained => JSON.parse(line));
  assert.is(explained.length, lines.length);
  const named = new Map<string, number>();
  for (const [index, { line, signals }] of explained.entries()) {
    assert.is(line, index + 1);
    const own = lines[index]?.sample.run.split('/')[0] ?? '';
    for (const { format, signal } of signals) {
      assert.ok(typeof signal === 'object' && signal !== null, `line ${line} of ${format} has a signal`);
      if (format === own) named.set(format, (named.get(format) ?? 0) + 1);
    }
  }
  assert.equal(
    builtInFormats.filter(({ name }) => !named.has(name)).map(({ name }) => name),
    [],
    'formats without lines of their own',
  );
});

test.run();
