// Runs the suites of one test file and reports to file descriptor 3. The runner starts one such process for each file.
import { writeSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { inspect, parseArgs } from 'node:util';
import type { RunEvent } from './events.ts';

const REPORT = 3;

type SuiteRun = () => Promise<
  readonly [failures: string | true, passed: number, skipped: number, total: number]
>;

declare global {
  // The names are uvu's; its own `uvu/run` sets them in the same way.
  var UVU_DEFER: number | undefined;
  var UVU_QUEUE: SuiteRun[][];
}

const send = (event: RunEvent): void => {
  writeSync(REPORT, `${JSON.stringify(event)}\n`);
};

/** Keeps uvu's names, dots and counts off standard output, and nothing else. */
const muteUvu = (): void => {
  const write = process.stdout.write.bind(process.stdout);
  const ofUvu = /^(?:[•✘] | [^\n]+ {2}| {2}\(\d+ \/ \d+\)\n)$/;
  process.stdout.write = ((chunk: string | Uint8Array, ...rest: []) =>
    typeof chunk === 'string' && ofUvu.test(chunk) ? true : write(chunk, ...rest)) as typeof write;
};

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { title: { type: 'string' }, linger: { type: 'string', default: '15000' } },
});
const [file = ''] = positionals;
const lingerMs = Number(values.linger);

globalThis.UVU_DEFER = 1;
globalThis.UVU_QUEUE = [[]];
// After the lines above: uvu reads them when it is loaded.
const { checkThatAllRun, reportTo } = await import('../support/suite.ts');
reportTo(REPORT, values.title);

try {
  await import(pathToFileURL(resolve(file)).href);
  checkThatAllRun();
  muteUvu();
  let failed = false;
  for (const runSuite of globalThis.UVU_QUEUE[0] ?? []) {
    const [failures, passed, skipped, total] = await runSuite();
    if (failures !== true) {
      failed = true;
      send({ kind: 'failures', text: failures });
    }
    send({ kind: 'counts', passed, failed: total - passed, skipped });
  }
  process.exitCode = failed ? 1 : 0;
  send({ kind: 'done' });
  setTimeout(() => {
    const open = process.getActiveResourcesInfo().filter((name) => name !== 'PipeWrap');
    send({
      kind: 'problem',
      text: `still open ${lingerMs / 1_000} s after the last test: ${open.join(', ')}`,
    });
    process.exit(1);
  }, lingerMs).unref();
} catch (error) {
  send({ kind: 'problem', text: inspect(error) });
  process.exit(1);
}
