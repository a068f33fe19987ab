import type { TaskCache } from '../../src/ports/task-cache.ts';

/** A cache that can be taken down: then reads find nothing, and writes are lost. */
export const breakable = <Cache extends TaskCache>(cache: Cache): Cache & { down: boolean } => {
  const state = { down: false };
  return new Proxy(cache as Cache & { down: boolean }, {
    get(target, name) {
      if (name === 'down') return state.down;
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== 'function') return value;
      return async (...parameters: readonly unknown[]): Promise<unknown> =>
        state.down ? (name === 'page' ? {} : undefined) : Reflect.apply(value, target, parameters);
    },
    set(_target, name, value) {
      if (name === 'down') state.down = value === true;
      return name === 'down';
    },
  });
};
