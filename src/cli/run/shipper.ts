import { problemIn, refusal } from '../../client/index.ts';
import { backoffMs } from '../../domain/backoff.ts';
import { defined } from '../../domain/defined.ts';
import { isJsonObject, type JsonObject } from '../../domain/json.ts';
import { wordsOf } from '../server.ts';
import type { Answer, Sender } from './sender.ts';
import type { Backlog, Batch, RunHeader } from './spool.ts';

/**
 * How the lines of a run fared. `unsent`: some wait in the spool. `damage`: files with lines of earlier runs that could
 * not be read. `problem` says why lines wait, or what the server refused.
 */
export type Shipped = Readonly<{
  unsent: boolean;
  dropped: number;
  refused: number;
  damage: readonly string[];
  problem?: string;
  /** Why the server has the lines only, and not how the run went. */
  linesOnly?: string;
}>;

export type Shipper = Readonly<{
  /** New lines are in the backlog. */
  wake(): void;
  /**
   * Continues until everything is sent, the time is over, the signal aborts, or the server is plainly not there; the
   * rest stays in the backlog. Ends with `close` of every backlog.
   */
  finish(limitMs: number, signal?: AbortSignal): Promise<Shipped>;
}>;

/** A post may have 256 KiB; this leaves room for the rest of the body. */
const POST_BYTES = 240 * 1024;
/** How long new lines are collected, in milliseconds. */
const LINGER_MS = 100;
const RETRY = { firstMs: 250, lastMs: 30_000 };
/** How long the end of a run keeps trying a server that does not answer. */
const GRACE_MS = 1_000;
const POST_TIMEOUT_MS = 15_000;

type Outcome =
  | Readonly<{ kind: 'sent' }>
  | Readonly<{ kind: 'poisoned' | 'away' | 'refused'; problem: string; retryMs?: number }>;

/**
 * Sends backlogs one after another: the run's own, and, when that is empty, those of earlier runs. `earlier` returns
 * the next of them, undefined if there are no more.
 */
