import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { earlierRuns } from '../../../src/cli/run/follower.ts';
import { shipper } from '../../../src/cli/run/shipper.ts';
import { newBacklog } from '../../../src/cli/run/spool.ts';
import { serverAt } from '../../../src/cli/server.ts';
import { scratch, sink, stranger } from '../../support/cli.ts';
import { suite } from '../../support/suite.ts';

const test = suite('sending a backlog');

const noneEarlier = async () => undefined;
const eventOf = (number: number, text = 'x') =>
  JSON.stringify({ id: `n${number}`, timestamp: number, message: text });

const withServer =
  (
    answer: (count: number) => number,
    act: (server: Awaited<ReturnType<typeof sink>>, folder: string) => Promise<void>,
  ) =>
  async () => {
    const folder = scratch();
    const server = await sink(answer);
    try {
      await act(server, folder.path);
    } finally {
      await server.close();
      folder.remove();
    }
  };

const backlogFor = (folder: string, url: string) =>
  newBacklog(folder, 'run', { url, log_group: '/g', log_stream: 's', project_id: 'p' });

test(
  'sends everything in order, in posts that the server takes',
  withServer(
    () => 200,
    async (server, folder) => {
      const backlog = backlogFor(folder, server.url);
      const client = serverAt(server.url);
      const sending = shipper(client, backlog, noneEarlier);
      backlog.add(Array.from({ length: 5_000 }, (_, index) => eventOf(index, '改行\\n"quoted"'.repeat(10))));
      sending.wake();
      const shipped = await sending.finish(10_000);
      assert.equal(shipped, { unsent: false, dropped: 0, refused: 0, damage: [] });
      assert.equal(
        server.events().map(({ id }) => id),
        Array.from({ length: 5_000 }, (_, index) => `n${index}`),
      );
      assert.ok(server.posts.length > 1);
      assert.ok(server.posts.every(({ bytes }) => bytes <= 256 * 1024));
      assert.is(server.events()[0]?.message, '改行\\n"quoted"'.repeat(10));
    },
  ),
);

test(
  'a batch that the server will never take does not stop the others',
  withServer(
    (count) => (count === 1 ? 400 : 200),
    async (server, folder) => {
      const backlog = backlogFor(folder, server.url);
      const client = serverAt(server.url);
      const sending = shipper(client, backlog, noneEarlier);
      const message = `one\nand\n${'y'.repeat(150_000)}`;
      backlog.add(Array.from({ length: 3 }, (_, index) => eventOf(index, message)));
      const shipped = await sending.finish(10_000);
      assert.is(shipped.refused, 3);
      assert.is(shipped.unsent, false);
      assert.match(shipped.problem ?? '', 'no: 400');
      assert.equal(
        server.events().map(({ id }) => id),
        ['n1', 'n2'],
      );
    },
  ),
);

test(
  'a server that refuses the key is asked once at the end, and everything stays',
  withServer(
    () => 403,
    async (server, folder) => {
      const backlog = backlogFor(folder, server.url);
      const client = serverAt(server.url);
      const sending = shipper(client, backlog, noneEarlier);
      backlog.add([eventOf(1)]);
      const shipped = await sending.finish(10_000);
      assert.is(shipped.unsent, true);
      assert.match(shipped.problem ?? '', 'refuses the key (403');
      assert.is(server.requested(), 1);
    },
  ),
);

test.slow(
  'a server that answers 503 throughout is given a second at the end, no more',
  withServer(
    () => 503,
    async (server, folder) => {
      const backlog = backlogFor(folder, server.url);
      const client = serverAt(server.url);
      const sending = shipper(client, backlog, noneEarlier);
      backlog.add([eventOf(1)]);
      const shipped = await sending.finish(600_000);
      assert.is(shipped.unsent, true);
      assert.ok(server.requested() > 1);
    },
  ),
);

test(
  'what came at the last moment is sent too',
  withServer(
    () => 200,
    async (server, folder) => {
      for (let round = 0; round < 20; round += 1) {
        const backlog = newBacklog(folder, `run-${round}`, {
          url: server.url,
          log_group: '/g',
          log_stream: `s${round}`,
        });
        const client = serverAt(server.url);
        const sending = shipper(client, backlog, noneEarlier);
        // At a different point of the sender's own steps each time.
        for (let step = 0; step < round; step += 1) await Promise.resolve();
        backlog.add([eventOf(round)]);
        sending.wake();
        assert.is((await sending.finish(10_000)).unsent, false);
      }
      assert.is(server.events().length, 20);
    },
  ),
);

for (const [status, type, text] of [
  [200, 'text/html', '<html>sign in</html>'],
  [200, 'application/json', '{"ok":true}'],
  [204, 'text/plain', ''],
  [302, 'text/html', ''],
  [400, 'text/html', '<html>bad request</html>'],
  [413, 'text/html', '<html>too large</html>'],
] as const) {
  test(`what answers ${status} with ${text || 'nothing'} has not taken a line, nor may it refuse one`, async () => {
    const folder = scratch();
    const server = await stranger(status, type, text);
    const backlog = backlogFor(folder.path, server.url);
    const client = serverAt(server.url);
    const sending = shipper(client, backlog, noneEarlier);
    backlog.add([eventOf(1)]);
    const shipped = await sending.finish(10_000);
    await server.close();
    folder.remove();
    assert.is(server.requested(), 1);
    assert.equal(
      { ...shipped, problem: '' },
      { unsent: true, dropped: 0, refused: 0, damage: [], problem: '' },
    );
    assert.match(shipped.problem ?? '', 'is no Miyabi server');
  });
}

test(
  'damaged lines of earlier runs are reported and set aside, and the rest is sent',
  withServer(
    () => 200,
    async (server, folder) => {
      const leave = (name: string, header: string, text: string) => {
        mkdirSync(join(folder, name));
        writeFileSync(join(folder, name, 'header.json'), header);
        writeFileSync(join(folder, name, '000001.ndjson'), text);
      };
      const header = JSON.stringify({ url: server.url, log_group: '/g', log_stream: 's' });
      leave('a', '{', `${eventOf(1)}\n`);
      leave('b', header, `${eventOf(2)}\n{"id":\n${eventOf(3)}\n`);
      leave('c', header, `${eventOf(4)}\n`);
      const reported: string[] = [];
      const client = serverAt(server.url);
      const earlier = earlierRuns(folder, server.url, 'mark', (text) => reported.push(text));
      const shipped = await shipper(client, undefined, earlier).finish(10_000);
      assert.equal(
        server.events().map(({ id }) => id),
        ['n2', 'n3', 'n4'],
      );
      assert.equal(shipped.damage, [join(folder, 'damaged', 'b.ndjson')]);
      assert.equal(reported, [
        `an earlier run cannot be sent: its header.json is not JSON; it is in ${join(folder, 'damaged', 'a')}`,
      ]);
      assert.equal(readdirSync(folder), ['damaged']);
    },
  ),
);

test.run();
