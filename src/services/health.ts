import type { Ports } from '../ports/ports.ts';
import type { Probe } from '../ports/probe.ts';
import type { Sleep } from '../ports/sleep.ts';

/** `latency_ms` is how long the backend took to answer, or to fail. */
export type BackendHealth = Readonly<{ status: 'up' | 'down'; latency_ms: number }>;

/** `degraded`: an optional backend is down. `unavailable`: a required one is. */
export type Readiness = Readonly<{
  status: 'ready' | 'degraded' | 'unavailable';
  backends: Readonly<Record<string, BackendHealth>>;
}>;

export type HealthService = Readonly<{
  /** Checks every backend at once, at most once a second; other calls get the same answer. It never throws. */
  ready(): Promise<Readiness>;
}>;

/** A backend that takes longer to answer counts as down. */
const TIMEOUT_MS = 1_000;

/** How long an answer is reused. The route needs no key, so it must not pass every request on to the backends. */
const KEPT_MS = 1_000;

export const healthService = ({
  probes,
  steadyClock: clock,
  logger,
  sleep,
}: Pick<Ports, 'steadyClock' | 'logger' | 'sleep'> &
  Readonly<{ probes: readonly Probe[] }>): HealthService => {
  const down = new Set<string>();
  let kept: Readonly<{ at: number; readiness: Promise<Readiness> }> | undefined;

  const note = (backend: string, error: unknown): void => {
    if (down.has(backend)) return;
    down.add(backend);
    logger.warn('A backend is down', { backend, error });
  };

  const ask = async (): Promise<Readiness> => {
    const checked = await Promise.all(
      probes.map(async (probe) => {
        const began = clock.now();
        const error = await failureOf(probe, sleep);
        if (error !== undefined) note(probe.name, error);
        else if (down.delete(probe.name)) logger.info('A backend is up again', { backend: probe.name });
        const status: BackendHealth['status'] = error === undefined ? 'up' : 'down';
        return { probe, health: { status, latency_ms: Math.round(clock.now() - began) } };
      }),
    );
    const failed = checked.filter(({ health }) => health.status === 'down');
    return {
      status: failed.some(({ probe }) => probe.required)
        ? 'unavailable'
        : failed.length > 0
          ? 'degraded'
          : 'ready',
      backends: Object.fromEntries(checked.map(({ probe, health }) => [probe.name, health])),
    };
  };

  return {
    ready() {
      const now = clock.now();
      if (kept === undefined || now - kept.at >= KEPT_MS) kept = { at: now, readiness: ask() };
      return kept.readiness;
    },
  };
};

/** Why a backend does not answer, undefined where it does. */
const failureOf = async (probe: Probe, sleep: Sleep): Promise<Error | undefined> => {
  const answered = new AbortController();
  const timeout = async (): Promise<never> => {
    await sleep(TIMEOUT_MS, answered.signal);
    throw new Error(`no answer within ${TIMEOUT_MS} ms`);
  };
  try {
    await Promise.race([probe.check(), timeout()]);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  } finally {
    answered.abort();
  }
};
