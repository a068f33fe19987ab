import { readFileSync } from 'node:fs';
import * as assert from 'uvu/assert';
import { CACHE_CHOICES } from '../../deploy/config.ts';
import { lossesOf, type Resources, statefulOf } from '../../deploy/stateful.ts';
import { SHARD_STEPS } from '../../src/adapters/dynamodb/task-shards.ts';
import { synthesise } from '../support/stack.ts';
import { suite } from '../support/suite.ts';

/** What the last release keeps data in, as `deploy/scripts/record-release.ts` wrote it down. */
const released = (cache: string): Resources =>
  JSON.parse(readFileSync(new URL(`../../deploy/released/${cache}.json`, import.meta.url), 'utf8'));

const current = (options: Readonly<Record<string, unknown>>): Resources =>
  synthesise(options, { nag: false }).resources;

/** A copy of the resources with one of them changed. */
const changed = (resources: Resources, id: string, change: (properties: Record<string, unknown>) => void) => {
  const copy = structuredClone(resources) as Record<
    string,
    { Type: string; Properties: Record<string, unknown> }
  >;
  const resource = copy[id];
  if (resource === undefined) throw new Error(`there is no ${id}`);
  change(resource.Properties);
  return copy;
};

const idOf = (resources: Resources, type: string): string => {
  const found = Object.entries(resources).find(([, { Type }]) => Type === type);
  if (found === undefined) throw new Error(`there is no ${type}`);
  return found[0];
};

const test = suite('upgrade');

for (const cache of CACHE_CHOICES) {
  const often = cache === 'node' ? test : test.slow;
  often(`${cache}: an update of the last release replaces and removes nothing that holds data`, () => {
    assert.equal(lossesOf(released(cache), current({ cache })), []);
  });
}

test.slow('other options replace nothing either', () => {
  const options = {
    corsOrigins: 'https://watch.example.org',
    alarmEmail: 'ops@example.org',
    tracing: true,
    retentionDays: 90,
    requestsPerSecond: 500,
    apiKeysVersion: 7,
    sources: '/aws/codebuild/shop',
    apiMemory: 512,
    collectorConcurrency: 20,
    now: true,
  };
  assert.equal(lossesOf(released('node'), current({ cache: 'node', ...options })), []);
});

test.slow('another password of the cache replaces neither the cache nor its user', () => {
  const cachePasswordVersion = '0e4c2b3a-5f6d-4a7b-8c9d-0123456789ab';
  for (const cache of ['node', 'serverless'])
    assert.equal(lossesOf(released(cache), current({ cache, cachePasswordVersion })), []);
});

test.slow('another cache takes the old one away, and nothing else', () => {
  const losses = lossesOf(released('node'), current({ cache: 'none' }));
  assert.ok(losses.length > 0);
  assert.equal(
    losses.filter((loss) => !/^Cache\w+ is removed$/.test(loss)),
    [],
  );
});

test('would notice a table with another key, another name, or none', () => {
  const before = released('node');
  const id = idOf(before, 'AWS::DynamoDB::GlobalTable');
  const rekeyed = changed(before, id, (properties) => {
    properties['KeySchema'] = [{ AttributeName: 'other', KeyType: 'HASH' }];
  });
  const renamed = changed(before, id, (properties) => {
    properties['TableName'] = 'other';
  });
  const { [id]: _gone, ...without } = before;
  assert.match(lossesOf(before, rekeyed).join(), `${id} is replaced: KeySchema changed`);
  assert.match(lossesOf(before, renamed).join(), `${id} is replaced: TableName changed`);
  assert.equal(lossesOf(before, without), [`${id} is removed`]);
});

test('would notice a cache with a new name or encryption', () => {
  const before = released('node');
  const id = idOf(before, 'AWS::ElastiCache::ReplicationGroup');
  const renamed = changed(before, id, (properties) => {
    properties['ReplicationGroupId'] = 'other';
  });
  assert.match(lossesOf(before, renamed).join(), `${id} is replaced`);
});

test.slow('CloudFormation can take an existing table to its shards, and back, one deployment a step', () => {
  const at = (shardStep: number) =>
    shardStep === 0 ? current({ cache: 'none' }) : current({ cache: 'none', shards: 16, shardStep });
  assert.equal(lossesOf(released('none'), at(1)), []);
  for (let step = 1; step <= SHARD_STEPS; step += 1) {
    assert.equal(lossesOf(at(step - 1), at(step)), [], `to step ${step}`);
    assert.equal(lossesOf(at(step), at(step - 1)), [], `back from step ${step}`);
  }
});

test('would notice two new indexes in one update, which CloudFormation refuses', () => {
  const before = released('none');
  const id = idOf(before, 'AWS::DynamoDB::GlobalTable');
  const more = (count: number) =>
    changed(before, id, (properties) => {
      const indexes = properties['GlobalSecondaryIndexes'] as unknown[];
      for (let index = 0; index < count; index += 1) indexes.push({ IndexName: `New${index}` });
    });
  assert.equal(lossesOf(before, more(1)), []);
  assert.match(lossesOf(before, more(2)).join(), 'several indexes at once: New0, New1');
});

test.slow('what holds data is in every template', () => {
  for (const cache of CACHE_CHOICES) {
    assert.ok(Object.keys(statefulOf(current({ cache }))).length >= 10, cache);
  }
});

test.run();
