import { spawnSync } from 'node:child_process';
import * as assert from 'uvu/assert';
import { frugalFlags } from '../../../src/cli/run/engine.ts';
import { suite } from '../../support/suite.ts';

const test = suite('the engine of a run');

test('this Node knows each flag', () => {
  const flags = frugalFlags(process.versions.node);
  // Node itself ends with 9 where a flag is not known.
  const { status, stderr } = spawnSync(process.execPath, [...flags, '-e', '0'], { encoding: 'utf8' });
  assert.equal([status, stderr], [0, '']);
});

test('a Node whose flags are not known gets none', () => {
  assert.equal(frugalFlags('99.0.0'), []);
  assert.ok(frugalFlags('20.20.2').length > 1);
});

test.run();
