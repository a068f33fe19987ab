import type { TestPorts } from './system.ts';

export class Crash extends Error {}

/** Numbers from 0 up to 1 that are the same for the same seed. */
export const random = (seed: number) => () => {
  seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
  return seed / 2 ** 32;
};

/** Ports of a process that dies at some call, before it or after it; from then on nothing of it reaches a store. */
export const mortal = (ports: TestPorts, dies: () => 'before' | 'after' | undefined): TestPorts => {
  const state = { dead: false };
  const wrap = <T extends object>(port: T): T =>
    new Proxy(port, {
      get(target, name) {
        const value: unknown = Reflect.get(target, name);
        if (typeof value !== 'function') return value;
        return async (...parameters: readonly unknown[]): Promise<unknown> => {
          if (state.dead) throw new Crash();
          const death = dies();
          if (death === 'before') {
            state.dead = true;
            throw new Crash();
          }
          const result: unknown = await Reflect.apply(value, target, parameters);
          if (death === 'after') {
            state.dead = true;
            throw new Crash();
          }
          return result;
        };
      },
    });
  const { tasks, history, projects, checkpoints, cache, feed, webhooks, outbox } = ports;
  return {
    ...ports,
    tasks: wrap(tasks),
    history: wrap(history),
    projects: wrap(projects),
    checkpoints: wrap(checkpoints),
    cache: wrap(cache),
    feed: wrap(feed),
    webhooks: wrap(webhooks),
    outbox: wrap(outbox),
  };
};
