import * as fc from 'fast-check';
import * as assert from 'uvu/assert';
import { builtInFormats } from '../../../src/domain/logs/formats/registry.ts';
import { advance, emptyLedger, type Ledger } from '../../../src/domain/logs/ledger.ts';
import { logReader } from '../../../src/domain/logs/signals.ts';
import { ledgerFromJson, ledgerToJson } from '../../../src/domain/logs/stored-ledger.ts';
import { repeats, suite } from '../../support/suite.ts';
import { anyLine, checkRun } from './any-line.ts';

/** Random and mutated lines through all that a server does with them. `FUZZ_SEED` repeats a run that has failed. */
const LINES = repeats({ few: 200, all: 20_000 });
const SEED = Number(process.env['FUZZ_SEED'] ?? Date.now() % 2 ** 31);
const BATCH = 50;
const BATCHES_A_STREAM = 40;

const reader = logReader(builtInFormats);
const FORMATS = new Map(builtInFormats.map((format) => [format.name, format]));

const test = suite(`Fuzz with seed ${SEED}`);

test(`${LINES} random and mutated lines give no exception, no NaN, nothing below 0 or over 100 %`, () => {
  let ledger: Ledger = emptyLedger;
  let batches = 0;
  fc.assert(
    fc.property(fc.array(anyLine, { minLength: BATCH, maxLength: BATCH }), fc.boolean(), (lines, late) => {
      if (batches % BATCHES_A_STREAM === 0) ledger = emptyLedger;
      batches += 1;
      const events = lines.map((message, index) => ({
        id: `e${batches * BATCH + index}`,
        timestamp: (late ? batches - 2 : batches) * 1000 + index,
        message,
      }));
      const reading = reader.read(events);
      const step = advance(ledger, reading.ofStream, FORMATS, { wholeTask: false });
      for (const { observation } of step.changes) checkRun(observation);
      for (const signals of reading.ofTask.values()) {
        const { changes } = advance(emptyLedger, signals, FORMATS, { wholeTask: true });
        for (const { observation } of changes) checkRun(observation);
      }
      const read = ledgerFromJson(JSON.parse(JSON.stringify(ledgerToJson(step.ledger, FORMATS))), FORMATS);
      assert.equal([...step.dropped, ...read.dropped], [], 'no format fails on what it has stored');
      ledger = read.ledger;
    }),
    { numRuns: Math.ceil(LINES / BATCH), seed: SEED, endOnFailure: true },
  );
});

test.run();
