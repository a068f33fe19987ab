import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { fixture, told } from './read-cdk.ts';

const test = suite('CDK logs');

const FIXTURES: Readonly<Record<string, readonly string[]>> = {
  'v1-create': ['Shop create completed 3/4 CREATE_COMPLETE -'],
};

for (const [name, expected] of Object.entries(FIXTURES)) {
  test(name, () => assert.equal(told(fixture(name)), expected));
}

test.run();
