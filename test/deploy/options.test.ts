import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { reservationFor } from '../../deploy/concurrency.ts';
import { apiVariables, readDeployConfig } from '../../deploy/config.ts';
import {
  adoptedTables,
  guardCacheChange,
  guardShardChange,
  guardTableChange,
  movesListsToShards,
  readOptionsFile,
  readStoredOptions,
  requireKnownOptions,
  resolveOptions,
  storeOptions,
} from '../../deploy/options.ts';
import { optionsFileSchema } from '../../deploy/options-schema.ts';
import { readConfig } from '../../src/config.ts';
import { suite } from '../support/suite.ts';

const test = suite('deployment options');

const STORED = { cache: 'none', alarmEmail: 'ops@example.org' };

/** What `readOptionsFile` makes of a file with this text. */
const fromFile = (text: string): Readonly<Record<string, string>> | undefined => {
  const folder = mkdtempSync(join(tmpdir(), 'miyabi-options-'));
  try {
    const file = join(folder, 'options.json');
    writeFileSync(file, text);
    return readOptionsFile(file);
  } finally {
    rmSync(folder, { recursive: true });
  }
};

test('a bare deployment keeps what the stack was deployed with', () => {
  const { options, changed, lines } = resolveOptions({ given: {}, stored: STORED });
  assert.equal(options, STORED);
  assert.equal(changed, []);
  assert.equal(lines, ['  cache none', '  alarmEmail ops@example.org']);
});

test('an option on the command line changes that one, and is shown', () => {
  const { options, changed, lines } = resolveOptions({ given: { retentionDays: '7' }, stored: STORED });
  assert.equal(options, { ...STORED, retentionDays: '7' });
  assert.equal(changed, ['retentionDays']);
  assert.ok(lines.includes('  retentionDays default -> 7'));
});

test('an empty value brings the default back', () => {
  const { options, lines } = resolveOptions({ given: { alarmEmail: '' }, stored: STORED });
  assert.equal(options, { cache: 'none' });
  assert.ok(lines.includes('  alarmEmail ops@example.org -> default'));
});

test('a file is the whole statement, and the command line is above it', () => {
  const file = { cache: 'none', burst: '50' };
  assert.equal(resolveOptions({ given: {}, file, stored: STORED }).options, file);
  assert.equal(resolveOptions({ given: { burst: '60' }, file, stored: STORED }).options, {
    ...file,
    burst: '60',
  });
});

test('a first deployment reserves executions for the collector where at least 200 are left, and else warns', () => {
  for (const spare of [200, 1000]) {
    assert.equal(reservationFor(spare), { options: { collectorConcurrency: '50' } });
  }
  for (const spare of [10, 100, 199]) {
    const { options, warning } = reservationFor(spare);
    assert.equal(options, {});
    assert.match(warning ?? '', `This account runs ${spare} functions at once, too few to reserve some`);
  }
  assert.equal(reservationFor(undefined).options, {});
  assert.match(reservationFor(undefined).warning ?? '', 'could not be read');
});

test('another cache needs a word of its own, in a running system only', () => {
  const change = resolveOptions({ given: { cache: 'node' }, stored: STORED });
  assert.throws(() => guardCacheChange(change, { stack: 'Miyabi', allowed: false }), /add --change-cache/);
  guardCacheChange(change, { stack: 'Miyabi', allowed: true });
  guardCacheChange(resolveOptions({ given: { cache: 'node' } }), { stack: 'Miyabi', allowed: false });
});

test('other tables and other zones need a word of their own, in a running system only', () => {
  const tables = resolveOptions({ given: { tasksTable: 'tasks-restored' }, stored: STORED });
  const guard = (allowed: boolean) => guardTableChange(tables, { stack: 'Miyabi', allowed });
  assert.throws(() => guard(false), /tasksTable would give Miyabi other data; add --adopt-tables/);
  guard(true);
  assert.equal(adoptedTables(tables.config), ['tasks-restored']);
  const first = resolveOptions({ given: { tasksTable: 'tasks-restored' } });
  guardTableChange(first, { stack: 'Miyabi', allowed: false });
  const zones = resolveOptions({ given: { zones: 'eu-west-1a,eu-west-1b' }, stored: { cache: 'node' } });
  assert.throws(
    () => guardCacheChange(zones, { stack: 'Miyabi', allowed: false }),
    /other zones would replace/,
  );
});

