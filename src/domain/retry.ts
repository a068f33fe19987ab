/** How often to try, and the bounds of the waits in between. */
export type RetryPolicy = Readonly<{ attempts: number; first_delay_ms: number; max_delay_ms: number }>;

export const RETRY_POLICY: RetryPolicy = { attempts: 5, first_delay_ms: 1000, max_delay_ms: 30_000 };

/** The result, how many attempts it took, and the milliseconds waited in between. */
export type Attempted<T> = Readonly<{ value: T; attempts: number; waited_ms: number }>;

export class AttemptsFailed extends Error {
  readonly attempts: number;
  readonly waited_ms: number;

  constructor(attempts: number, waitedMs: number, cause: unknown) {
    super(`${attempts} ${attempts === 1 ? 'attempt' : 'attempts'} failed`, { cause });
    this.name = 'AttemptsFailed';
    this.attempts = attempts;
    this.waited_ms = waitedMs;
  }
}

/** The attempts before this error, for a result or a metric; undefined if there was only one. */
export const attemptsOf = (error: unknown): Readonly<{ attempts: number; waited_ms: number }> | undefined => {
  const failed = causesOf(error).find((cause) => cause instanceof AttemptsFailed);
  return failed === undefined ? undefined : { attempts: failed.attempts, waited_ms: failed.waited_ms };
};

/** The names and codes with which backends, their clients and Node report a temporary failure. */
const PASSING: ReadonlySet<string> = new Set([
  // Throttled.
  'BandwidthLimitExceeded',
  'ProvisionedThroughputExceededException',
  'RequestLimitExceeded',
  'RequestThrottled',
  'RequestThrottledException',
  'SlowDown',
  'ThrottledException',
  'Throttling',
  'ThrottlingException',
  'TooManyRequestsException',
  // Failures of the backend itself.
  'InternalFailure',
  'InternalServerError',
  'InternalServerException',
  'ServiceUnavailable',
  'ServiceUnavailableException',
  // Timeouts.
  'RequestTimeout',
  'RequestTimeoutException',
  'TimeoutError',
  'ETIMEDOUT',
  'ESOCKETTIMEDOUT',
  // The network.
  'NetworkingError',
  'EAI_AGAIN',
  'ECONNABORTED',
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTUNREACH',
  'ENETDOWN',
  'ENETRESET',
  'ENETUNREACH',
  'ENOTFOUND',
  'EPIPE',
]);

const TOO_MANY_REQUESTS = 429;
const MAX_CAUSES = 10;

/** Whether the same request may succeed a little later. An abort is intended, and final. */
export const isWorthRetrying = (error: unknown): boolean =>
  causesOf(error).some((cause) => {
    if (typeof cause !== 'object' || cause === null) return false;
    const status = statusOf(cause);
    return (
      [read(cause, 'name'), read(cause, 'code')].some(
        (name) => typeof name === 'string' && PASSING.has(name),
      ) ||
      (status !== undefined && (status >= 500 || status === TOO_MANY_REQUESTS))
    );
  });

const statusOf = (error: object): number | undefined => {
  const metadata = read(error, '$metadata');
  const status =
    typeof metadata === 'object' && metadata !== null ? read(metadata, 'httpStatusCode') : undefined;
  return typeof status === 'number' ? status : undefined;
};

/** The error and its causes, outermost first. */
const causesOf = (error: unknown): readonly unknown[] => {
  const causes: unknown[] = [];
  let cause = error;
  while (cause !== undefined && cause !== null && causes.length < MAX_CAUSES) {
    causes.push(cause);
    cause = typeof cause === 'object' ? read(cause, 'cause') : undefined;
  }
  return causes;
};

const read = (value: object, key: string): unknown => Reflect.get(value, key);
