// Part of npm run build, after the compiler.
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { transformSync } from 'esbuild';
import { contractModule } from './contract-module.ts';
import { declarationsOf, entriesOf, sourceOf, typesOnly } from './package-files.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** What other parts of the build write. */
const NOT_COMPILED = /^dist\/(web|lambda|cdk)\//;

const exported: unknown = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
const needed = declarationsOf(
  ROOT,
  entriesOf(exported).filter((file) => !NOT_COMPILED.test(file)),
);
const compiled = readdirSync(join(ROOT, 'dist'), { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map((entry) => join(entry.parentPath, entry.name).slice(ROOT.length).split(sep).join('/'))
  .filter((file) => !NOT_COMPILED.test(file));
const sources = new Set(
  readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' }).map(
    (file) => `src/${file.split(sep).join('/')}`,
  ),
);
for (const file of compiled) {
  const isStale = !sources.has(sourceOf(file));
  // Types that no export leads to are a third of the package, and of no use to anyone.
  const isUnreachable = file.endsWith('.d.ts') && !needed.has(file);
  if (isStale || isUnreachable) rmSync(join(ROOT, file));
}

// The types of the routes are nested so deep that a third of them is indentation.
for (const file of needed) {
  const text = readFileSync(join(ROOT, file), 'utf8');
  const declared = file.startsWith('dist/api/schemas/') ? typesOnly(text) : text;
  writeFileSync(join(ROOT, file), declared.replace(/^ +(?!\*)/gm, ''));
}

// Comments, which are for readers of the sources, and wide indentation are a fifth of what the compiler prints.
for (const file of compiled.filter((name) => name.endsWith('.js') && sources.has(sourceOf(name)))) {
  const { code } = transformSync(readFileSync(join(ROOT, file), 'utf8'), {
    ...{ format: 'esm', target: 'es2023', charset: 'utf8', legalComments: 'none' },
  });
  writeFileSync(join(ROOT, file), code);
}

// The converter to JSON Schema is needed only by the build.
writeFileSync(join(ROOT, 'dist/api/openapi.js'), contractModule());
