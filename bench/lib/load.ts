import type autocannon from 'autocannon';

/** Answers, and how many a second; the latency in milliseconds below which half and 99 % of the answers came. */
export type Loaded = Readonly<{ answers: number; rate: number; p50: number; p99: number }>;

/** Waits for a load to end and sums its answers up. Throws if one of them is an error. */
export const loaded = async (running: ReturnType<typeof autocannon>): Promise<Loaded> => {
  const latencies: number[] = [];
  let first = 0;
  let last = 0;
  running.on('response', (_client, _status, _bytes, ms) => {
    last = performance.now();
    if (latencies.length === 0) first = last - ms;
    latencies.push(ms);
  });
  const { errors, non2xx } = await running;
  if (errors > 0 || non2xx > 0) throw new Error(`${errors} errors, ${non2xx} answers other than 2xx`);
  latencies.sort((a, b) => a - b);
  const at = (share: number) => latencies[Math.ceil(latencies.length * share) - 1] ?? Number.NaN;
  return {
    answers: latencies.length,
    rate: latencies.length / ((last - first) / 1_000),
    p50: at(0.5),
    p99: at(0.99),
  };
};
