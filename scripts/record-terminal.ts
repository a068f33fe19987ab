// Records `miyabi run` in a terminal and writes it as an animated SVG for the README.
//
//   npm run build && npm run record          needs util-linux's `script`
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import xterm, { type IBufferCell, type Terminal } from '@xterm/headless';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const TARGET = join(ROOT, 'docs/images/run.svg');
const COLUMNS = 124;
const ROWS = 16;
const FRAMES_PER_SECOND = 5;
/** How long the last frame stays before the animation restarts, in seconds. */
const REST_SECONDS = 4;
const PROMPT = '$ npx miyabi run -- npx cdk deploy --all';

/** A terminal's first sixteen colours, and its background. */
const PALETTE = [
  ...['#3b4252', '#d9534f', '#4f9d69', '#d3a83c', '#4a7fb5', '#a47fb5', '#4fa3a3', '#d8dee9'],
  ...['#6b7689', '#e57373', '#7fc08f', '#e8c468', '#7fa8d4', '#c3a2d1', '#7fc4c4', '#eceff4'],
];
const FOREGROUND = '#d8dee9';
const BACKGROUND = '#1f2430';
const CELL = { width: 7.8, height: 17 };
const MARGIN = 14;

type Chunk = Readonly<{ at: number; bytes: Buffer }>;

