export type BreakerState = 'closed' | 'open' | 'half_open';

/** Whether to try: `go` with a call, `probe` once in the background, or neither. */
export type Permit = 'go' | 'probe' | 'no';

/**
 * A circuit breaker as a state machine: times are epoch milliseconds and are passed in.
 *
 * One failure opens it: a refused call or a timeout is enough, because working without the cache costs little. While it
 * is open no caller waits; the first call after `retryMs` sends a probe.
 */
export type Breaker = Readonly<{
  permit(now: number): Permit;
  /** Whether this closed it. */
  succeeded(): boolean;
  /** Whether this opened it: false if it was open before. */
  failed(now: number): boolean;
  state(): BreakerState;
}>;

export const breaker = ({ retryMs }: Readonly<{ retryMs: number }>): Breaker => {
  let state: BreakerState = 'closed';
  let retryAt = 0;
  return {
    permit(now) {
      if (state === 'closed') return 'go';
      if (state === 'half_open' || now < retryAt) return 'no';
      state = 'half_open';
      return 'probe';
    },
    succeeded() {
      const closes = state !== 'closed';
      state = 'closed';
      return closes;
    },
    failed(now) {
      const opens = state === 'closed';
      state = 'open';
      retryAt = now + retryMs;
      return opens;
    },
    state() {
      return state;
    },
  };
};
