import * as assert from 'uvu/assert';
import type { Observation } from '../../../src/domain/logs/format.ts';
import { observedText, shownObservation } from '../../../src/domain/logs/observed-text.ts';
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

test.run();