test('an existing table gets its shards one step a deployment, and keeps their number', () => {
  const change = (given: Readonly<Record<string, string>>, stored: Readonly<Record<string, string>>) => {
    const resolved = resolveOptions({ given, stored });
    guardShardChange(resolved, { stack: 'Miyabi', stored });
    return movesListsToShards(resolved, stored);
  };
  assert.not(change({}, {}));
  assert.not(change({ shards: '8', shardStep: '1' }, {}));
  assert.not(change({ shards: '', shardStep: '' }, { shards: '8', shardStep: '1' }));
  assert.ok(change({ shardStep: '4' }, { shards: '8', shardStep: '3' }));
  assert.not(change({ shardStep: '7' }, { shards: '8', shardStep: '6' }));
  assert.not(change({ shardStep: '6' }, { shards: '8' }));
  assert.throws(
    () => change({ shards: '8' }, {}),
    /at shard step 0 of 7, and a deployment goes one step: -c shards=8 -c shardStep=1, see/,
  );
  assert.throws(() => change({ shards: '' }, { shards: '8' }), /one step: -c shards=8 -c shardStep=6, see/);
  assert.throws(
    () => change({ shards: '' }, { shards: '8', shardStep: '2' }),
    /-c shards=8 -c shardStep=1, see/,
  );
  assert.throws(
    () => change({ shards: '16' }, { shards: '8' }),
    /Miyabi has 8 shards, not 16, and their number is fixed/,
  );
  guardShardChange(resolveOptions({ given: { shards: '16' } }), { stack: 'Miyabi', stored: undefined });
});

test('a file may leave the shards out: they are those of the table', () => {
  const stored = { cache: 'none', shards: '16', shardStep: '2' };
  assert.equal(resolveOptions({ given: {}, file: { cache: 'none' }, stored }).options, stored);
  const { options } = resolveOptions({ given: { shardStep: '3' }, file: { cache: 'none' }, stored });
  assert.equal(options, { ...stored, shardStep: '3' });
});

test('a stack that kept no options is not deployed with the defaults by accident', () => {
  assert.throws(() => requireKnownOptions('Miyabi', { given: {} }), /did not keep its options/);
  requireKnownOptions('Miyabi', { given: { cache: 'none' } });
  requireKnownOptions('Miyabi', { given: {}, file: {} });
  requireKnownOptions('Miyabi', { given: {}, stored: {} });
});

test('stored options that cannot be read are refused with what to do', () => {
  for (const output of ['', '[]', '{"version":2,"cache":"none"}', '{"version":1,"colour":"red"}']) {
    assert.throws(
      () => readStoredOptions('Miyabi', output),
      /The options that Miyabi was deployed with/,
      output,
    );
  }
  assert.equal(readStoredOptions('Miyabi', storeOptions(readDeployConfig(STORED))), STORED);
});

test('a file with an unknown option, or that is no JSON object, is refused by name', () => {
  assert.equal(fromFile('{"$schema": "x", "cache": "none", "sources": ["/a", "/b"], "burst": 50}'), {
    cache: 'none',
    sources: '/a,/b',
    burst: '50',
  });
  assert.throws(
    () => fromFile('{"colour": "red"}'),
    /options\.json: colour is no option; the options are name/,
  );
  assert.throws(() => fromFile('[]'), /must hold a JSON object/);
  assert.throws(() => fromFile('{'), /cannot be read/);
  assert.throws(() => readOptionsFile('/nowhere/options.json'), /\/nowhere\/options\.json cannot be read/);
});

test('tags are an object in a file and pairs on the command line, and come back from the stack as they were', () => {
  const file = fromFile('{"tags": {"team": "shop", "cost center": "a=b"}}') ?? {};
  assert.equal(file, { tags: 'team=shop,cost center=a=b' });
  const { config } = resolveOptions({ given: {}, file });
  assert.equal(config.tags, { team: 'shop', 'cost center': 'a=b' });
  const stored = readStoredOptions('Miyabi', storeOptions(config));
  assert.equal(resolveOptions({ given: {}, stored }).config.tags, config.tags);
  assert.equal(resolveOptions({ given: { tags: '' }, stored }).config.tags, {});
  assert.equal(resolveOptions({ given: { tags: 'team=ops' }, stored }).lines, [
    '  tags team=shop,cost center=a=b -> team=ops',
  ]);
  assert.throws(() => fromFile('{"tags": {"team": "a,b=c"}}'), /tags must be/);
  assert.throws(() => fromFile('{"tags": {"team": 1}}'), /tags must be/);
});

test('options that are variables of the API have the defaults of the application', () => {
  assert.equal(apiVariables(readDeployConfig({})), {});
  const { rateLimit, logLinesFirst, logLinesLast, logLinesBytes, logLinesDays } = readDeployConfig({});
  const application = readConfig({});
  assert.is(application.rateLimit, rateLimit);
  assert.equal(application.lineBounds, {
    first: logLinesFirst,
    last: logLinesLast,
    bytes: logLinesBytes,
    kept_ms: logLinesDays * 24 * 60 * 60 * 1_000,
  });
});

test('the JSON Schema for editors is that of the options', () => {
  const written = readFileSync(new URL('../../deploy/miyabi.deploy.schema.json', import.meta.url), 'utf8');
  assert.equal(
    JSON.parse(written),
    JSON.parse(JSON.stringify(optionsFileSchema())),
    'run node --import tsx deploy/scripts/options-schema.ts',
  );
});

test.run();