/** The output of the run, with the second of each piece. */
const record = (): readonly Chunk[] => {
  const folder = mkdtempSync(join(tmpdir(), 'miyabi-recording-'));
  try {
    const [log, timing] = [join(folder, 'log'), join(folder, 'timing')];
    const cli = join(ROOT, 'dist/entrypoints/cli.js');
    const demo = join(ROOT, 'scripts/terminal-demo.ts');
    const run = `stty cols ${COLUMNS} rows ${ROWS}; '${process.execPath}' '${cli}' run --quiet -- '${process.execPath}' --import tsx '${demo}'`;
    const { MIYABI_URL: _server, NO_COLOR: _colour, ...env } = process.env;
    execFileSync('script', ['-q', '-e', '-c', run, '--log-out', log, '--log-timing', timing], {
      cwd: ROOT,
      stdio: ['ignore', 'ignore', 'inherit'],
      env: { ...env, TERM: 'xterm-256color' },
    });
    return chunksOf(readFileSync(log), readFileSync(timing, 'utf8'));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

/** `script` writes a header line before the output, and pairs of pause and length as timing. */
const chunksOf = (log: Buffer, timing: string): readonly Chunk[] => {
  let offset = log.indexOf('\n') + 1;
  let at = 0;
  return timing
    .trim()
    .split('\n')
    .map((line) => {
      const [pause = 0, length = 0] = line.split(' ').map(Number);
      at += pause;
      const bytes = log.subarray(offset, offset + length);
      offset += length;
      return { at, bytes };
    });
};

type Frame = Readonly<{ at: number; rows: readonly string[] }>;

/** The content of the terminal, a few times a second; equal frames are merged. */
const framesOf = async (chunks: readonly Chunk[]): Promise<readonly Frame[]> => {
  const terminal = new xterm.Terminal({ cols: COLUMNS, rows: ROWS, allowProposedApi: true });
  const write = (data: string | Uint8Array) => new Promise<void>((done) => terminal.write(data, done));
  const frames: Frame[] = [];
  await write(`${PROMPT}\r\n`);
  const show = (at: number) => {
    const buffer = terminal.buffer.active;
    const rows = Array.from({ length: ROWS }, (_, row) => rowOf(terminal, buffer.baseY + row));
    if (rows.join('\n') !== frames.at(-1)?.rows.join('\n')) frames.push({ at, rows });
  };
  show(0);
  let next = 0;
  const end = (chunks.at(-1)?.at ?? 0) + 1;
  for (let at = 0; at <= end; at += 1 / FRAMES_PER_SECOND) {
    for (let chunk = chunks[next]; chunk !== undefined && chunk.at <= at; chunk = chunks[next]) {
      await write(chunk.bytes);
      next += 1;
    }
    show(at);
  }
  return frames;
};

/** A row as SVG text spans, one per run of equal style. */
const rowOf = (terminal: Terminal, row: number): string => {
  const line = terminal.buffer.active.getLine(row);
  if (line === undefined) return '';
  const spans: { style: string; column: number; text: string }[] = [];
  for (let column = 0; column < COLUMNS; column += 1) {
    const cell = line.getCell(column);
    const chars = cell?.getChars() ?? '';
    if (cell === undefined || cell.getWidth() === 0) continue;
    const style = styleOf(cell);
    const last = spans.at(-1);
    if (last?.style === style) last.text += chars === '' ? ' ' : chars;
    else spans.push({ style, column, text: chars === '' ? ' ' : chars });
  }
  return spans
    .filter(({ text }) => text.trim() !== '')
    .map(({ style, column, text }) => {
      const x = (column * CELL.width).toFixed(1);
      const length = (text.trimEnd().length * CELL.width).toFixed(1);
      return `<tspan x="${x}" textLength="${length}"${style}>${escapeXml(text.trimEnd())}</tspan>`;
    })
    .join('');
};

const styleOf = (cell: IBufferCell): string => {
  const fill = cell.isFgPalette() ? PALETTE[cell.getFgColor()] : undefined;
  return [
    fill === undefined ? '' : ` fill="${fill}"`,
    cell.isBold() ? ' font-weight="bold"' : '',
    cell.isDim() ? ' opacity=".65"' : '',
  ].join('');
};

const escapeXml = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

/** Each distinct row is defined once; a frame is a group of references that the animation shows at its time. */
const svgOf = (frames: readonly Frame[]): string => {
  const ids = new Map<string, string>();
  const idOf = (row: string) => {
    const known = ids.get(row);
    if (known !== undefined) return known;
    const id = `r${ids.size}`;
    ids.set(row, id);
    return id;
  };
  const duration = (frames.at(-1)?.at ?? 0) + REST_SECONDS;
  const percent = (at: number) => `${((100 * at) / duration).toFixed(2)}%`;
  const groups = frames.map(({ rows }, index) => {
    const uses = rows.flatMap((row, line) =>
      row === '' ? [] : [`<use href="#${idOf(row)}" y="${line * CELL.height}"/>`],
    );
    return `<g class="f f${index}">${uses.join('')}</g>`;
  });
  const animations = frames.map(({ at }, index) => {
    const from = percent(at);
    const to = percent(frames[index + 1]?.at ?? duration);
    const before = index === 0 ? '' : `0%,${from}{visibility:hidden}`;
    return `@keyframes k${index}{${before}${from},${to}{visibility:visible}${index === frames.length - 1 ? '' : `${to},100%{visibility:hidden}`}}.f${index}{animation-name:k${index}}`;
  });
  const width = Math.ceil(COLUMNS * CELL.width + 2 * MARGIN);
  const height = ROWS * CELL.height + 2 * MARGIN;
  const rows = [...ids].map(([row, id]) => `<text id="${id}" y="13">${row}</text>`);
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="A terminal in which miyabi run wraps cdk deploy: the command's own output scrolls, and below it live bars show how far each stack is.">
<style>text{font:13px ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace;fill:${FOREGROUND};white-space:pre}.f{visibility:hidden;animation:${duration.toFixed(1)}s step-end infinite}${animations.join('')}@media (prefers-reduced-motion:reduce){.f{animation:none}.f${Math.floor(frames.length * 0.6)}{visibility:visible}}</style>
<rect width="100%" height="100%" rx="8" fill="${BACKGROUND}"/>
<defs>${rows.join('\n')}</defs>
<g transform="translate(${MARGIN} ${MARGIN})">
${groups.join('\n')}
</g>
</svg>
`;
};

const frames = await framesOf(record());
const svg = svgOf(frames);
writeFileSync(TARGET, svg);
process.stdout.write(`${frames.length} frames, ${Math.round(svg.length / 1024)} KB: docs/images/run.svg\n`);