export const shipper = (
  client: Sender,
  own: Backlog | undefined,
  earlier: () => Promise<Backlog | undefined>,
  random: () => number = Math.random,
): Shipper => {
  const aborting = new AbortController();
  let closing = false;
  let wakeUp: (() => void) | undefined;
  let hurry: (() => void) | undefined;
  let woken = false;
  let failures = 0;
  let answered = false;
  let refused = 0;
  let problem: string | undefined;
  let linesOnly: string | undefined;
  let current: Backlog | undefined;
  let noneEarlier = false;
  let failingSince: number | undefined;
  const damage: string[] = [];
  const noteDamage = (backlog: Backlog) => {
    const file = backlog.damaged();
    if (file !== undefined) damage.push(file);
  };

  const wake = () => {
    woken = true;
    wakeUp?.();
  };

  /** Until there is something new, or the end has come. */
  const news = () =>
    new Promise<void>((resolve) => {
      if (woken || closing) resolve();
      else wakeUp = resolve;
    });

  /** For a while, or until the end has come. */
  const pause = (ms: number) =>
    new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      hurry = () => {
        clearTimeout(timer);
        resolve();
      };
    });

  /** Sends a request, and says what became of it; `took` tells the answer of a server of Miyabi from a page of another. */
  const send = async (
    path: string,
    body: string | Buffer<ArrayBuffer>,
    took: (answer: Answer) => boolean,
  ): Promise<Outcome> => {
    let answer: Answer;
    try {
      answer = await client.send({
        method: 'POST',
        path,
        headers: { 'content-type': 'application/json' },
        body,
        timeoutMs: POST_TIMEOUT_MS,
        signal: aborting.signal,
      });
    } catch (error) {
      return { kind: 'away', problem: error instanceof Error ? error.message : String(error) };
    }
    answered = true;
    const { status, headers, text } = answer;
    if (took(answer)) return { kind: 'sent' };
    const problem = wordsOf(refusal(client.url, status, text, headers.get('retry-after')), client.url);
    const reason = problemIn(text);
    // Only a Miyabi server may reject something for good: after any other answer the lines are kept.
    if ((status === 400 || status === 413 || status === 415 || status === 422) && reason !== undefined) {
      return { kind: 'poisoned', problem };
    }
    if (status >= 500 || status === 408 || status === 425 || status === 429) {
      return { kind: 'away', problem, ...retryAfter(answer) };
    }
    return { kind: 'refused', problem };
  };

  const sendStart = async (backlog: Backlog, start: JsonObject): Promise<Outcome> => {
    const outcome = await send('/api/tasks', JSON.stringify(start), isCreated);
    if (outcome.kind === 'sent') backlog.heard('start', true);
    if (outcome.kind !== 'poisoned') return outcome;
    // An earlier release does not know what a run is: it gets the lines, as it always did.
    backlog.heard('start', false);
    linesOnly = outcome.problem;
    return { kind: 'sent' };
  };

  const sendEnd = async (backlog: Backlog, end: JsonObject): Promise<Outcome> => {
    const path = `/api/tasks/${encodeURIComponent(backlog.runId() ?? '')}/progress`;
    const outcome = await send(path, JSON.stringify(end), isEnded);
    if (outcome.kind === 'poisoned') problem = outcome.problem;
    if (outcome.kind === 'sent' || outcome.kind === 'poisoned') backlog.heard('end', true);
    return outcome.kind === 'poisoned' ? { kind: 'sent' } : outcome;
  };

  const sendLines = async (backlog: Backlog, batch: Batch): Promise<Outcome> => {
    const outcome = await send('/api/logs', bodyOf(backlog.header, batch, backlog.runId()), tookLines);
    if (outcome.kind === 'poisoned') {
      refused += linesIn(batch);
      problem = outcome.problem;
    }
    if (outcome.kind === 'sent' || outcome.kind === 'poisoned') await backlog.done(batch);
    return outcome.kind === 'poisoned' ? { kind: 'sent' } : outcome;
  };

  /** What the server is to have next of a run: that it started, then its lines, then how it ended. */
  const nextOf = async (backlog: Backlog): Promise<(() => Promise<Outcome>) | undefined> => {
    const start = backlog.owed('start');
    if (start !== undefined) return () => sendStart(backlog, start);
    const batch = await backlog.next(POST_BYTES);
    if (batch !== undefined) return () => sendLines(backlog, batch);
    const end = backlog.owed('end');
    return end === undefined ? undefined : () => sendEnd(backlog, end);
  };

  const nextJob = async (): Promise<(() => Promise<Outcome>) | undefined> => {
    const job = own === undefined ? undefined : await nextOf(own);
    if (job !== undefined) return job;
    for (;;) {
      if (current === undefined && !noneEarlier) {
        current = await earlier();
        noneEarlier = current === undefined;
      }
      if (current === undefined) return undefined;
      const left = await nextOf(current);
      if (left !== undefined) return left;
      noteDamage(current);
      await current.close();
      current = undefined;
    }
  };

  const run = async () => {
    while (!aborting.signal.aborted) {
      woken = false;
      const job = await nextJob();
      if (job === undefined) {
        // What arrived during the check may have been missed.
        if (woken) continue;
        if (closing) return;
        await news();
        if (!closing) await pause(LINGER_MS);
        continue;
      }
      const outcome = await job();
      if (outcome.kind === 'sent') {
        failures = 0;
        failingSince = undefined;
        continue;
      }
      problem = outcome.problem;
      failures += 1;
      if (closing && !isWorthWaiting(outcome.kind)) return;
      await pause(closing ? 100 : (outcome.retryMs ?? backoff(failures, random)));
    }
  };

  const isWorthWaiting = (kind: Outcome['kind']): boolean => {
    if (kind !== 'away' || !answered) return false;
    failingSince ??= Date.now();
    return Date.now() - failingSince < GRACE_MS;
  };

  // Whatever fails in here, the command continues.
  const running = run().catch((error: unknown) => {
    problem = error instanceof Error ? error.message : String(error);
  });

  return {
    wake,
    async finish(limitMs, signal) {
      closing = true;
      wake();
      hurry?.();
      signal?.addEventListener('abort', () => aborting.abort(), { once: true });
      // A server that has never answered is not waited for like one that may be slow.
      const limit = setTimeout(
        () => aborting.abort(),
        failures > 0 && !answered ? Math.min(limitMs, GRACE_MS) : limitMs,
      );
      await running;
      clearTimeout(limit);
      const unsent =
        (own !== undefined && (await nextOf(own).catch(() => undefined)) !== undefined) ||
        current !== undefined;
      if (current !== undefined) noteDamage(current);
      const dropped = (own?.dropped() ?? 0) + (own?.atRisk() ? 1 : 0);
      await Promise.all([own?.close(), current?.close()].map((closed) => closed?.catch(() => undefined)));
      return {
        unsent,
        dropped,
        refused,
        damage,
        ...defined({ linesOnly }),
        ...(unsent || refused > 0 ? { problem: problem ?? 'the time was over' } : {}),
      };
    },
  };
};

