import { rename, writeFile } from 'node:fs/promises';
import * as assert from 'uvu/assert';
import { fileLogReader } from '../../../src/adapters/file/log-reader.ts';
import { memoryClock } from '../../../src/adapters/memory/clock.ts';
import { toIso } from '../../../src/domain/time.ts';
import { logReaderContract } from '../../contracts/ports.ts';
import { openLogFolder } from '../../support/log-folder.ts';
import { rejects, suite } from '../../support/suite.ts';
import { NOON } from '../../support/tasks.ts';

const MINUTE = 60_000;

const open = async () => {
  const folder = await openLogFolder();
  const clock = memoryClock(NOON + MINUTE);
  return { folder, clock, reader: fileLogReader({ directory: folder.directory, clock }) };
};

logReaderContract(
  'file',
  async () => {
    const { folder, reader } = await open();
    return {
      port: {
        reader,
        start: NOON,
        group: 'deploys',
        write: async (stream, lines) => {
          await folder.append(`deploys/${stream}.log`, lines.map(([, text]) => `${text}\n`).join(''));
          await folder.changedAt(`deploys/${stream}.log`, NOON);
        },
      },
      close: folder.close,
    };
  },
  { hasTimes: false },
);

const test = suite('LogReader: file, its own ways');

const ALL = { log_group: 'deploys', log_stream: 'app', from: 0, to: NOON + MINUTE, limit: 1000 };

const withFolder = (run: (world: Awaited<ReturnType<typeof open>>) => Promise<void>) => async () => {
  const world = await open();
  try {
    await run(world);
  } finally {
    await world.folder.close();
  }
};

test(
  'reads rotated files first, and goes on behind a cursor when a file is renamed or begins again',
  withFolder(async ({ folder, reader }) => {
    const texts = async (query: object) =>
      (await reader.read({ ...ALL, ...query }))?.lines.map(({ text }) => text);
    await folder.append('deploys/app.log', 'one\ntwo\n');
    await folder.changedAt('deploys/app.log', NOON);
    const first = await reader.read(ALL);
    const [one] = first?.lines ?? [];
    await rename(folder.path('deploys/app.log'), folder.path('deploys/app.log.1'));
    await folder.append('deploys/app.log', 'three\nfour\n');
    await folder.changedAt('deploys/app.log', NOON + 1000);
    assert.equal(await texts({}), ['one', 'two', 'three', 'four']);
    assert.equal(await texts({ after: one?.cursor }), ['two', 'three', 'four']);
    assert.equal(await texts({ after: first?.after }), ['three', 'four']);
    const [, , three] = (await reader.read(ALL))?.lines ?? [];
    assert.equal(await texts({ before: three?.cursor, limit: 1 }), ['two']);
    // Cut and written again, as `copytruncate` does.
    await writeFile(folder.path('deploys/app.log'), 'five\n');
    await folder.changedAt('deploys/app.log', NOON + 2000);
    assert.equal(await texts({ after: three?.cursor }), ['five']);
  }),
);

test(
  'leaves out a last line that may still grow, and a pipe, a link or another folder',
  withFolder(async ({ folder, clock, reader }) => {
    await folder.append('deploys/app.log', 'whole\nhal');
    await folder.changedAt('deploys/app.log', clock.now());
    const page = await reader.read(ALL);
    assert.equal(
      page?.lines.map(({ text }) => text),
      ['whole'],
    );
    await folder.append('deploys/app.log', 'f\n');
    await folder.changedAt('deploys/app.log', clock.now());
    assert.equal(
      (await reader.read({ ...ALL, after: page?.after ?? '' }))?.lines.map(({ text }) => text),
      ['half'],
    );
    await folder.append('deploys/app.log', 'quiet');
    await folder.changedAt('deploys/app.log', clock.now() - 5_000);
    assert.is((await reader.read(ALL))?.lines.at(-1)?.text, 'quiet');
    assert.is(await reader.read({ ...ALL, log_group: '../deploys' }), undefined);
    assert.is(await reader.read({ ...ALL, log_group: 'deploys/..' }), undefined);
  }),
);

test(
  'keeps to the time that lines bear, those without one with the line before them',
  withFolder(async ({ folder, reader }) => {
    const at = (minute: number) => toIso(NOON + minute * MINUTE);
    await folder.append(
      'deploys/app.log',
      [
        'header',
        `${at(0)} zero`,
        '  its details',
        `[${at(5)}] five`,
        `${at(9)} nine`,
        '\u001b[2K10%\r20%',
      ].join('\n'),
    );
    await folder.changedAt('deploys/app.log', NOON);
    const page = await reader.read({ ...ALL, from: NOON, to: NOON + 6 * MINUTE });
    assert.equal(
      page?.lines.map(({ text, at: time }) => [text.replace(/^\[?[\dT:.Z-]+\]? /, ''), time]),
      [
        ['header', NOON],
        ['zero', NOON],
        ['  its details', NOON],
        ['five', NOON + 5 * MINUTE],
      ],
    );
    const last = await reader.read({ ...ALL, to: NOON + 60 * MINUTE, limit: 1 });
    assert.is(last?.lines[0]?.text, '20%', 'what a progress bar has drawn over is gone');
  }),
);

test(
  'reads a large file from both ends, long lines in it, without a line twice or missing',
  withFolder(async ({ folder, reader }) => {
    const lines = Array.from({ length: 20_000 }, (_, n) => `${n} ${'x'.repeat(n % 97)}`);
    lines[10_000] = `10000 ${'y'.repeat(600_000)}`;
    await folder.append('deploys/app.log', `${lines.join('\n')}\n`);
    await folder.changedAt('deploys/app.log', NOON);
    const numbersOf = (page: Awaited<ReturnType<typeof reader.read>>) =>
      (page?.lines ?? [])
        .map(({ text }) => Number.parseInt(text, 10))
        .filter((number) => !Number.isNaN(number));
    const back: number[] = [];
    let before: string | undefined;
    do {
      const page = await reader.read({ ...ALL, ...(before === undefined ? {} : { before }) });
      back.unshift(...numbersOf(page));
      before = page?.before;
    } while (before !== undefined);
    const forth: number[] = [];
    for (let after = '0'; ; ) {
      const page = await reader.read({ ...ALL, after });
      if (page === undefined || page.lines.length === 0) break;
      forth.push(...numbersOf(page));
      after = page.after;
    }
    const wanted = lines.map((_, n) => n);
    assert.equal(back, wanted);
    assert.equal(forth, wanted);
  }),
);

test(
  'says that a file cannot be read',
  withFolder(async ({ folder, reader }) => {
    // A folder that looks like a log passes for none; the root user may read any file, so this is what can be tried here.
    await folder.append('deploys/app.log/inner.log', 'x\n');
    assert.is(await reader.read(ALL), undefined);
    await rejects(reader.read({ ...ALL, after: 'f1' }), 'invalid_input');
  }),
);

test.run();
