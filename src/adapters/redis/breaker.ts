export type BreakerState = 'closed' | 'open' | 'half_open';

/** Whether to try: `go` with a call, `probe` once in the background, or neither. */
export type Permit = 'go' | 'probe' | 'no';

/**
 * A circuit breaker as a state machine of plain calls: times are epoch milliseconds and come from outside.
 *
 * One failure opens it: a call that was refused or ran into its time limit has told enough, and the way around
 * costs little. While it is open no caller waits; the first one that comes after `retryMs` has a probe sent off.
 */
export type Breaker = Readonly<{
  permit(now: number): Permit;
  /** Whether this closed it. */
  succeeded(): boolean;
  /** Whether this opened it: false where it was open before. */
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
