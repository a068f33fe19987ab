import * as assert from 'uvu/assert';
import { unavailable } from '../../src/domain/errors.ts';
import { AttemptsFailed, attemptsOf, isWorthRetrying } from '../../src/domain/retry.ts';
import { suite } from '../support/suite.ts';

const test = suite('retry');

const named = (name: string, extra: object = {}): Error =>
  Object.assign(new Error('said so'), { name }, extra);
const coded = (code: string): Error => Object.assign(new Error('said so'), { code });
const status = (httpStatusCode: number): Error => named('SomeException', { $metadata: { httpStatusCode } });

test('what is throttled, timed out, cut off or the backend’s own trouble is worth another try', () => {
  const passing = [
    named('ThrottlingException'),
    named('ProvisionedThroughputExceededException'),
    named('ServiceUnavailableException'),
    named('TimeoutError'),
    coded('ECONNREFUSED'),
    coded('ECONNRESET'),
    coded('EAI_AGAIN'),
    status(500),
    status(503),
    status(429),
    Object.assign(new AggregateError([coded('ECONNREFUSED')], ''), { code: 'ECONNREFUSED' }),
    unavailable('the log', named('TimeoutError')),
    new Error('outer', { cause: new Error('middle', { cause: coded('ETIMEDOUT') }) }),
  ];
  for (const error of passing) assert.ok(isWorthRetrying(error), String(error));
});

test('what would fail the same way again is not', () => {
  const lasting = [
    named('AccessDeniedException'),
    named('ResourceNotFoundException', { $metadata: { httpStatusCode: 400 } }),
    named('InvalidParameterException'),
    named('ExpiredTokenException'),
    named('LimitExceededException'),
    named('AbortError'),
    new TypeError('undefined is not a function'),
    status(404),
    'ThrottlingException',
    undefined,
    null,
  ];
  for (const error of lasting) assert.not(isWorthRetrying(error), String(error));
});

test('a circle of causes ends', () => {
  const a = new Error('a');
  const b = new Error('b', { cause: a });
  a.cause = b;
  assert.not(isWorthRetrying(a));
});

test('what was tried can be read off an error, however it is wrapped', () => {
  const failed = new AttemptsFailed(5, 7000, named('ThrottlingException'));
  assert.equal(attemptsOf(unavailable('the log', failed)), { attempts: 5, waited_ms: 7000 });
  assert.is(attemptsOf(new Error('x')), undefined);
});

test.run();
