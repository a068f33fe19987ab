import type { Ports } from '../ports/ports.ts';
import type { Probe } from '../ports/probe.ts';

/** `latency_ms` is how long the backend took to answer, or to fail. */
export type BackendHealth = Readonly<{ status: 'up' | 'down'; latency_ms: number }>;

/** `degraded`: something is down that the rest works without. `unavailable`: something is down that all needs. */
export type Readiness = Readonly<{
  status: 'ready' | 'degraded' | 'unavailable';
  backends: Readonly<Record<string, BackendHealth>>;
}>;

export type HealthService = Readonly<{
  /** Asks every backend at once, now. It never throws. */
  ready(): Promise<Readiness>;
}>;

/** A backend that takes longer to answer counts as down. */
const TIMEOUT_MS = 1_000;

export const healthService = ({
  probes,
  clock,
  logger,
  sleep,
}: Pick<Ports, 'clock' | 'logger' | 'sleep'> & Readonly<{ probes: readonly Probe[] }>): HealthService => ({
  async ready() {
    const asked = await Promise.all(
      probes.map(async (probe) => {
        const began = clock.now();
        const status = await isUp(probe, { logger, sleep });
        return { probe, health: { status, latency_ms: clock.now() - began } };
      }),
    );
    const down = asked.filter(({ health }) => health.status === 'down');
    return {
      status: down.some(({ probe }) => probe.required)
        ? 'unavailable'
        : down.length > 0
          ? 'degraded'
          : 'ready',
      backends: Object.fromEntries(asked.map(({ probe, health }) => [probe.name, health])),
    };
  },
});

const isUp = async (
  probe: Probe,
  { logger, sleep }: Pick<Ports, 'logger' | 'sleep'>,
): Promise<'up' | 'down'> => {
  const answered = new AbortController();
  const timeout = async (): Promise<never> => {
    await sleep(TIMEOUT_MS, answered.signal);
    throw new Error(`no answer within ${TIMEOUT_MS} ms`);
  };
  try {
    await Promise.race([probe.check(), timeout()]);
    return 'up';
  } catch (error) {
    logger.warn('A backend is down', { backend: probe.name, error });
    return 'down';
  } finally {
    answered.abort();
  }
};
