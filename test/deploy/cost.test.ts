import { readFile } from 'node:fs/promises';
import * as assert from 'uvu/assert';
import { billOf, CACHES, FIRST_DESIGN, STACK, times, totalOf } from '../../deploy/cost/model.ts';
import { PRICES } from '../../deploy/cost/prices.ts';
import { costTable } from '../../deploy/cost/table.ts';
import { synthesise } from '../support/stack.ts';
import { suite } from '../support/suite.ts';

const net = (cache: (typeof CACHES)[number], factor = 1): number =>
  totalOf(billOf(cache, times(factor, FIRST_DESIGN)), 'net');

const test = suite('cost');

test('is at most 25 $ a month with a cache node and 5 $ without, at the first design’s traffic', () => {
  assert.ok(net('node') <= 25, String(net('node')));
  assert.ok(net('none') <= 5, String(net('none')));
});

test('grows by less than the traffic: a hundred times of it', () => {
  for (const cache of CACHES) assert.ok(net(cache, 100) < 125 * net(cache), cache);
});

test('never takes more off than there is', () => {
  for (const cache of CACHES) {
    for (const { what, list, net: paid } of billOf(cache, FIRST_DESIGN)) {
      assert.ok(paid >= 0 && paid <= list, what);
    }
  }
});

test('counts what the templates hold', () => {
  for (const cache of CACHES) {
    const { ofType } = synthesise({ cache }, { nag: false });
    const alarmMetrics = ofType('AWS::CloudWatch::Alarm').reduce((sum, [, { Properties = {} }]) => {
      const queries = Properties['Metrics'] as { MetricStat?: unknown }[] | undefined;
      // A query reads one metric at least.
      return sum + Math.max(1, queries?.filter(({ MetricStat }) => MetricStat !== undefined).length ?? 1);
    }, 0);
    const zones = ofType('AWS::EC2::VPCEndpoint').reduce((sum, [, { Properties = {} }]) => {
      return sum + ((Properties['SubnetIds'] as unknown[] | undefined)?.length ?? 0);
    }, 0);
    const filters = ofType('AWS::Logs::MetricFilter').length;
    assert.equal(
      {
        alarmMetrics,
        customMetrics: 9 + filters,
        secrets: ofType('AWS::SecretsManager::Secret').length,
        keys: ofType('AWS::KMS::Key').length,
        zones,
      },
      STACK[cache],
      cache,
    );
    assert.is(ofType('AWS::CloudWatch::Dashboard').length, 1);
    assert.is(ofType('AWS::EC2::NatGateway').length, 0);
  }
});

test('is written down with the same numbers', async () => {
  const written = await readFile(new URL('../../docs/cost.md', import.meta.url), 'utf8');
  for (const factor of [1, 100])
    assert.ok(written.includes(costTable(times(factor, FIRST_DESIGN))), `npm run cost, factor ${factor}`);
  for (const [name, price] of Object.entries(PRICES)) {
    assert.ok(written.includes(`| \`${name}\` | ${price} |`), `the price ${name}`);
  }
});

test.run();
