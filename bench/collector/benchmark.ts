import type { Benchmark, Context } from '../lib/benchmark.ts';
import { interleave } from '../lib/interleave.ts';
import { type Bound, type Comparison, type Row, ratio } from '../lib/report.ts';
import type { Runtime } from '../lib/runtimes.ts';
import { median } from '../lib/statistics.ts';
import { bundleWorker, runWorker } from '../lib/worker.ts';
import type { CollectingInput, CollectingOutput } from './collecting.ts';
import type { IdleInput, IdleOutput } from './idle.ts';
import type { ParsingInput, ParsingOutput } from './parsing.ts';
import type { ReadingInput, ReadingOutput, Way } from './reading.ts';

/** How many lines and events, and how often. */
type Size = Readonly<{
  reading: ReadingInput;
  events: number;
  rounds: number;
  parsing: ParsingInput;
  idle: IdleInput;
}>;

const FULL: Size = {
  reading: { lines: 20_000, rounds: 15, warmups: 3 },
  events: 1_000_000,
  rounds: 15,
  parsing: { megabytes: 200 },
  // Each file is looked at once in 30 to 60 seconds.
  idle: { files: 9_500, folders: 95, seconds: 120 },
};
/** For the goals: the same size in fewer rounds. */
const GOALS: Size = { ...FULL, rounds: 5 };
const QUICK: Size = {
  reading: { lines: 8_000, rounds: 5, warmups: 2 },
  events: 100_000,
  rounds: 2,
  parsing: { megabytes: 5 },
  idle: { files: 9_500, folders: 95, seconds: 20 },
};

const ROWS_OF_CDK = 'CDK rows';
const SPLITTING = 'splitting into lines';

export const benchmark: Benchmark = {
  name: 'collector',
  title: 'Collector: what reading a log costs',

  async run({ quick, goals, runtimes, say }: Context) {
    const size = quick ? QUICK : goals ? GOALS : FULL;
    const reading = await bundleWorker('bench/collector/reading.ts');
    const collecting = await bundleWorker('bench/collector/collecting.ts');
    const parsing = await bundleWorker('bench/collector/parsing.ts');
    const idling = await bundleWorker('bench/collector/idle.ts');
    const comparisons: Comparison[] = [];
    const bounds: Bound[] = [];
    for (const runtime of runtimes) {
      if (!goals) {
        say(`reading, ${runtime.name}`);
        const read = await runWorker<ReadingOutput>(runtime, reading, size.reading);
        const tables = readingTables(runtime, read);
        comparisons.push(...tables);
        bounds.push(...readingBounds(runtime, read, tables));
      }
      say(`collecting ${size.events} events, ${runtime.name}`);
      const { tables: more, growth, effort } = await collectingTables(runtime, collecting, size);
      comparisons.push(...more);
      say(`parsing ${size.parsing.megabytes} MB, ${runtime.name}`);
      const parsed = await runWorker<ParsingOutput>(runtime, parsing, size.parsing, { flags: [] });
      say(`following ${size.idle.files} idle files, ${runtime.name}`);
      const idle = await runWorker<IdleOutput>(runtime, idling, size.idle, { flags: [] });
      bounds.push(
        {
          what: `${size.idle.files.toLocaleString('en')} idle log files, of one core`,
          runtime: runtime.name,
          measured: idle.share * 100,
          limit: 2,
          sense: 'at most',
          unit: '%',
          note: IDLE_NOTE,
        },
        {
          what: `${size.events.toLocaleString('en')} events end to end, processor time of the first design's method`,
          runtime: runtime.name,
          measured: effort,
          limit: 1,
          sense: 'at most',
          unit: '×',
          note: COLLECTING_NOTE,
        },
        {
          what: `miyabi parse, ${size.parsing.megabytes} MB with a new task on each line, resident memory`,
          runtime: runtime.name,
          measured: parsed.most / MEGABYTE,
          limit: 300,
          sense: 'at most',
          unit: 'MB',
        },
      );
      bounds.push({
        what: `${size.events.toLocaleString('en')} events end to end, resident memory above the start`,
        runtime: runtime.name,
        measured: growth,
        limit: 150,
        sense: 'at most',
        unit: 'MB',
        note: 'about 31 MB of it is making the events, the rest the ledgers and tasks of 1,264 deployments in memory stores, which a collector with remote stores does not hold, and garbage that is still young; keeping history or copying checkpoints as well was tried and takes more',
      });
    }
    return { comparisons, bounds };
  },
};

const IDLE_NOTE =
  'what is left is a look at each file every 30 to 60 seconds, 32 at a time, and of each folder a call that a thread of Node makes';

const COLLECTING_NOTE =
  'the profile is flat: reading is three tenths of it, folding a quarter, the writes of tasks and metrics a seventh, making the events and collecting garbage a tenth each, and no line of code takes more than 2 %; the first design writes one put for each record and keeps no ledger';

const WAYS: readonly (readonly [Way, string])[] = [
  ['as one text', 'Reading a text of so many lines'],
  ['as events', 'Reading events of one line each, 1,000 at a time'],
  ['to tasks', 'Reading and folding into tasks, as `miyabi parse` does'],
  ['first design', "The first design's method: patterns compiled for each line"],
];

