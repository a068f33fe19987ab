import { ALWAYS_FREE, HOURS, PRICES } from './prices.ts';

export const CACHES = ['none', 'node', 'serverless'] as const;
export type CacheChoice = (typeof CACHES)[number];

/** A month of use. */
export type Traffic = Readonly<{
  /** Requests to the API, millions. */
  requestsMillion: number;
  /** The API's processing time per request, milliseconds. */
  requestMs: number;
  /** Logs that are read, GB. */
  logsGb: number;
}>;

/** The estimate of the first design, which came to 56 to 57 $. */
export const FIRST_DESIGN: Traffic = { requestsMillion: 1, requestMs: 100, logsGb: 1 };

export const times = (factor: number, { requestsMillion, requestMs, logsGb }: Traffic): Traffic => ({
  requestsMillion: requestsMillion * factor,
  requestMs,
  logsGb: logsGb * factor,
});

/** The composition of the traffic. Each number is an assumption that can be questioned and changed here. */
const ASSUMPTIONS = {
  memoryGb: 0.25,
  /** Share of the requests; the rest reads one task. */
  shareOfLists: 0.2,
  shareOfWrites: 0.1,
  tasksInList: 20,
  /** Share of the reads that a cache answers. */
  cacheHits: 0.9,
  /** An item of a task takes two units, its point one, its entries in three indexes two each, the checkpoint one. */
  writeUnitsOfUpdate: 10,
  readUnitsOfUpdate: 3,
  /** Log lines become one update for each batch of a subscription. */
  updatesPerGbOfLogs: 100_000,
  collectorMs: 100,
  scheduledRuns: 60 * HOURS,
  scheduledMs: 300,
  /** A look into the outbox of the webhooks, once a minute too: a read unit for each of its four parts. */
  senderMs: 100,
  readUnitsOfLook: 4,
  storedGb: 1,
  /** Our own logs, from the functions and the gateway, for each million requests. */
  ownLogsGbPerMillion: 0.4,
  answerKb: 2,
  /** Of the requests, those that start a function first, and how long that is billed. */
  coldStarts: 0.01,
  initMs: 400,
  cachedGb: 0.1,
} as const;

/** The parts of the stack; a test compares them with the templates. */
export const STACK = {
  none: { alarmMetrics: 22, customMetrics: 9, secrets: 1, keys: 0, zones: 0 },
  node: { alarmMetrics: 25, customMetrics: 10, secrets: 2, keys: 1, zones: 1 },
  serverless: { alarmMetrics: 25, customMetrics: 10, secrets: 2, keys: 1, zones: 1 },
} as const satisfies Record<CacheChoice, unknown>;

/** One line of a bill: at list price, and less the permanent free tier. Dollars a month. */
export type Item = Readonly<{ what: string; list: number; net: number }>;

