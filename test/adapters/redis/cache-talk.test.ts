import { spawnSync } from 'node:child_process';
import * as assert from 'uvu/assert';
import { suite } from '../../support/suite.ts';

const test = suite('How a cache uses its Redis');

const sourceOf = (path: string): string => new URL(`../../../src/adapters/${path}`, import.meta.url).href;

/** Prints how many bytes of buffers ten caches have reserved, before and after a write of each has failed. */
const PROGRAM = `
import { memoryLogger } from '${sourceOf('memory/logger.ts')}';
import { cacheTalk } from '${sourceOf('redis/cache-talk.ts')}';
import { redisClient } from '${sourceOf('redis/connection.ts')}';
import { redisLink } from '${sourceOf('redis/link.ts')}';
import { steadyClock } from '${sourceOf('system/clock.ts')}';

const clock = steadyClock();
const reserved = () => {
  gc();
  return process.memoryUsage().arrayBuffers;
};
const before = reserved();
const talks = Array.from({ length: 10 }, () => {
  // No server listens there.
  const link = redisLink({ connect: () => redisClient({ host: '127.0.0.1', port: 1 }), clock, logger: memoryLogger() });
  return { link, talk: cacheTalk(link, clock, () => []) };
});
const atFirst = reserved() - before;
const trusted = [];
for (const { link, talk } of talks) {
  await talk.write('task', (client) => client.set('task', '1'));
  trusted.push(talk.isTrusted('task'));
  await link.close();
}
console.log(JSON.stringify({ atFirst, then: reserved() - before, trusted }));
`;

test('reserves no memory before a write has failed, and some then', () => {
  // A process of its own: what other tests leave behind is collected at any time.
  const argv = ['--expose-gc', '--import', 'tsx', '--input-type=module', '-e', PROGRAM];
  const { stdout, stderr } = spawnSync(process.execPath, argv, { encoding: 'utf8' });
  assert.is(stderr, '');
  const { atFirst, then, trusted } = JSON.parse(stdout);
  assert.ok(atFirst < 100_000, `${atFirst} bytes`);
  assert.ok(then > 100_000, `${then} bytes`);
  assert.equal(trusted, new Array(10).fill(false));
});

test.run();
