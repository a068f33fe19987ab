import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import * as assert from 'uvu/assert';
import { parseAst } from 'vite';
import { suite } from './support/suite.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const MAX_LINES = 300;

type Source = Readonly<{ file: string; text: string; lines: readonly string[] }>;
type Node = Readonly<{ type: string; start: number; end: number; [key: string]: unknown }>;

const sources: readonly Source[] = execFileSync(
  'git',
  ['ls-files', '--', 'src', 'web/src', 'deploy', 'scripts', 'bench'],
  { cwd: ROOT, encoding: 'utf8' },
)
  .split('\n')
  .filter((file) => /\.tsx?$/.test(file))
  .map((file) => {
    const text = readFileSync(`${ROOT}${file}`, 'utf8');
    return { file, text, lines: text.split('\n') };
  });

const isNode = (value: unknown): value is Node =>
  typeof value === 'object' && value !== null && typeof Reflect.get(value, 'type') === 'string';

const nodesIn = function* (value: unknown): Generator<Node> {
  if (Array.isArray(value)) {
    for (const one of value) yield* nodesIn(one);
  } else if (isNode(value)) {
    yield value;
    for (const child of Object.values(value)) if (typeof child === 'object') yield* nodesIn(child);
  }
};

const lineOf = (text: string, position: number): number => text.slice(0, position).split('\n').length;

/** Casts whose reason is the same wherever they stand. */
const USUAL_CASTS: readonly RegExp[] = [
  /\bas (const|unknown)$/,
  // Within bounds; `noUncheckedIndexedAccess` makes every access possibly undefined.
  /\[[^\]]+\]\s+as [\w.<>]+$|\[[^\]]+\]\s+as \(typeof \w+\)\[number\]$/,
  // The keys of an object that is written down in the code.
  /^Object\.keys\(\w[\w.]*\) as /,
  // What Node throws, and where a TCP server listens.
  /\bas (NodeJS\.ErrnoException|AddressInfo)$/,
  // An object whose fields are unknown.
  /\bas (Readonly<)?Record<string, unknown>>?$/,
];

const hasReason = ({ lines }: Source, line: number): boolean =>
  /\s\/\/ /.test(lines[line - 1] ?? '') || lines.slice(Math.max(0, line - 4), line - 1).some(isComment);

const isComment = (line: string): boolean => /^\s*(\/\/|\/\*|\*)/.test(line);

// The slow one is run by `npm run check`, too.
const test = suite('sources');

test.slow('a cast says in a comment why it holds', () => {
  const unexplained = sources
    .filter(({ file }) => !file.startsWith('bench/'))
    .flatMap((source) =>
      [...nodesIn(parseAst(source.text, { lang: source.file.endsWith('x') ? 'tsx' : 'ts' }))]
        .filter(({ type }) => type === 'TSAsExpression')
        .map(({ start, end }) => ({
          line: lineOf(source.text, start),
          cast: source.text.slice(start, end).replace(/\s+/g, ' '),
        }))
        .filter(({ cast }) => !USUAL_CASTS.some((usual) => usual.test(cast)))
        .filter(({ line }) => !hasReason(source, line))
        .map(({ line, cast }) => `${source.file}:${line} ${cast}`),
    );
  assert.equal(unexplained, []);
});

test(`a file has at most ${MAX_LINES} lines of code, or says why it has more`, () => {
  const long = sources
    .filter(({ text }) => !/^\/\/ Over 300 lines: \S/m.test(text))
    .map(({ file, lines }) => ({
      file,
      code: lines.filter((line) => line.trim() !== '' && !isComment(line)).length,
    }))
    .filter(({ code }) => code > MAX_LINES)
    .map(({ file, code }) => `${file}: ${code} lines; split it or begin a comment with "// Over 300 lines:"`);
  assert.equal(long, []);
});

test.run();