/** The bill of a month, in the order of the architecture. */
export const billOf = (cache: CacheChoice, traffic: Traffic): readonly Item[] => {
  const { requestsMillion, requestMs, logsGb } = traffic;
  const of = ASSUMPTIONS;
  const stack = STACK[cache];

  const updates = logsGb * of.updatesPerGbOfLogs;
  const invocationsMillion = requestsMillion + (updates + 2 * of.scheduledRuns) / 1e6;
  const gbSeconds =
    (requestsMillion * 1e3 * (requestMs + of.coldStarts * of.initMs) +
      (updates * of.collectorMs + of.scheduledRuns * (of.scheduledMs + of.senderMs)) / 1e3) *
    of.memoryGb;

  const misses = cache === 'none' ? 1 : 1 - of.cacheHits;
  const listsMillion = requestsMillion * of.shareOfLists;
  const writesMillion = requestsMillion * of.shareOfWrites;
  const gotMillion = requestsMillion - listsMillion - writesMillion;
  const updatesMillion = writesMillion + updates / 1e6;
  const scheduledMillion = (2 * of.scheduledRuns) / 1e6;
  const readUnits =
    misses * (gotMillion + listsMillion * (1 + of.tasksInList)) +
    updatesMillion * of.readUnitsOfUpdate +
    scheduledMillion +
    (of.readUnitsOfLook * of.scheduledRuns) / 1e6;
  const writeUnits = updatesMillion * of.writeUnitsOfUpdate + scheduledMillion;

  const keptGb = logsGb + requestsMillion * of.ownLogsGbPerMillion;
  const answersGb = requestsMillion * of.answerKb;
  return [
    item('API Gateway', [requestsMillion, PRICES.httpApiMillion]),
    item(
      'Lambda',
      [invocationsMillion, PRICES.lambdaMillion, ALWAYS_FREE.lambdaMillions],
      [gbSeconds, PRICES.lambdaGbSecond, ALWAYS_FREE.lambdaGbSeconds],
    ),
    item(
      'DynamoDB requests',
      [readUnits, PRICES.dynamodbReadMillion],
      [writeUnits, PRICES.dynamodbWriteMillion],
    ),
    item(
      'DynamoDB storage and backup',
      [of.storedGb, PRICES.dynamodbGb, ALWAYS_FREE.dynamodbGb],
      [of.storedGb, PRICES.dynamodbBackupGb],
    ),
    item(...cacheItem(cache, requestsMillion)),
    item(
      'Endpoint of CloudWatch Logs',
      [stack.zones * HOURS, PRICES.interfaceEndpointHour],
      [stack.zones * logsGb, PRICES.interfaceEndpointGb],
    ),
    item(
      'Logs',
      [keptGb, PRICES.logsGb, ALWAYS_FREE.logsGb],
      [keptGb, PRICES.logsKeptGb, ALWAYS_FREE.logsGb],
    ),
    item(
      'Alarms, metrics, dashboard',
      [stack.alarmMetrics, PRICES.alarmMetric, ALWAYS_FREE.alarmMetrics],
      [stack.customMetrics, PRICES.customMetric, ALWAYS_FREE.customMetrics],
      [1, PRICES.dashboard, ALWAYS_FREE.dashboards],
    ),
    item(
      'Secrets and key',
      [stack.secrets, PRICES.secret],
      [stack.keys, PRICES.kmsKey],
      // A function that starts decrypts its environment.
      [stack.keys * requestsMillion * of.coldStarts * 100, PRICES.kmsTenThousand],
    ),
    // Functions are in two zones and the cache in one: half of the bytes cross, and both directions are paid.
    item('Between zones', [stack.zones * answersGb, PRICES.crossZoneGb]),
    item(
      'CloudFront and transfer',
      [requestsMillion, PRICES.cloudfrontMillion, ALWAYS_FREE.cloudfrontMillions],
      [answersGb, PRICES.cloudfrontGb, ALWAYS_FREE.cloudfrontGb],
    ),
  ];
};

export const totalOf = (bill: readonly Item[], kind: 'list' | 'net'): number =>
  bill.reduce((sum, one) => sum + one[kind], 0);

type Part = readonly [quantity: number, price: number, free?: number];

const item = (what: string, ...parts: readonly Part[]): Item => ({
  what,
  list: parts.reduce((sum, [quantity, price]) => sum + quantity * price, 0),
  net: parts.reduce((sum, [quantity, price, free = 0]) => sum + Math.max(0, quantity - free) * price, 0),
});

const cacheItem = (cache: CacheChoice, requestsMillion: number): [what: string, ...parts: Part[]] => {
  const what = 'Cache';
  if (cache === 'none') return [what];
  if (cache === 'node') return [what, [HOURS, PRICES.cacheNodeHour]];
  return [
    what,
    [ASSUMPTIONS.cachedGb * HOURS, PRICES.cacheServerlessGbHour],
    // A request is a few commands of a kilobyte or two.
    [requestsMillion * 4, PRICES.cacheServerlessMillion],
  ];
};
