// Repeats one request on a given number of connections, in a process of its own that lives as long
// as the benchmark, so that every server meets the same warm client.
import autocannon from 'autocannon';
import { type Loaded, loaded } from '../lib/load.ts';

/** One measurement. `seconds` is rounded up to quarters. */
export type Load = Readonly<{ url: string; connections: number; seconds: number }>;

const STEP_MS = 250;

const run = ({ url, connections, seconds }: Load): Promise<Loaded> =>
  loaded(autocannon({ url, connections, duration: seconds - STEP_MS / 2_000, sampleInt: STEP_MS }));

process.on('message', (load: Load) => {
  run(load).then(
    (result) => process.send?.({ loaded: result }),
    (error: unknown) => process.send?.({ failed: String(error) }),
  );
});
process.on('disconnect', () => process.exit(0));
