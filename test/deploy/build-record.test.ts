import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { buildOnce } from '../../deploy/build/build-record.ts';
import { suite } from '../support/suite.ts';

const test = suite('The record of the last build');

/** A project of one source, and a build that copies it. Each result says whether it was built. */
const withProject = async (
  act: (
    project: Readonly<{
      path(file: string): string;
      write(file: string, text: string): void;
      build(options?: readonly string[], files?: readonly string[], fails?: boolean): Promise<boolean>;
    }>,
  ) => Promise<void>,
): Promise<void> => {
  const folder = mkdtempSync(join(tmpdir(), 'miyabi-build-'));
  // Only packages inside a project are left out, not a project that stands among packages.
  const root = join(folder, 'node_modules/project');
  const path = (file: string) => join(root, file);
  const write = (file: string, text: string) => {
    mkdirSync(join(path(file), '..'), { recursive: true });
    writeFileSync(path(file), text);
  };
  try {
    write('src/index.ts', '1');
    await act({
      path,
      write,
      build: (options = [], files = [], fails = false) =>
        buildOnce(root, { options, files }, async () => {
          write('dist/index.js', '1');
          if (fails) throw new Error('a type is wrong');
          write('dist/lambda/api.zip', 'api');
        }),
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
};

test('a second build of the same sources does nothing', () =>
  withProject(async ({ build }) => {
    assert.equal([await build(), await build(), await build()], [true, false, false]);
  }));

test('builds again after a change of a source, of the packages or of an option', () =>
  withProject(async ({ build, write, path }) => {
    await build();
    write('src/index.ts', '2');
    assert.equal([await build(), await build()], [true, false]);
    write('src/new.ts', '');
    assert.equal([await build(), await build()], [true, false]);
    write('node_modules/.package-lock.json', '{}');
    assert.equal([await build(), await build()], [true, false]);
    const formats = [['--log-formats', 'formats.json'], [path('formats.json')]] as const;
    write('formats.json', '[]');
    assert.equal([await build(...formats), await build(...formats)], [true, false]);
    write('formats.json', '[{}]');
    assert.equal([await build(...formats), await build(...formats), await build()], [true, false, true]);
  }));

test('builds again if something else is in dist, and after a build that failed', () =>
  withProject(async ({ build, write, path }) => {
    await build();
    write('dist/index.js', 'another');
    assert.equal([await build(), await build()], [true, false]);
    rmSync(path('dist/lambda/api.zip'));
    assert.equal([await build(), await build()], [true, false]);
    rmSync(path('dist'), { recursive: true });
    assert.equal([await build(), await build()], [true, false]);
    write('src/index.ts', '2');
    const failed = await build([], [], true).catch((error: Error) => error.message);
    assert.is(failed, 'a type is wrong');
    assert.equal([await build(), await build()], [true, false]);
  }));

test.run();
