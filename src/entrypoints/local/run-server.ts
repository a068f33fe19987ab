import { randomBytes } from 'node:crypto';
import { constants } from 'node:os';
import { fileURLToPath } from 'node:url';
import { boundHeap } from '../../adapters/system/bounded-heap.ts';
import { httpApp } from '../../api/app.ts';
import { signedCursors } from '../../api/cursor.ts';
import { httpOptions, requireKeysBeyondLoopback } from '../../api/options.ts';
import { reportFailure } from '../../cli/report-failure.ts';
import { type Config, readConfig } from '../../config.ts';
import { compose } from '../../container/compose.ts';
import { playDemo } from './demo.ts';
import { repeat } from './repeat.ts';
import { serve } from './serve.ts';
import { staticFiles } from './static.ts';
import { startTracing } from './tracing.ts';
import { endsWithin } from './within.ts';

/** Under load, V8 by itself takes 60 to 120 MB for the young generation, and several times what is alive for the old one. */
const HEAP = { young: 12_000_000, growth: 40 };

/** How often to look for running tasks that have gone silent. */
const STALE_SWEEP_MS = 15_000;

/** How often the outbox is polled without a notification, so that failed deliveries are retried. */
const SEND_MS = 2_000;

/** How long a stopping server waits until its last spans are sent, in milliseconds. */
const SEND_SPANS_MS = 1_500;

/** Where the build puts the dashboard, for `dist` as well as for the sources. */
const DASHBOARD = fileURLToPath(new URL('../../../dist/web', import.meta.url));

/**
 * The local server: the HTTP application on a port, and a collector that follows the log folder. `command` is what the user
 * would type to start it with the demo.
 */
export const runServer = async ({
  demo,
  command,
}: Readonly<{ demo: boolean; command: string }>): Promise<void> => {
  boundHeap(HEAP);
  const config = readConfig(process.env);
  requireKeysBeyondLoopback(config);
  const files = await staticFiles(DASHBOARD);
  const tracing = await startTracing(config);
  const { logger, close, ...services } = await compose(config, tracing?.overrides, tracing?.decorate);
  const app = httpApp(
    { ...services, cursors: signedCursors(config.secret ?? randomBytes(32).toString('hex')) },
    logger,
    { ...httpOptions(config, services.rateLimiter), observe: tracing?.observe },
  );
  const { host, port } = config;
  const { follow } = tracing ?? {};
  const listening = await serve(app, { host, port, logger, files, follow }).catch(async (error: unknown) => {
    await close();
    throw error;
  });

  const stopping = new AbortController();
  const { webhookSender, outboxSignal } = services;
  const pauseMs = config.collectIntervalMs;
  const jobs = [
    repeat('collector', () => services.collector.collect({}), pauseMs, stopping.signal, logger),
    repeat('counter', services.counter.sweep, pauseMs, stopping.signal, logger),
    repeat('stale tasks', services.sweepStale, STALE_SWEEP_MS, stopping.signal, logger),
    repeat('webhooks', webhookSender.tick, SEND_MS, stopping.signal, logger, outboxSignal),
  ];
  if (demo) jobs.push(playDemo(services.progress, services.clock, stopping.signal));

  /** Requests and jobs end first, because they need the store; then the store is closed. */
  const stop = async () => {
    stopping.abort();
    const ended = Promise.all([
      listening.close(config.stopTimeoutMs),
      Promise.allSettled(jobs).then(() => webhookSender.idle()),
    ]);
    const isInTime = await endsWithin(ended, config.stopTimeoutMs);
    if (!isInTime) logger.warn('Stopped before everything had ended', { timeout_ms: config.stopTimeoutMs });
    await close();
    const isSent = tracing === undefined || (await endsWithin(tracing.close(), SEND_SPANS_MS));
    if (!isSent) logger.warn('Stopped before all traces were sent', { timeout_ms: SEND_SPANS_MS });
    // Unfinished work would keep the process alive.
    if (!isInTime || !isSent) process.exit(0);
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      // A second signal stops at once.
      if (stopping.signal.aborted) process.exit(128 + constants.signals[signal]);
      stop().catch((error: unknown) => {
        reportFailure('miyabi', error);
        process.exit(1);
      });
    });
  }

  // Last: a signal that answers it must find its handler.
  process.stdout.write(greeting(listening.url, config, demo ? undefined : command));
};

const greeting = (
  url: string,
  { taskStore, dataDir, apiKeys, otlp }: Config,
  demoCommand: string | undefined,
): string =>
  [
    `Miyabi Progress answers at ${url}`,
    taskStore === 'memory'
      ? 'Data is kept in memory only'
      : `Data is kept in ${taskStore === 'embedded' ? dataDir : taskStore === 'dynamodb' ? 'DynamoDB' : taskStore}`,
    ...(apiKeys.length === 0
      ? ['No API_KEYS are set: it asks for no key, and only this machine reaches it']
      : []),
    ...(otlp === undefined ? [] : [`Traces are sent to ${new URL(otlp.endpoint).origin}`]),
    demoCommand === undefined
      ? `Watch the demo there, or with: curl -s ${url}/api/tasks`
      : `Try next: Ctrl-C, then ${demoCommand}`,
    '',
  ].join('\n');