/** Every sample of a text by the median of splitting that text in the same run: so a ratio of two rows stays one. */
const readingTables = (runtime: Runtime, read: ReadingOutput): readonly Comparison[] => [
  ...WAYS.map(([way, title]): Comparison => {
    const rows = read.map(({ name, samples }): Row => {
      const unit = median(samples.splitting);
      return { name, samples: samples[way].map((sample) => sample / unit) };
    });
    const splitting = read.flatMap(({ samples }) =>
      samples.splitting.map((sample) => sample / median(samples.splitting)),
    );
    return {
      title,
      unit: '× splitting the same text',
      runtime: runtime.name,
      baseline: SPLITTING,
      rows: [{ name: SPLITTING, samples: splitting }, ...rows],
    };
  }),
  {
    title: 'Lines a second, as events of one line each, 1,000 at a time',
    unit: 'lines/s',
    runtime: runtime.name,
    baseline: ROWS_OF_CDK,
    rows: read.map(({ name, samples }) => ({
      name,
      samples: samples['as events'].map((sample) => 1e9 / sample),
    })),
  },
];

const readingBounds = (
  { name: runtime }: Runtime,
  read: ReadingOutput,
  [asText]: readonly Comparison[],
): readonly Bound[] => {
  if (asText === undefined) return [];
  const rows = read.find(({ name }) => name === ROWS_OF_CDK);
  return [
    {
      what: 'reading CDK rows',
      runtime,
      measured: ratio(asText, ROWS_OF_CDK),
      limit: 6,
      sense: 'at most',
      unit: '×',
      note: 'cutting a row at its bars into six strings and an object, and looking at nothing, takes 3.5 to 8 × already; of a row the search for hints takes 6 × splitting, cleaning it 8 ×, the formats before CDK 2 to 3 ×, one regular expression and its object 20 ×, and collecting the garbage, with all signals of the text alive, most of the rest',
    },
    {
      what: 'CDK rows a second, as events',
      runtime,
      measured: 1e9 / median(rows?.samples['as events'] ?? []),
      limit: 300_000,
      sense: 'at least',
      unit: 'rows/s',
      note: 'of about 1.9 µs for a row the search for hints takes 0.15, cleaning 0.2, the row itself 0.5, and joining events, placing the signal and collecting the garbage most of the rest',
    },
    ...read
      .filter(({ kind }) => kind === 'none')
      .map(
        ({ name }): Bound => ({
          what: `reading ${name}`,
          runtime,
          measured: ratio(asText, name),
          limit: 3,
          sense: 'at most',
          unit: '×',
          note: 'finding the line feed and searching for hints cost as much again as splitting, the first and last characters of each line too; each colon, slash and bracket is a stop of the search (a line of JSON has ten, a path five); behind a time stamp a prefix has to be taken off with three regular expressions',
        }),
      ),
  ];
};

const HOWS = ['pages', 'collector', 'first design'] as const;
const NAMES = {
  pages: 'making the events, and nothing else',
  collector: 'collecting them',
  'first design': "the first design's method: patterns compiled for each line, a write for each record",
} as const satisfies Record<CollectingInput['how'], string>;

const MEGABYTE = 2 ** 20;

const collectingTables = async (
  runtime: Runtime,
  program: string,
  { events, rounds }: Size,
): Promise<{ tables: readonly Comparison[]; growth: number; effort: number }> => {
  const outputs: Record<CollectingInput['how'], CollectingOutput[]> = {
    pages: [],
    collector: [],
    'first design': [],
  };
  const measure = (how: CollectingInput['how']) => async () => {
    const output = await runWorker<CollectingOutput>(runtime, program, { events, how });
    outputs[how].push(output);
    return output.ms;
  };
  const samples = await interleave(
    { pages: measure('pages'), collector: measure('collector'), 'first design': measure('first design') },
    { rounds },
  );
  const written = ({ writes }: CollectingOutput) =>
    Object.values(writes).reduce((sum, each) => sum + each, 0);
  const above = ({ most, before }: CollectingOutput) => (most - before) / MEGABYTE;
  const rowsOf = (names: readonly CollectingInput['how'][], value: (output: CollectingOutput) => number) =>
    names.map((how): Row => ({ name: NAMES[how], samples: outputs[how].map(value) }));
  const kinds = Object.entries(outputs.collector[0]?.writes ?? {})
    .map(([name, count]) => `${name} ${count.toLocaleString('en')}`)
    .join(', ');
  const shared = { runtime: runtime.name };
  return {
    growth: median(outputs.collector.map(above)),
    effort: median(samples.collector) / median(samples['first design']),
    tables: [
      {
        ...shared,
        title: `${events.toLocaleString('en')} events of ${outputs.collector[0]?.tasks ?? 0} deployments, end to end`,
        unit: 'ms of processor time',
        baseline: NAMES.pages,
        rows: HOWS.map((how) => ({ name: NAMES[how], samples: samples[how] })),
        note: 'Making the events is part of each. One event in ten is a row of CDK.',
      },
      {
        ...shared,
        title: 'Resident memory above the start, at most',
        unit: 'MB',
        baseline: NAMES.pages,
        rows: rowsOf(HOWS, above),
      },
      {
        ...shared,
        title: 'Writes to the stores for each event',
        unit: 'writes',
        baseline: NAMES['first design'],
        rows: rowsOf(['first design', 'collector'], (output) => written(output) / events),
        note: `Of the collector: ${kinds}.`,
      },
    ],
  };
};