/** Exponential, full jitter: many runs that lost one server must not all return at once. */
const backoff = (failures: number, random: () => number): number =>
  Math.max(50, random() * backoffMs(failures, RETRY));

/** Whether the lines were received. A page with status 200 may come from something that did not read them. */
const tookLines = ({ status, text }: Answer): boolean =>
  status >= 200 && status < 300 && text.startsWith('{') && text.includes('"tasks":');

/** The task is there: now, or since an attempt whose answer was lost. */
const isCreated = ({ status, text }: Answer): boolean =>
  (status === 201 && text.startsWith('{') && text.includes('"task_id":')) ||
  (status === 409 && problemIn(text)?.code === 'already_exists');

/** It has ended, in this way or another, e.g. because it was cancelled; or it was deleted. */
const isEnded = ({ status, text }: Answer): boolean =>
  (status === 200 && text.startsWith('{') && text.includes('"task_id":')) ||
  (status === 409 && problemIn(text)?.code === 'invalid_transition') ||
  (status === 404 && problemIn(text)?.code === 'task_not_found');

const retryAfter = ({ headers }: Answer): { retryMs?: number } => {
  const seconds = Number(headers.get('retry-after') ?? Number.NaN);
  return seconds >= 0 && seconds <= 120 ? { retryMs: seconds * 1_000 } : {};
};

/** How many lines a batch holds: an event may have several. */
const linesIn = ({ text }: Batch): number =>
  text
    .toString()
    .split('\n')
    .reduce((sum, event) => sum + linesInEvent(event), 0);

const linesInEvent = (text: string): number => {
  const event: unknown = JSON.parse(text);
  return isJsonObject(event) && typeof event['message'] === 'string'
    ? event['message'].split('\n').length
    : 1;
};

const COMMA = 0x2c;
const LINE_END = 0x0a;

/** The events are JSON texts already: the body is made by replacing line ends by commas. */
const bodyOf = (header: RunHeader, { text }: Batch, run_id: string | undefined): Buffer<ArrayBuffer> => {
  const { url: _url, start: _start, ...batch } = header;
  const opening = `${JSON.stringify({ ...batch, run_id }).slice(0, -1)},"events":[`;
  const body = Buffer.concat([Buffer.from(opening), text, Buffer.from(']}')]);
  const start = Buffer.byteLength(opening);
  for (let at = body.indexOf(LINE_END, start); at !== -1; at = body.indexOf(LINE_END, at + 1))
    body[at] = COMMA;
  return body;
};
