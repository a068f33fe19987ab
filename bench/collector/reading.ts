/** The worker that measures what reading a line costs, in nanoseconds of processor time, beside splitting its text into lines. */
import { builtInFormats } from '../../src/domain/logs/formats/registry.ts';
import { logParser } from '../../src/domain/logs/parse.ts';
import { logReader } from '../../src/domain/logs/signals.ts';
import { answer, input } from '../lib/in-worker.ts';
import { interleave, type Measure, type Samples } from '../lib/interleave.ts';
import { readAsFirst } from './first-design.ts';
import { texts } from './texts.ts';

export type ReadingInput = Readonly<{ lines: number; rounds: number; warmups: number }>;

export const WAYS = ['splitting', 'as one text', 'as events', 'to tasks', 'first design'] as const;
export type Way = (typeof WAYS)[number];

export type ReadingOutput = readonly Readonly<{
  name: string;
  kind: 'progress' | 'none';
  /** The share of lines that were read as progress. */
  share: number;
  samples: Samples<Way>;
}>[];

/** Events of one stream in a page of CloudWatch Logs, and lines that `miyabi parse` takes at once. */
const BATCH = 1_000;
const CHUNK = 2_000;

const { lines: count, rounds, warmups } = input<ReadingInput>();

/** What is measured adds to it, so that nothing of it can be left out as unused. */
let sink = 0;
const reader = logReader(builtInFormats);

/** Of the processor's time, garbage collection and all: what else the machine does counts for nothing. */
const nanoseconds =
  (work: () => number): Measure =>
  () => {
    const began = process.cpuUsage();
    sink += work();
    const { user, system } = process.cpuUsage(began);
    return ((user + system) * 1000) / count;
  };

/** A text of its own, in one piece, as it comes out of a file or off the network. */
const inOnePiece = (text: string): string => Buffer.from(text).toString();

const output: ReadingOutput[number][] = [];
for (const { name, kind, lines } of texts(count)) {
  const text = inOnePiece(lines.join('\n'));
  const whole = [{ id: '0', timestamp: 0, message: text }];
  const events = lines.map((line, index) => ({
    id: String(index).padStart(20, '0'),
    timestamp: 1_767_225_600_000 + index * 37,
    message: inOnePiece(line),
  }));
  const batches = Array.from({ length: Math.ceil(count / BATCH) }, (_, index) =>
    events.slice(index * BATCH, (index + 1) * BATCH),
  );
  const signalsIn = (log: typeof events) => {
    const { ofStream, ofTask } = reader.read(log);
    let signals = ofStream.length;
    for (const ofOne of ofTask.values()) signals += ofOne.length;
    return signals;
  };
  const samples = await interleave<Way>(
    {
      splitting: nanoseconds(() => {
        let length = 0;
        for (const line of text.split('\n')) length += line.length;
        return length;
      }),
      'as one text': nanoseconds(() => signalsIn(whole)),
      'as events': nanoseconds(() => batches.reduce((signals, batch) => signals + signalsIn(batch), 0)),
      'to tasks': nanoseconds(() => {
        const parser = logParser(builtInFormats);
        for (let from = 0; from < lines.length; from += CHUNK) parser.add(lines.slice(from, from + CHUNK));
        return parser.tasks().length;
      }),
      'first design': nanoseconds(() => {
        let records = 0;
        for (const line of text.split('\n')) if (readAsFirst(line) !== undefined) records += 1;
        return records;
      }),
    },
    { rounds, warmups },
  );
  output.push({ name, kind, share: signalsIn(whole) / count, samples });
}
if (sink === 0) throw new Error('nothing was read');
answer(output);
