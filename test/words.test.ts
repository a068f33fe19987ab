import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import * as assert from 'uvu/assert';
import { parseAst } from 'vite';
import { suite } from './support/suite.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** Names that say too little, and what to write. */
const NAMES: Readonly<Record<string, string>> = {
  'told|untold|toldTask': 'public, published, reported',
  'tell|tells|telling|TELLING': 'report, send, publish',
  'bell|rings': 'signal, notify',
  'promising|openLater|bindLater|late[A-Z]\\w*|LATE_GLOBALS': 'lazy',
  'near[A-Z]\\w*': 'cached',
  'won|untilWon': 'saved, retryOnConflict',
  'turn|inTurn': 'keyedMutex',
  'moves|stir|sift|seal|unseal|sealed|settle|settled|isSettled|born|gone':
    'changes, touch, filter, compact, prune, createdAt, removed',
  'signs|hasSigns|slots': 'prefilter, hint',
  'trail|rhythm': 'unread, staleness',
  'LEAN|lean|fewRedisCommands': 'what is replaced by what',
  'asked|Asked|question': 'requested, request, benchmark',
  'patience|ALWAYS_UP': 'timeout, healthy',
  'mend|mendFor|anew|nobody|NOBODY': 'fix, again, anonymous',
};

const UNCLEAR = Object.entries(NAMES).map(([words, better]) => [new RegExp(`^(${words})$`), better] as const);

/** Words that a reader has to decode, in comments, texts and documentation. */
const PROSE =
  /\b(untold|told|nobody|whoever|anew|mend(s|ed|ing)?|dear|dearer|lately|somebody|everybody|anybody|lets go of|gets to know|has it that|says of itself|how manieth)\b/i;

/** Where a word is not ours to choose. */
const ALLOWED: readonly Readonly<{ file: RegExp; word: RegExp; why: string }>[] = [
  { file: /^src\/adapters\/dynamodb\//, word: /^untold$/, why: 'an attribute that release 0.1.0 reads' },
  { file: /^src\/adapters\/file\/marks\.ts$/, word: /^(born|gone)$/, why: 'fields of stored cursors' },
  { file: /^test\/adapters\/dynamodb\/unknown/, word: /^trail$/, why: 'an attribute of stored items' },
  { file: /^deploy\/scripts\/program\.ts$/, word: /^question$/, why: 'a method of node:readline' },
  {
    file: /^web\/(src\/favicon|vite\.config)\.ts$/,
    word: /^seal$/,
    why: 'the mark of the product is a seal',
  },
  { file: /^test\/words\.test\.ts$/, word: /./, why: 'the list itself' },
];

const files: readonly string[] = execFileSync('git', ['ls-files'], { cwd: ROOT, encoding: 'utf8' })
  .split('\n')
  .filter((file) => /\.(tsx?|mjs|md)$/.test(file) && !/^test\/(fixtures|golden\/\d)/.test(file));
const textOf = (file: string): string => readFileSync(`${ROOT}${file}`, 'utf8');

const isAllowed = (file: string, word: string): boolean =>
  ALLOWED.some((one) => one.file.test(file) && one.word.test(word));

const namesIn = (node: unknown, found = new Set<string>()): ReadonlySet<string> => {
  if (Array.isArray(node)) for (const one of node) namesIn(one, found);
  else if (typeof node === 'object' && node !== null) {
    const name: unknown = Reflect.get(node, 'name');
    if (/^(Private)?Identifier$/.test(String(Reflect.get(node, 'type'))) && typeof name === 'string')
      found.add(name);
    for (const child of Object.values(node)) namesIn(child, found);
  }
  return found;
};

/** Of tests only the comments: their texts may contain anything. */
const proseOf = (file: string): readonly string[] => {
  const lines = textOf(file).split('\n');
  return file.startsWith('test/') ? lines.map((line) => (/^\s*(\/\/|\/?\*)/.test(line) ? line : '')) : lines;
};

// The slow ones are run by `npm run check`, too.
const test = suite('words');

test.slow('names say what they are, in common words', () => {
  const wrong = files
    .filter((file) => /\.tsx?$/.test(file))
    .flatMap((file) =>
      [...namesIn(parseAst(textOf(file), { lang: file.endsWith('x') ? 'tsx' : 'ts' }))]
        .filter((name) => UNCLEAR.some(([words]) => words.test(name)) && !isAllowed(file, name))
        .flatMap((name) =>
          UNCLEAR.filter(([words]) => words.test(name)).map(
            ([, better]) => `${file}: ${name}; better: ${better}`,
          ),
        ),
    );
  assert.equal(wrong, []);
});

test('files are not named in riddles', () => {
  assert.equal(
    files.filter((file) =>
      /(^|\/)(parts|trail|rhythm|counting|lean|late|tell|question|asked|moves)\.[a-z]+$/.test(file),
    ),
    [],
  );
});

test.slow('comments, texts and documentation use plain words', () => {
  const wrong = files.flatMap((file) =>
    proseOf(file).flatMap((line, index) => {
      const [word] = PROSE.exec(line) ?? [];
      return word === undefined || isAllowed(file, word) ? [] : [`${file}:${index + 1} ${word}`];
    }),
  );
  assert.equal(wrong, []);
});

test.run();
