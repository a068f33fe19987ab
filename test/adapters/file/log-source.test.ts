import {
  chmod,
  copyFile,
  link,
  mkdir,
  rename,
  rm,
  symlink,
  truncate,
  unlink,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import * as assert from 'uvu/assert';
import { fileLogSource, MAX_LINE_BYTES, MAX_PAGE_BYTES } from '../../../src/adapters/file/log-source.ts';
import { using } from '../../../src/contracts/contract.ts';
import { isJsonObject, type Json, type JsonObject } from '../../../src/domain/json.ts';
import type { LogEvent } from '../../../src/domain/logs/event.ts';
import type { LogPage, LogSource } from '../../../src/ports/log-source.ts';
import { logSourceContract } from '../../contracts/ports.ts';
import { openLogFolder } from '../../support/log-folder.ts';
import { needs, rejects, repeats, suite } from '../../support/suite.ts';

/** Later than every file that a test makes, so that they are quiet unless the test says otherwise. */
const LATER = 4_000_000_000_000;

const open = async () => {
  const folder = await openLogFolder();
  let now = LATER;
  const source = fileLogSource({ directory: folder.directory, clock: { now: () => now } });
  const port = {
    ...folder,
    source,
    setNow: (ms: number) => {
      now = ms;
    },
    follow: (group = 'g') => follower(source, group),
    write: (group: string, stream: string, lines: readonly string[]) =>
      folder.append(`${group}/${stream}.log`, lines.map((line) => `${line}\n`).join('')),
  };
  return { port, close: folder.close };
};

/** Reads a group again and again, going on from its cursor, and keeps everything that came, repeats too. */
const follower = (source: LogSource, log_group: string) => {
  let cursor: Json = null;
  const seen: (LogEvent & { log_stream: string })[] = [];
  return {
    seen,
    /** The messages that were not there at the last reading. */
    async read(): Promise<readonly string[]> {
      const before = seen.length;
      for await (const page of source.read({ log_group, cursor })) {
        cursor = JSON.parse(JSON.stringify(page.cursor)) as Json;
        for (const { log_stream, events } of page.streams)
          for (const event of events) seen.push({ ...event, log_stream });
      }
      return seen.slice(before).map(({ message }) => message);
    },
    /** Reads, and ends before the cursor is kept. */
    async readAndCrash(): Promise<ReadonlyMap<string, string>> {
      const events = (await pagesOf(source, log_group, cursor)).flatMap(({ streams }) =>
        streams.flatMap((stream) => stream.events),
      );
      return new Map(events.map(({ id, message }) => [id, message]));
    },
    async problems(): Promise<readonly string[]> {
      const pages = await pagesOf(source, log_group, cursor);
      return pages.flatMap(({ problems }) =>
        problems.map(({ log_stream, reason }) => `${log_stream}: ${reason}`),
      );
    },
    /** What every reader of a stream relies on. */
    check(): void {
      const names = seen.map(({ log_stream, id }) => `${log_stream}/${id}`);
      assert.is(new Set(names).size, names.length, 'an event came twice');
      const last = new Map<string, { id: string; timestamp: number }>();
      for (const { log_stream, id, timestamp } of seen) {
        assert.match(id, /^[a-z]+[0-9]{1,60}$/);
        const before = last.get(log_stream);
        if (before !== undefined) {
          assert.ok(timestamp >= before.timestamp, 'time fell within a stream');
          assert.ok(countOf(id) > countOf(before.id), `ids do not count upwards: ${before.id}, ${id}`);
        }
        last.set(log_stream, { id, timestamp });
      }
    },
  };
};

const countOf = (id: string): bigint => BigInt(id.replace(/^[a-z]+/, ''));

const pagesOf = async (
  source: LogSource,
  log_group: string,
  cursor: Json = null,
): Promise<readonly LogPage[]> => {
  const pages: LogPage[] = [];
  for await (const page of source.read({ log_group, cursor })) pages.push(page);
  return pages;
};

logSourceContract('files', open);

const test = suite('LogSource: files, their own ways');

test(
  'takes a folder that is not there, or comes later, for one without groups',
  using(open, async ({ source, directory, append }) => {
    await rm(directory, { recursive: true });
    assert.equal(await source.groups(), []);
    await rejects(pagesOf(source, 'g'), 'not_found');
    await append('a/b/c/one.log', 'x\n');
    await mkdir(join(directory, 'empty'));
    assert.equal(await source.groups(), ['a/b/c']);
    assert.equal(await pagesOf(source, 'empty'), []);
  }),
);

test(
  'reads on in a file that was replaced by a longer copy of itself, as rsync does',
  using(open, async (folder) => {
    const { directory, follow, write } = folder;
    const following = follow();
    await write('g', 'app', ['one', 'two']);
    assert.equal(await following.read(), ['one', 'two']);
    const path = join(directory, 'g/app.log');
    const copy = join(directory, 'g/.app.log.Xk3a9');
    for (const lines of [['three'], ['four', 'five']]) {
      await copyFile(path, copy);
      await writeFile(copy, lines.map((line) => `${line}\n`).join(''), { flag: 'a' });
      await rename(copy, path);
      assert.equal(await following.read(), lines);
    }
    // Another log in its place is another log.
    await writeFile(copy, 'new one\nnew two\nnew three\nnew four\nnew five\n');
    await rename(copy, path);
    assert.equal(await following.read(), ['new one', 'new two', 'new three', 'new four', 'new five']);
  }),
);

test(
  'reads files right in the folder as the group default',
  using(open, async ({ source, append, follow }) => {
    await append('deploy.log', 'a\n');
    await append('default/other.log', 'b\n');
    assert.equal(await source.groups(), ['default']);
    const reader = follow('default');
    assert.equal((await reader.read()).toSorted(), ['a', 'b']);
    assert.equal(reader.seen.map(({ log_stream }) => log_stream).toSorted(), ['deploy', 'other']);
  }),
);

test(
  'says nothing while nothing changes',
  using(open, async ({ source, write }) => {
    await write('g', 's', ['a']);
    const [page] = await pagesOf(source, 'g');
    assert.equal(await pagesOf(source, 'g', page?.cursor ?? null), []);
  }),
);

test(
  'does not leave the folder, whatever the name of a group',
  using(open, async ({ source, write, directory }) => {
    await write('g', 's', ['a']);
    const outside = await openLogFolder();
    try {
      await outside.append('secret.log', 'secret\n');
      await symlink(outside.directory, join(directory, 'way-out'));
      const names = [
        '..',
        '../g',
        '/g',
        'g/',
        'g//',
        './g',
        'g/../g',
        '',
        '.',
        'g\0',
        '/etc',
        'way-out',
        'x'.repeat(5000),
      ];
      for (const name of names) await rejects(pagesOf(source, name), 'not_found');
      assert.equal(await source.groups(), ['g']);
    } finally {
      await outside.close();
    }
  }),
);

test(
  'follows no link to a file and says so',
  using(open, async ({ write, path, follow }) => {
    await write('g', 's', ['a']);
    await symlink('/etc/hostname', path('g/linked.log'));
    const reader = follow();
    assert.equal(await reader.read(), ['a']);
    assert.equal(await reader.problems(), ['linked: linked.log is a symbolic link, which is not read']);
  }),
);

test(
  'passes over hidden, packed and left-over files',
  using(open, async ({ append, follow }) => {
    for (const name of ['.hidden.log', 's.log.2.gz', 's.log.zst', 's.log~', 's.log.bak'])
      await append(`g/${name}`, 'no\n');
    await append('g/.git/x.log', 'no\n');
    await append('g/s.log', 'yes\n');
    assert.equal(await follow().read(), ['yes']);
  }),
);

test(
  'names a stream after its file, without .log',
  using(open, async ({ append, follow }) => {
    await append('g/task-42.log', 'a\n');
    await append('g/plain', 'b\n');
    await append('g/notes.txt', 'c\n');
    const reader = follow();
    await reader.read();
    assert.equal(reader.seen.map(({ log_stream }) => log_stream).toSorted(), [
      'notes.txt',
      'plain',
      'task-42',
    ]);
  }),
);

test(
  'holds a last line back until it is whole',
  using(open, async ({ append, changedAt, setNow, follow }) => {
    const reader = follow();
    setNow(1_000_000);
    await append('g/s.log', 'one\ntw');
    await changedAt('g/s.log', 999_000);
    assert.equal(await reader.read(), ['one']);
    await append('g/s.log', 'o\n');
    await changedAt('g/s.log', 999_500);
    assert.equal(await reader.read(), ['two']);
    reader.check();
  }),
);

test(
  'reads a last line without an ending once its file has been quiet',
  using(open, async ({ append, changedAt, setNow, follow }) => {
    const reader = follow();
    setNow(1_000_000);
    await append('g/s.log', 'one\nkilled mid-');
    await changedAt('g/s.log', 999_000);
    assert.equal(await reader.read(), ['one']);
    setNow(1_001_500);
    assert.equal(await reader.read(), ['killed mid-']);
    await append('g/s.log', '\r\nnext\n');
    assert.equal(await reader.read(), ['next']);
    reader.check();
  }),
);

test(
  'waits for no file that claims to come from the future',
  using(open, async ({ append, changedAt, setNow, follow }) => {
    setNow(1_000_000);
    await append('g/s.log', 'a');
    await changedAt('g/s.log', 9_000_000);
    const reader = follow();
    assert.equal(await reader.read(), ['a']);
    assert.is(reader.seen[0]?.timestamp, 1_000_000);
  }),
);

test(
  'stamps events with the last change of their file, never falling',
  using(open, async ({ append, changedAt, follow }) => {
    const reader = follow();
    for (const changed of [5000, 3000, 8000]) {
      await append('g/s.log', 'x\n');
      await changedAt('g/s.log', changed);
      await reader.read();
    }
    assert.equal(
      reader.seen.map(({ timestamp }) => timestamp),
      [5000, 5000, 8000],
    );
  }),
);

test(
  'knows Windows line endings, empty lines and byte order marks',
  using(open, async ({ append, follow }) => {
    await append('g/s.log', '\uFEFFone\r\n\r\n\n\ntwo\r\nthree \r x\n');
    const reader = follow();
    assert.equal(await reader.read(), ['one', 'two', 'three \r x']);
    reader.check();
  }),
);

test(
  'replaces bytes that are no UTF-8',
  using(open, async ({ append, follow }) => {
    await append('g/s.log', Buffer.concat([Buffer.from('a'), Buffer.from([0xff, 0xc3]), Buffer.from('b\n')]));
    assert.equal(await follow().read(), ['a\uFFFD\uFFFDb']);
  }),
);

test(
  'cuts a line that is too long, counts it, and continues after it',
  using(open, async ({ append, follow }) => {
    const longest = 'é'.repeat(MAX_LINE_BYTES / 2);
    await append(
      'g/s.log',
      `before\n${'x'.repeat(3_000_000)}\n${longest}\n${longest}é\nx${longest}\nafter\n`,
    );
    const reader = follow();
    const problems = await reader.problems();
    const read = await reader.read();
    assert.equal(
      read.map((message) => Buffer.byteLength(message)),
      [6, MAX_LINE_BYTES, MAX_LINE_BYTES, MAX_LINE_BYTES, MAX_LINE_BYTES - 1, 5],
    );
    assert.not(read.some((message) => message.includes('\uFFFD')));
    assert.is(
      problems.map((text) => Number(/s: (\d+) lines? longer/.exec(text)?.[1])).reduce((a, b) => a + b),
      3,
    );
    reader.check();
  }),
);

test(
  'gives one event for an endless line that grows',
  using(open, async ({ append, follow }) => {
    const reader = follow();
    for (let part = 0; part < 5; part += 1) {
      await append('g/s.log', 'x'.repeat(100_000));
      await reader.read();
    }
    await append('g/s.log', '\nnext\n');
    await reader.read();
    assert.equal(
      reader.seen.map(({ message }) => message.length),
      [MAX_LINE_BYTES, 4],
    );
  }),
);

test(
  'reads a large file in bounded pages, each of which can be taken up',
  using(open, async ({ append, source }) => {
    const text = Array.from({ length: 40 }, (_, index) => `${index} ${'y'.repeat(60_000)}\n`).join('');
    await append('g/large.log', text);
    for (let stream = 0; stream < 30; stream += 1) await append(`g/small-${stream}.log`, 'z\n'.repeat(700));
    const pages = await pagesOf(source, 'g');
    for (const { streams } of pages) {
      const bytes = streams
        .flatMap(({ events }) => events)
        .reduce((sum, { message }) => sum + message.length, 0);
      assert.ok(bytes <= MAX_PAGE_BYTES, `${bytes}`);
      for (const { events } of streams) assert.ok(events.length <= 500);
    }
    const total = pages.flatMap(({ streams }) => streams.flatMap(({ events }) => events)).length;
    assert.is(total, 40 + 30 * 700);
    const behind = await pagesOf(source, 'g', pages[2]?.cursor ?? null);
    const rest = behind.flatMap(({ streams }) => streams.flatMap(({ events }) => events.map(({ id }) => id)));
    const expected = pages
      .slice(3)
      .flatMap(({ streams }) => streams.flatMap(({ events }) => events.map(({ id }) => id)));
    assert.equal(rest.toSorted(), expected.toSorted());
  }),
);

test(
  'goes on in a file that was renamed, and begins the new one of its name',
  using(open, async ({ write, path, follow }) => {
    const reader = follow();
    await write('g', 's', ['1/3', '2/3']);
    await reader.read();
    await write('g', 's', ['3/3']);
    await rename(path('g/s.log'), path('g/s.log.1'));
    await write('g', 's', ['1/3', '2/3', '3/3', '4/3']);
    assert.equal(await reader.read(), ['3/3', '1/3', '2/3', '3/3', '4/3']);
    await rename(path('g/s.log.1'), path('g/s.log.2'));
    await rename(path('g/s.log'), path('g/s.log.1'));
    await write('g', 's', ['5/3']);
    assert.equal(await reader.read(), ['5/3']);
    assert.equal([...new Set(reader.seen.map(({ log_stream }) => log_stream))], ['s']);
    reader.check();
  }),
);

test(
  'finds the rest in the copy where a file was copied and truncated',
  using(open, async ({ write, path, follow }) => {
    const reader = follow();
    await write('g', 's', ['one', 'two']);
    await reader.read();
    await write('g', 's', ['three']);
    await copyFile(path('g/s.log'), path('g/s.log.1'));
    await truncate(path('g/s.log'));
    await write('g', 's', ['four']);
    assert.equal(await reader.read(), ['three', 'four']);
    await write('g', 's', ['five']);
    assert.equal(await reader.read(), ['five']);
    reader.check();
  }),
);

test(
  'reads a truncated file from its beginning, even if it has grown past its mark',
  using(open, async ({ write, path, follow }) => {
    const reader = follow();
    await write('g', 's', ['first']);
    await reader.read();
    await writeFile(path('g/s.log'), 'second\nand longer than before\n');
    assert.equal(await reader.read(), ['second', 'and longer than before']);
    await writeFile(path('g/s.log'), 'x\n');
    assert.equal(await reader.read(), ['x']);
    reader.check();
  }),
);

test(
  'steps over the hole that a truncation under its writer leaves',
  using(open, async ({ append, path, follow }) => {
    const reader = follow();
    await append('g/s.log', 'a\n'.repeat(50_000));
    await reader.read();
    await truncate(path('g/s.log'), 0);
    await truncate(path('g/s.log'), 700_000);
    await append('g/s.log', 'behind the hole\n');
    assert.equal(await reader.read(), ['behind the hole']);
    reader.check();
  }),
);

test(
  'takes a file that was deleted and made again for another, with ids of its own',
  using(open, async ({ write, path, follow }) => {
    const reader = follow();
    await write('g', 's', ['same']);
    await reader.read();
    await unlink(path('g/s.log'));
    assert.equal(await reader.read(), []);
    await write('g', 's', ['same', 'and more']);
    assert.equal(await reader.read(), ['same', 'and more']);
    reader.check();
  }),
);

test(
  'reads a replaced file from its beginning',
  using(open, async ({ append, path, follow }) => {
    const reader = follow();
    await append('g/s.log', 'old\n');
    await reader.read();
    await append('elsewhere/s.log', 'new\nlines\n');
    await rename(path('elsewhere/s.log'), path('g/s.log'));
    assert.equal(await reader.read(), ['new', 'lines']);
    reader.check();
  }),
);

test(
  'reads a file under two names once',
  using(open, async ({ write, path, follow }) => {
    await write('g', 's', ['a']);
    await link(path('g/s.log'), path('g/t.log'));
    assert.equal(await follow().read(), ['a']);
  }),
);

test(
  'keeps two files apart that begin alike',
  using(open, async ({ append, follow }) => {
    const reader = follow();
    await append('g/task-1', 'starting\n');
    await reader.read();
    await append('g/task-10', 'starting\nten\n');
    await append('g/task-1.log', 'starting\nlog\n');
    assert.equal((await reader.read()).toSorted(), ['log', 'starting', 'starting', 'ten']);
    reader.check();
  }),
);

test(
  'gives the same ids again after a crash before its cursor was kept, though the file has grown',
  using(open, async ({ write, append, source }) => {
    await write('g', 's', ['a', 'b']);
    await append('g/t.log', 'held');
    const ids = async () =>
      (await pagesOf(source, 'g')).flatMap(({ streams }) =>
        streams.flatMap(({ log_stream, events }) => events.map(({ id }) => `${log_stream}/${id}`)),
      );
    const first = await ids();
    await write('g', 's', ['c']);
    const again = await ids();
    assert.is(again.length, first.length + 1);
    for (const id of first) assert.ok(again.includes(id), id);
  }),
);

test(
  'gives no file up because another cannot be read',
  using(open, async ({ write, path, follow, changedAt }) => {
    await write('g', 's', ['a']);
    await mkdir(path('g/d.log'));
    await symlink('nowhere', path('g/broken.log'));
    await utimes(path('g/s.log'), 1, 1);
    const reader = follow();
    assert.equal(await reader.read(), ['a']);
    await changedAt('g/s.log', 2000);
    assert.is((await reader.problems()).length, 1);
  }),
);

const asAnyone = needs(test, process.getuid?.() !== 0, 'the root user may read every file');
asAnyone(
  'reports a file that may not be read, and goes on in it once it may be',
  using(open, async ({ write, path, follow }) => {
    const reader = follow();
    await write('g', 's', ['a']);
    await write('g', 't', ['b']);
    await reader.read();
    await write('g', 's', ['c']);
    await write('g', 't', ['d']);
    await write('g', 'u', ['e']);
    for (const name of ['s', 'u']) await chmod(path(`g/${name}.log`), 0);
    assert.equal(await reader.read(), ['d']);
    assert.equal((await reader.problems()).toSorted(), [
      's: g/s.log cannot be read: EACCES',
      'u: g/u.log cannot be read: EACCES',
    ]);
    for (const name of ['s', 'u']) await chmod(path(`g/${name}.log`), 0o600);
    assert.equal((await reader.read()).toSorted(), ['c', 'e']);
    reader.check();
  }),
);

test(
  'reads a file again whose place in the cursor is damaged, under the same ids, and says so',
  using(open, async ({ write, source }) => {
    await write('g', 's', ['a', 'b']);
    await write('g', 't', ['c']);
    const idsOf = (pages: readonly LogPage[]) =>
      pages.flatMap(({ streams }) => streams.flatMap(({ events }) => events.map(({ id }) => id))).toSorted();
    const first = await pagesOf(source, 'g');
    const cursor = first.at(-1)?.cursor;
    if (!isJsonObject(cursor)) throw new TypeError('not an object');
    assert.is(cursor['version'], 1);
    const files = cursor['files'] as readonly JsonObject[];
    const damaged = files.map((file) => (file['stream'] === 's' ? { ...file, stream: null } : file));
    const again = await pagesOf(source, 'g', { ...cursor, files: damaged });
    assert.equal(
      idsOf(again),
      idsOf(first).filter((id) => idsOf(again).includes(id)),
    );
    assert.is(idsOf(again).length, 2);
    assert.match(again[0]?.problems[0]?.reason ?? '', /files\.\d\.stream/);
    for (const other of [
      { ...cursor, version: 2 },
      { ...cursor, files: 'x' },
    ]) {
      const whole = await pagesOf(source, 'g', other);
      assert.equal(idsOf(whole), idsOf(first));
      assert.is(whole[0]?.problems.length, 1);
    }
    const foreign = await pagesOf(source, 'g', { kind: 'cloudwatch', from: 1 });
    assert.equal(idsOf(foreign), idsOf(first));
    assert.equal(foreign[0]?.problems, []);
  }),
);

test('loses nothing and repeats nothing, whatever happens to its file between readings', async () => {
  const step = fc.oneof(
    { weight: 6, arbitrary: fc.constant('append' as const) },
    { weight: 4, arbitrary: fc.constant('read' as const) },
    { weight: 2, arbitrary: fc.constant('crash' as const) },
    fc.constantFrom('rename' as const, 'copytruncate' as const, 'truncate' as const, 'recreate' as const),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 25 }), async (steps) => {
      const { port, close } = await open();
      try {
        const reader = port.follow();
        const written: string[] = [];
        const beforeCrash = new Map<string, string>();
        let rotations = 0;
        let known = false;
        await port.write('g', 's', ['begin 0']);
        written.push('begin 0');
        for (const name of [...steps, 'read' as const]) {
          if (name === 'append') {
            const line = `line ${written.length} ${'·'.repeat(written.length % 7)}`;
            written.push(line);
            await port.write('g', 's', [line]);
            continue;
          }
          if (name === 'crash') {
            for (const [id, message] of await reader.readAndCrash()) beforeCrash.set(id, message);
            continue;
          }
          // What a truncation removes before it was read is lost.
          if (name !== 'rename' && name !== 'copytruncate') known = false;
          if (!known) await reader.read();
          known = true;
          if (name === 'read') continue;
          known = false;
          rotations += 1;
          if (name === 'rename') await rename(port.path('g/s.log'), port.path(`g/s.log.${rotations}`));
          if (name === 'copytruncate')
            await copyFile(port.path('g/s.log'), port.path(`g/s.log.${rotations}`));
          if (name === 'copytruncate' || name === 'truncate') await truncate(port.path('g/s.log'));
          if (name === 'recreate') await unlink(port.path('g/s.log'));
          const line = `begin ${written.length}`;
          written.push(line);
          await port.write('g', 's', [line]);
        }
        reader.check();
        assert.equal(
          reader.seen.map(({ message }) => message),
          written,
        );
        const kept = new Map(reader.seen.map(({ id, message }) => [id, message]));
        for (const [id, message] of beforeCrash) assert.is(kept.get(id), message, 'another id after a crash');
      } finally {
        await close();
      }
    }),
    { numRuns: repeats({ few: 15, all: 60 }) },
  );
});

test.run();
