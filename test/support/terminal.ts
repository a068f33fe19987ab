import { spawn, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cleanEnv, scratch } from './cli.ts';

const helper = fileURLToPath(new URL('./terminal.py', import.meta.url));

export const hasPython = (): boolean =>
  process.platform === 'linux' &&
  spawnSync('python3', ['-c', 'import pty'], { stdio: 'ignore' }).status === 0;

export type InTerminal = Readonly<{
  code: number | null;
  signal: string | null;
  steps_left: number;
  output: string;
}>;

/** Runs a command in a pseudo-terminal; terminal.py describes the steps. */
export const inTerminal = async (
  argv: readonly string[],
  {
    rows = 24,
    columns = 80,
    steps = [],
    env = {},
    limitSeconds = 20,
  }: Readonly<{
    rows?: number;
    columns?: number;
    steps?: readonly string[];
    env?: Readonly<Record<string, string>>;
    /** A command that takes longer is killed. */
    limitSeconds?: number;
  }> = {},
): Promise<InTerminal> => {
  const folder = scratch();
  try {
    const file = join(folder.path, 'output');
    const child = spawn('python3', [helper, file, String(rows), String(columns), ...steps, '--', ...argv], {
      env: cleanEnv({ ...env, TERMINAL_LIMIT_SECONDS: String(limitSeconds) }),
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let reported = '';
    child.stdout.on('data', (chunk: Buffer) => {
      reported += chunk.toString();
    });
    await new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('close', resolve);
    });
    const { code, signal, steps_left } = JSON.parse(reported) as Omit<InTerminal, 'output'>;
    return { code, signal, steps_left, output: readFileSync(file, 'utf8') };
  } finally {
    folder.remove();
  }
};

/**
 * What a terminal of so many columns shows after these bytes: the rows that scrolled out and those on the screen. It
 * knows what our screen and the commands of the tests use: CR, LF, CSI A B C D G H J K m h l, ESC 7 8, wrapping, wide
 * characters of the bars none.
 */
export const emulate = (output: string, { rows, columns }: Readonly<{ rows: number; columns: number }>) => {
  const scrolled: string[] = [];
  let screen: string[][] = Array.from({ length: rows }, () => []);
  let row = 0;
  let column = 0;
  let saved = { row: 0, column: 0 };
  /** How often a picture that was complete had its live lines missing: what an eye sees as flicker. */
  const frames: string[] = [];
  let synchronized = false;
  const textOf = (cells: readonly string[]) =>
    Array.from(cells, (cell) => cell ?? ' ')
      .join('')
      .trimEnd();
  const show = () => {
    if (!synchronized) frames.push(screen.map(textOf).join('\n'));
  };
  const down = () => {
    if (row < rows - 1) row += 1;
    else {
      scrolled.push(textOf(screen[0] ?? []));
      screen = [...screen.slice(1), []];
    }
  };
  // biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences are what this reads
  for (const [token] of output.matchAll(/\u001b\[[0-9;?]*[A-Za-z]|\u001b[78=>]|[\s\S]/gu)) {
    if (token === '\r') column = 0;
    else if (token === '\n') down();
    else if (token === '\u001b7') saved = { row, column };
    else if (token === '\u001b8') ({ row, column } = saved);
    else if (token.startsWith('\u001b[')) {
      const count = Number(/\d+/.exec(token)?.[0] ?? 1);
      const cells = screen[row] ?? [];
      if (token === '\u001b[?2026h') synchronized = true;
      else if (token === '\u001b[?2026l') {
        synchronized = false;
        show();
      } else if (token.endsWith('A')) row = Math.max(0, row - count);
      else if (token.endsWith('B')) row = Math.min(rows - 1, row + count);
      else if (token.endsWith('K')) screen[row] = cells.slice(0, column);
      else if (token.endsWith('J')) {
        screen[row] = cells.slice(0, column);
        for (let below = row + 1; below < rows; below += 1) screen[below] = [];
      }
    } else if (token >= ' ') {
      if (column >= columns) {
        column = 0;
        down();
      }
      const cells = screen[row] ?? [];
      for (let gap = cells.length; gap < column; gap += 1) cells[gap] = ' ';
      cells[column] = token;
      screen[row] = cells;
      column += 1;
    }
  }
  return {
    scrolled,
    screen: screen.map(textOf),
    all: [...scrolled, ...screen.map(textOf)].join('\n').trimEnd(),
    frames,
  };
};
