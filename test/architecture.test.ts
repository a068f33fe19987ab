import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as assert from 'uvu/assert';
import { suite } from './support/suite.ts';

const SRC = resolve(dirname(fileURLToPath(import.meta.url)), '../src');

/** What each room may import from: itself, and what lies further in. */
const MAY_IMPORT: Record<string, readonly string[]> = {
  domain: ['domain'],
  ports: ['ports', 'domain'],
  services: ['services', 'ports', 'domain'],
  adapters: ['adapters', 'ports', 'domain'],
  'config.ts': ['ports', 'domain'],
  contracts: ['contracts', 'adapters', 'ports', 'domain'],
  testing: ['adapters'],
  client: ['client', 'api'],
  api: ['api', 'services', 'ports', 'domain', 'config.ts'],
  cli: ['cli', 'client', 'container', 'adapters', 'ports', 'domain', 'config.ts'],
  container: ['container', 'services', 'adapters', 'ports', 'domain', 'config.ts'],
  entrypoints: [
    'entrypoints',
    'cli',
    'api',
    'container',
    'services',
    'adapters',
    'ports',
    'domain',
    'config.ts',
  ],
};

/** Packages that belong to one place only. */
const ONLY_IN: readonly (readonly [pattern: RegExp, place: RegExp])[] = [
  [/^(inversify|reflect-metadata)$/, /^container\//],
  [/^@aws-sdk\//, /^adapters\/(dynamodb|cloudwatch)\//],
  [/^ioredis/, /^adapters\/redis\//],
  [/^exponential-backoff$/, /^adapters\/exponential-backoff\//],
  [/^@modelcontextprotocol\//, /^cli\/mcp\//],
  [/^@opentelemetry\//, /^adapters\/opentelemetry\//],
  [/^dynalite$/, /^adapters\/dynalite\//],
];

type Import = Readonly<{ file: string; specifier: string }>;

const sourceFiles = readdirSync(SRC, { recursive: true, encoding: 'utf8' }).filter((file) =>
  file.endsWith('.ts'),
);

const importsOf = (file: string): readonly Import[] => {
  const text = readFileSync(join(SRC, file), 'utf8');
  const found = text.matchAll(/(?:\bfrom\s+|\bimport\s*\(\s*|^import\s+)'([^']+)'/gm);
  return [...found].map((match) => ({ file: file.split(sep).join('/'), specifier: match[1] ?? '' }));
};

const imports = sourceFiles.flatMap(importsOf);
const roomOf = (path: string): string => path.split('/')[0] ?? '';
const targetOf = ({ file, specifier }: Import): string =>
  relative(SRC, resolve(SRC, dirname(file), specifier))
    .split(sep)
    .join('/');

const test = suite('architecture');

test('imports run inwards only', () => {
  assert.ok(imports.length > 100, 'the imports were found');
  const wrong = imports
    .filter(({ specifier }) => specifier.startsWith('.'))
    .filter((found) => !MAY_IMPORT[roomOf(found.file)]?.includes(roomOf(targetOf(found))))
    .map(({ file, specifier }) => `${file} imports ${specifier}`);
  assert.equal(wrong, []);
});

test('the client takes only types from the API: nothing of the server reaches a browser', () => {
  const wrong = sourceFiles
    .filter((file) => file.startsWith('client'))
    .flatMap((file) => [
      ...readFileSync(join(SRC, file), 'utf8').matchAll(
        /^(?:import|export) (?!type )[^;]*'\.\.\/api\/[^;]*;/gm,
      ),
    ])
    .map(([statement]) => statement);
  assert.equal(wrong, []);
});

test('an adapter imports no other technology', () => {
  const technology = (path: string) => path.split('/')[1];
  const shared = new Set(['memory', 'system']);
  const wrong = imports
    .filter(({ file, specifier }) => file.startsWith('adapters/') && specifier.startsWith('.'))
    .filter((found) => targetOf(found).startsWith('adapters/'))
    .filter(
      (found) =>
        technology(found.file) !== technology(targetOf(found)) &&
        !shared.has(technology(targetOf(found)) ?? ''),
    )
    .map(({ file, specifier }) => `${file} imports ${specifier}`);
  assert.equal(wrong, []);
});

test('the domain is pure: no package, no Node module, no clock, no chance', () => {
  const outside = imports
    .filter(({ file, specifier }) => file.startsWith('domain/') && !specifier.startsWith('.'))
    .map(({ file, specifier }) => `${file} imports ${specifier}`);
  assert.equal(outside, []);
  const impure = sourceFiles
    .filter((file) => file.startsWith('domain'))
    .filter((file) =>
      /Date\.now|new Date\(\)|Math\.random|process\.|console\./.test(readFileSync(join(SRC, file), 'utf8')),
    );
  assert.equal(impure, []);
});

test('services take time, timers and chance from ports', () => {
  const impure = sourceFiles
    .filter((file) => file.startsWith('services'))
    .filter((file) =>
      /Date\.now|new Date\(\)|Math\.random|setTimeout|setInterval|process\.[a-z]|console\./.test(
        readFileSync(join(SRC, file), 'utf8'),
      ),
    );
  assert.equal(impure, []);
});

test('ports and services import no package but the LRU cache', () => {
  const outside = imports
    .filter(({ file, specifier }) => /^(ports|services)\//.test(file) && !specifier.startsWith('.'))
    .filter(({ file, specifier }) => !(file.startsWith('services/') && specifier === 'lru-cache'))
    .map(({ file, specifier }) => `${file} imports ${specifier}`);
  assert.equal(outside, []);
});

test('a package that belongs to one technology stays with its adapter', () => {
  const strays = imports
    .filter(({ file, specifier }) =>
      ONLY_IN.some(([name, place]) => name.test(specifier) && !place.test(file)),
    )
    .map(({ file, specifier }) => `${file} imports ${specifier}`);
  assert.equal(strays, []);
});

test('only config.ts reads the environment, and only entrypoints hand it over', () => {
  const readers = sourceFiles.filter((file) => /process\.env/.test(readFileSync(join(SRC, file), 'utf8')));
  assert.equal(
    readers.filter((file) => !/^(entrypoints|cli)/.test(file)),
    [],
  );
});

test('parsed JSON is validated, never cast', () => {
  const casts = sourceFiles.flatMap((file) =>
    readFileSync(join(SRC, file), 'utf8')
      .split('\n')
      .filter(
        (line) =>
          /JSON\.parse\(.*\) as (?!Json\b|unknown\b)/.test(line) ||
          /: (?!Json\b|unknown\b|string\b)[^=]+ = JSON\.parse\(/.test(line),
      )
      .map((line) => `${file}: ${line.trim()}`),
  );
  assert.equal(casts, []);
});

test('a port has at most five methods', () => {
  const crowded = sourceFiles
    .filter((file) => file.startsWith('ports'))
    .flatMap((file) =>
      [...readFileSync(join(SRC, file), 'utf8').matchAll(/export interface (\w+) \{([\s\S]*?)\n\}/g)].map(
        ([, name, body]) => ({ name, methods: body?.match(/^ {2}\w+\??(<[^>]*>)?\(/gm)?.length ?? 0 }),
      ),
    );
  assert.ok(crowded.length >= 9, 'the ports were found');
  assert.equal(
    crowded.filter(({ methods }) => methods > 5 || methods === 0),
    [],
  );
});

/** Fakes that tests hand to the composition as ports. Everything else in `src` runs in production. */
const FAKES = new Set(
  ['backoff', 'clock', 'ids', 'logger', 'metrics', 'secrets', 'sleep', 'webhook-client'].map(
    (name) => `adapters/memory/${name}.ts`,
  ),
);

/** What only adapters from outside import: `miyabi-progress/ports`, `/contracts` and `/testing`. */
const FOR_ADAPTERS = /^(contracts\/|(ports|testing)\/index\.ts$)/;

test('production runs every adapter and every service: none is known to tests alone', () => {
  const reached = new Set<string>();
  const visit = (file: string): void => {
    if (reached.has(file)) return;
    reached.add(file);
    for (const found of imports) {
      if (found.file === file && found.specifier.startsWith('.')) visit(targetOf(found));
    }
  };
  for (const { file } of imports) if (/^(entrypoints|cli|client)\//.test(file)) visit(file);
  const unused = sourceFiles
    .map((file) => file.split(sep).join('/'))
    .filter((file) => !reached.has(file) && !file.endsWith('.d.ts'));
  assert.equal(
    unused.filter((file) => !FAKES.has(file) && !FOR_ADAPTERS.test(file)),
    [],
  );
  assert.equal(
    [...FAKES].filter((file) => reached.has(file)),
    [],
    'a fake that production uses is none',
  );
});

test('the system of the tests is built by the container, out of no service of its own', () => {
  const text = readFileSync(resolve(SRC, '../test/support/system.ts'), 'utf8');
  assert.match(text, 'container/compose.ts');
  assert.not.match(text, 'src/services/');
});

test('tests take their suites from test/support/suite.ts, which has no hooks and a limit for each test', () => {
  const folder = resolve(SRC, '../test');
  const direct = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((file) => file.split(sep).join('/'))
    .filter((file) => file.endsWith('.ts') && !file.startsWith('fixtures/'))
    .filter((file) => /^import .* from 'uvu';$/m.test(readFileSync(join(folder, file), 'utf8')));
  assert.equal(direct, ['support/suite.ts']);
});

test('miyabi run starts its command before it loads another command, the client or a format', () => {
  const loaded = new Set<string>();
  const load = (file: string): void => {
    if (loaded.has(file)) return;
    loaded.add(file);
    const text = readFileSync(join(SRC, file), 'utf8');
    for (const [, specifier = ''] of text.matchAll(/^import (?!type )(?:[^;]*?from )?'(\.[^']+)';/gm))
      load(targetOf({ file, specifier }));
  };
  load('cli/run/program.ts');
  assert.ok(loaded.has('cli/run/child.ts'), 'the imports were found');
  const early = [...loaded].filter((file) => /^(client|api|domain\/logs|cli\/commands)\//.test(file));
  assert.equal(early, ['cli/commands/run.ts']);
});

test.run();
