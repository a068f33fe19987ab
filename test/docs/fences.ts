import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** The pages that people read: paths below the repository. */
export const PAGES: readonly string[] = [
  'README.md',
  'CONTRIBUTING.md',
  'CHANGELOG.md',
  'bench/README.md',
  ...['docs', 'docs/decisions'].flatMap((folder) =>
    readdirSync(join(ROOT, folder))
      .filter((name) => name.endsWith('.md'))
      .map((name) => `${folder}/${name}`),
  ),
];

export const read = (page: string): string => readFileSync(join(ROOT, page), 'utf8');

/** A fenced block. `note` is the HTML comment right above it: `run`, or `not run: why`. */
export type Fence = Readonly<{ page: string; line: number; language: string; text: string; note: string }>;

export const fencesOf = (page: string): readonly Fence[] => {
  const text = read(page);
  return [...text.matchAll(/(?:^<!-- (.*?) -->\n)?^```(\w*)\n([\s\S]*?)^```/gm)].map((match) => {
    const [, note = '', language = '', body = ''] = match;
    return { page, line: text.slice(0, match.index).split('\n').length, language, text: body, note };
  });
};
