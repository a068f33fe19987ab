import { readdirSync, readFileSync } from 'node:fs';
import { splitLines } from '../../../src/domain/logs/lines.ts';

/** The task that a recorded log is about; what is absent is so in the task, too. */
export type ExpectedTask = Readonly<{
  key: string;
  name: string;
  status: string;
  current: number | null;
  total: number | null;
  failed?: number;
  skipped?: number;
  failed_resources?: readonly string[];
  error_message?: string;
}>;

/** A log that a tool has printed on a sample project, see docs/testing.md. */
export type Recording = Readonly<{
  name: string;
  lines: readonly string[];
  expected: readonly ExpectedTask[];
}>;

const FOLDER = new URL('../../fixtures/tools/', import.meta.url);

const EXPECTED: Readonly<Record<string, readonly ExpectedTask[]>> = JSON.parse(
  readFileSync(new URL('expected.json', FOLDER), 'utf8'),
);

export const RECORDINGS: readonly Recording[] = readdirSync(FOLDER, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .flatMap(({ name: tool }) =>
    readdirSync(new URL(`${tool}/`, FOLDER)).map((file) => {
      const name = `${tool}/${file.replace(/\.log$/, '')}`;
      const lines = splitLines(readFileSync(new URL(`${tool}/${file}`, FOLDER), 'utf8'));
      return { name, lines, expected: EXPECTED[name] ?? [] };
    }),
  )
  .toSorted((a, b) => (a.name < b.name ? -1 : 1));

/** Names in the list of expectations for which there is no log. */
export const UNRECORDED: readonly string[] = Object.keys(EXPECTED).filter(
  (name) => !RECORDINGS.some((recording) => recording.name === name),
);
