import * as assert from 'uvu/assert';
import { fingerprint } from '../../src/domain/ids.ts';
import { suite } from '../support/suite.ts';

const test = suite('fingerprints');

test('are those of earlier releases, which stores hold: else a post that is sent again would count twice', () => {
  assert.equal(
    [[], [''], ['a', 'bc'], ['ab', 'c'], ['1790000000000', 'INFO done'], ['Grüße 🚀'], ['\uffff']].map(
      (parts) => fingerprint(...parts),
    ),
    [
      '0ztntfp0d6cn63',
      '0xrg5zi0h7h8lj',
      '1ys8n8r0qnv4oc',
      '0lrltoh1z0k84q',
      '1omxp4s1mhwys0',
      '0jz8oh21doqk7n',
      '0hc9b4z14ryzxf',
    ],
  );
});

test.run();
