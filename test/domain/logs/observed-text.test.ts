import * as assert from 'uvu/assert';
import type { Observation } from '../../../src/domain/logs/format.ts';
import { builtInFormats } from '../../../src/domain/logs/formats/registry.ts';
import { advance, emptyLedger } from '../../../src/domain/logs/ledger.ts';
import { observedText, shownObservation } from '../../../src/domain/logs/observed-text.ts';
import { logReader } from '../../../src/domain/logs/signals.ts';
import { suite } from '../../support/suite.ts';

const test = suite('observed text');

test('has no escapes, no control characters but tabs and line ends, and nothing that reverses it', () => {
  assert.is(
    observedText('\u001b[31mred\u001b[0m\u0000 \u009b2Jx\u0085\ttab\nnext\rline'),
    'red xtab\tnext'.replace('xtab\tnext', 'x\ttab\nnextline'),
  );
  assert.is(
    observedText('user\u202egnp.exe \u2066a\u2069 \ud800 😀 é'),
    'user\ufffdgnp.exe \ufffda\ufffd \ufffd 😀 é',
  );
  assert.is(observedText('plain (text) [1/4] 50%'), 'plain (text) [1/4] 50%');
});

test('is that of every text of an observation, and of nothing else', () => {
  const evil = 'a\u0000\u001b[31mb\u202e';
  const good = 'ab\ufffd';
  const seen: Observation = {
    key: evil,
    task_name: evil,
    task_type: 'build',
    status: 'running',
    current: 1,
    total: 4,
    description: evil,
    details: { phase: evil, error_message: `${evil}\n${evil}`, failed_resources: [evil] },
    metadata: { [evil]: { list: [evil, 1, null, { deep: evil }], flag: true } },
    started_at: 4,
    last_at: 5,
  };
  assert.equal(shownObservation(seen), {
    ...seen,
    task_name: good,
    description: good,
    details: { phase: good, error_message: `${good}\n${good}`, failed_resources: [good] },
    metadata: { [good]: { list: [good, 1, null, { deep: good }], flag: true } },
  });
  const { description: _description, metadata: _metadata, ...plain } = seen;
  assert.not('description' in shownObservation(plain));
  assert.not('metadata' in shownObservation(plain));
});

test('is all that a line of JSON brings into a task and its history', () => {
  const message = JSON.stringify({
    task_id: 't',
    task_name: 'report\u202ecod.exe',
    phase: 'r\u0007ed\u202e',
    progress: { current: 1, total: 2 },
  });
  const formats = new Map(builtInFormats.map((format) => [format.name, format]));
  const { ofStream, ofTask } = logReader(builtInFormats).read([{ id: 'a', timestamp: 1_000, message }]);
  const signals = ofTask.get('t') ?? ofStream;
  const [change] = advance(emptyLedger, signals, formats, { wholeTask: ofTask.size > 0 }).changes;
  assert.is(change?.observation.task_name, 'report\ufffdcod.exe');
  assert.is(change?.observation.details.phase, 'red\ufffd');
  assert.is(change?.points[0]?.phase, 'red\ufffd');
});

test.run();
