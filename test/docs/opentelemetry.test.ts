import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { suite } from '../support/suite.ts';
import { fencesOf, ROOT, read } from './fences.ts';

const PAGE = 'docs/opentelemetry.md';
const page = read(PAGE);

/** The first column of its tables. */
const rows = [...page.matchAll(/^\| (`[^|]+) \|/gm)].flatMap(([, cell = '']) =>
  [...cell.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name),
);

const sourcesIn = (folder: string, extension: string): string =>
  readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith(extension))
    .map((file) => readFileSync(join(ROOT, folder, file), 'utf8'))
    .join('\n');

/** Variables that are named in quotes; those of one signal are named by a template and have no rows of their own. */
const variablesIn = (source: string): ReadonlySet<string> =>
  new Set([...source.matchAll(/'(OTEL_[A-Z_]+)'/g)].map(([, name = '']) => name));

/** The packages of the SDK that read the environment for traces. */
const SDK = ['core', 'resources', 'sdk-trace-base', 'sdk-trace-node', 'otlp-exporter-base', 'sdk-trace'];

const test = suite(PAGE);

test('has every variable that the server or the SDK reads in its table, and no other', () => {
  const config = [...read('src/config.ts').matchAll(/^ {2}(OTEL_[A-Z_]+): /gm)].map(([, name = '']) => name);
  assert.ok(config.length > 4);
  const ofSdk = SDK.flatMap((name) => [
    ...variablesIn(sourcesIn(`node_modules/@opentelemetry/${name}/build/src`, '.js')),
  ]);
  assert.ok(ofSdk.length > 15);
  // Spans of ours have neither events nor links.
  const used = ofSdk.filter((name) => !/_(EVENT|LINK)_/.test(name));
  assert.equal(
    rows.filter((name) => name.startsWith('OTEL_')).sort(),
    [...new Set([...config, ...used])].sort(),
  );
});

test('has every attribute that a span gets in its tables, and no other', () => {
  const source = sourcesIn('src/adapters/opentelemetry', '.ts');
  const named = [...source.matchAll(/'((?:http|url|network|user_agent|error|db|miyabi)\.[\w.]+)'/g)];
  const attributes = new Set(named.map(([, name = '']) => name));
  assert.ok(attributes.size > 8);
  // One cell of the table mentions the original method.
  const documented = new Set(rows.filter((name) => name.includes('.')));
  if (page.includes('`http.request.method_original`')) documented.add('http.request.method_original');
  assert.equal([...documented].sort(), [...attributes].sort());
});

test('installs the packages that the server asks for, in the versions that it is tested with', () => {
  const packagesIn = (text: string): readonly string[] => text.match(/@opentelemetry\/[\w-]+@[\d.]+/g) ?? [];
  const [block] = fencesOf(PAGE);
  const packages = packagesIn(block?.text ?? '');
  assert.equal(packages, packagesIn(read('src/adapters/opentelemetry/requirements.ts')));
  const { peerDependencies, devDependencies } = JSON.parse(read('package.json'));
  const names = packages.map((one) => one.slice(0, one.lastIndexOf('@')));
  assert.equal(
    [...names].sort(),
    Object.keys(peerDependencies).filter((name) => name.startsWith('@opentelemetry/')),
  );
  for (const [index, name] of names.entries()) {
    const version = packages[index]?.slice(name.length + 1);
    assert.match(devDependencies[name], new RegExp(`^[~^]${version}\\.`), name);
  }
});

test.run();
