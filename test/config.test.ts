import * as assert from 'uvu/assert';
import { readConfig } from '../src/config.ts';
import { suite } from './support/suite.ts';

const failure = (env: Record<string, string>): string => {
  try {
    readConfig(env);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  return '';
};

const test = suite('Configuration');

test('nothing set is a laptop', () => {
  const config = readConfig({});
  assert.is(config.backend, 'local');
  assert.is(config.taskStore, 'embedded');
  assert.is(config.host, '127.0.0.1');
  assert.is(config.port, 8787);
  assert.is(config.dataDir, '.miyabi');
  assert.ok(Object.isFrozen(config));
});

test('a preset picks every port, and one port can be another', () => {
  const config = readConfig({ MIYABI_BACKEND: 'aws', REDIS_ENDPOINT: 'cache.internal', FEED: 'memory' });
  assert.equal(
    [config.taskStore, config.cache, config.logSource, config.feed],
    ['dynamodb', 'redis', 'cloudwatch', 'memory'],
  );
});

test('aws without a Redis has no cache rather than a broken one', () => {
  assert.is(readConfig({ MIYABI_BACKEND: 'aws' }).cache, 'none');
  assert.match(failure({ MIYABI_BACKEND: 'aws', CACHE: 'redis' }), 'REDIS_ENDPOINT');
});

test('an empty variable is one that is not set', () => {
  assert.is(readConfig({ PORT: '' }).port, 8787);
});

for (const [name, value, reason] of [
  ['MIYABI_BACKEND', 'nonsense', 'must be one of memory, local, aws'],
  ['PORT', '99999', 'whole number from 0 to 65535'],
  ['PORT', '80a', 'whole number'],
  ['LOG_LEVEL', 'loud', 'must be one of'],
  ['MIYABI_PRIME', 'store', 'must be one of all, cache, none'],
  ['DYNAMODB_ENDPOINT', 'localhost:8000', 'http'],
  ['REDIS_TLS', 'maybe', 'must be one of'],
  ['MIYABI_PROJECT_RULES', '{', 'JSON array'],
  ['MIYABI_SECRET', 'short', 'at least 16'],
] as const) {
  test(`${name}=${value} is refused by name and reason`, () => {
    const message = failure({ [name]: value });
    assert.match(message, name);
    assert.match(message, reason);
  });
}

test('every wrong variable is named at once', () => {
  const message = failure({ PORT: 'x', LOG_LEVEL: 'y' });
  assert.match(message, 'PORT');
  assert.match(message, 'LOG_LEVEL');
});

test('traces are sent where a standard variable asks for it, and no value of another program ends the start', () => {
  const endpoint = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318' };
  const usual = { exporter: 'otlp', protocol: 'http/protobuf', endpoint: 'http://collector:4318' };
  for (const [env, otlp] of [
    [{}, undefined],
    [endpoint, usual],
    [{ ...endpoint, OTEL_SDK_DISABLED: 'TRUE' }, undefined],
    [{ ...endpoint, OTEL_SDK_DISABLED: 'no' }, usual],
    [{ ...endpoint, OTEL_TRACES_EXPORTER: 'none' }, undefined],
    [{ OTEL_TRACES_EXPORTER: 'otlp' }, { ...usual, endpoint: 'http://localhost:4318' }],
    [
      { ...endpoint, OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'https://traces/v1/traces' },
      { ...usual, endpoint: 'https://traces/v1/traces' },
    ],
    [
      { ...endpoint, OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc', OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: 'http/json' },
      { ...usual, protocol: 'http/json' },
    ],
  ] as const)
    assert.equal(readConfig(env).otlp, otlp, JSON.stringify(env));
});

test.run();
