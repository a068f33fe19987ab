// Repeats one request on a given number of connections, in a process of its own that lives as long
// as the benchmark, so that every server meets the same warm client.
import autocannon from 'autocannon';

/** One measurement. `seconds` is rounded up to quarters. */
export type Load = Readonly<{ url: string; connections: number; seconds: number }>;
/** Answers, and how many of them a second; the latency in milliseconds below which half and 99 % of the answers came. */
export type Loaded = Readonly<{ answers: number; rate: number; p50: number; p99: number }>;

const STEP_MS = 250;

const run = async ({ url, connections, seconds }: Load): Promise<Loaded> => {
  const latencies: number[] = [];
  let first = 0;
  let last = 0;
  const running = autocannon({ url, connections, duration: seconds - STEP_MS / 2_000, sampleInt: STEP_MS });
  running.on('response', (_client, _status, _bytes, ms) => {
    last = performance.now();
    if (latencies.length === 0) first = last - ms;
    latencies.push(ms);
  });
  const { errors, non2xx } = await running;
  if (errors > 0 || non2xx > 0) throw new Error(`${errors} errors, ${non2xx} answers other than 2xx`);
  latencies.sort((a, b) => a - b);
  const at = (share: number) => latencies[Math.ceil(latencies.length * share) - 1] ?? Number.NaN;
  const rate = latencies.length / ((last - first) / 1_000);
  return { answers: latencies.length, rate, p50: at(0.5), p99: at(0.99) };
};

process.on('message', (load: Load) => {
  run(load).then(
    (loaded) => process.send?.({ loaded }),
    (error: unknown) => process.send?.({ failed: String(error) }),
  );
});
process.on('disconnect', () => process.exit(0));
