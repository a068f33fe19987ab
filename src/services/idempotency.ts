import { isMiyabiError, MiyabiError } from '../domain/errors.ts';
import { isJsonObject, type JsonObject } from '../domain/json.ts';
import type { Ports } from '../ports/ports.ts';

/** A request to be executed once. `key` is unique to the caller; `fingerprint` identifies the request. */
export type OnceRequest = Readonly<{ key: string; fingerprint: string }>;

/**
 * How a job is executed. `id` is for what it creates. If a process that died has begun the job before, the id is the
 * same and `resumed` is true, so that what it created is found instead of being created twice.
 */
export type OnceContext = Readonly<{ id: string; resumed: boolean }>;

/** The outcome, as JSON. `keep` is false for an answer that another attempt may improve. */
export type OnceOutcome = Readonly<{ answer: JsonObject; keep: boolean }>;

export type OnceAnswer = Readonly<{ answer: JsonObject; replayed: boolean }>;

export type IdempotencyService = Readonly<{
  /**
   * Executes the job, or returns its earlier outcome.
   *
   * @throws MiyabiError `idempotency_in_flight` while another process executes it; `idempotency_mismatch` where the key
   * was used for another request; `unavailable` where the store does not answer. The job itself throws nothing.
   */
  once(request: OnceRequest, job: (context: OnceContext) => Promise<OnceOutcome>): Promise<OnceAnswer>;
}>;

/** How long an answer is kept, in milliseconds. */
export const ANSWER_TTL_MS = 24 * 60 * 60 * 1000;
/** How long a job may take, in milliseconds. One that takes longer has died with its process. */
export const IN_FLIGHT_TTL_MS = 60_000;
/** How many expired records one process removes at a time. */
const SWEEP = 10;

/**
 * Jobs that run once, by records in the backend of the task store, so it holds across processes. A record is claimed by
 * compare-and-set before the job begins, and holds the answer afterwards.
 */
export const idempotencyService = ({
  checkpoints,
  clock,
  ids,
  logger,
}: Pick<Ports, 'checkpoints' | 'clock' | 'ids' | 'logger'>): IdempotencyService => {
  // The records that this process has made, oldest first. Those of earlier processes expire in the backend.
  const made: { key: string; until: number }[] = [];

  const sweep = async (): Promise<void> => {
    for (let count = 0; count < SWEEP; count += 1) {
      const oldest = made[0];
      if (oldest === undefined || oldest.until > clock.now()) return;
      made.shift();
      await checkpoints.remove(oldest.key);
    }
  };

  type Begun =
    | Readonly<{ answer: JsonObject }>
    | Readonly<{ answer?: undefined; version: number; context: OnceContext }>;

  const begin = async (key: string, fingerprint: string): Promise<Begun> => {
    const kept = await checkpoints.read(key);
    const record = kept === undefined ? undefined : recordFrom(kept.value);
    const isValid = record !== undefined && record.until > clock.now();
    if (isValid && record.fingerprint !== fingerprint) {
      throw new MiyabiError('idempotency_mismatch', 'This Idempotency-Key was used for another request');
    }
    if (isValid && record.answer === undefined) throw inFlight();
    if (isValid && record.answer !== undefined) return { answer: record.answer };
    const resumed = record !== undefined && record.answer === undefined && record.fingerprint === fingerprint;
    const id = resumed ? record.id : ids.next();
    const version = kept?.version ?? 0;
    try {
      await checkpoints.write(key, { fingerprint, id, until: clock.now() + IN_FLIGHT_TTL_MS }, version);
    } catch (error) {
      if (isMiyabiError(error, 'version_conflict')) throw inFlight();
      throw error;
    }
    return { version: version + 1, context: { id, resumed } };
  };

  /** The job is done, so a failure to store its record must not hide the answer. */
  const finish = async (
    key: string,
    fingerprint: string,
    id: string,
    { answer, keep }: OnceOutcome,
    version: number,
  ) => {
    try {
      if (!keep) {
        await checkpoints.remove(key);
        return;
      }
      const until = clock.now() + ANSWER_TTL_MS;
      await checkpoints.write(key, { fingerprint, id, until, answer }, version);
      made.push({ key, until });
      await sweep();
    } catch (error) {
      logger.warn('An idempotency record could not be finished', { error });
    }
  };

  return {
    async once({ key: name, fingerprint }, job) {
      const key = `idempotency#${name}`;
      const begun = await begin(key, fingerprint);
      if (begun.answer !== undefined) return { answer: begun.answer, replayed: true };
      const outcome = await job(begun.context);
      await finish(key, fingerprint, begun.context.id, outcome, begun.version);
      return { answer: outcome.answer, replayed: false };
    },
  };
};

const inFlight = (): MiyabiError =>
  new MiyabiError(
    'idempotency_in_flight',
    'A request with this Idempotency-Key is being answered; try again',
  );

type OnceRecord = Readonly<{ fingerprint: string; id: string; until: number; answer?: JsonObject }>;

/** A record that cannot be read counts as missing: the job runs again. */
const recordFrom = (value: unknown): OnceRecord | undefined => {
  if (!isJsonObject(value)) return undefined;
  const { fingerprint, id, until, answer } = value;
  if (typeof fingerprint !== 'string' || typeof id !== 'string' || typeof until !== 'number')
    return undefined;
  return { fingerprint, id, until, ...(isJsonObject(answer) ? { answer } : {}) };
};
