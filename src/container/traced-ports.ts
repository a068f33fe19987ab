import type { Config } from '../config.ts';
import type { Ports } from '../ports/ports.ts';
import type { TracedBackend, Tracer } from '../ports/tracer.ts';
import { methodOf } from './lazy.ts';
import { CACHE_METHODS, FEED_METHODS, STORE_METHODS } from './port-methods.ts';

/** The ports of DynamoDB and Redis, each reporting to the tracer every call that waits for the backend. */
export const tracedPorts = (
  { taskStore, cache, feed }: Pick<Config, 'taskStore' | 'cache' | 'feed'>,
  ports: Ports,
  tracer: Tracer,
): Partial<Ports> => {
  const traced = (backend: TracedBackend, methods: Readonly<Record<string, object>>): [string, object][] =>
    Object.entries(methods).map(([name, ofPort]) => [
      name,
      // The tables of methods have the names of ports as keys.
      follow(ports[name as keyof Ports], Object.keys(ofPort), (method) =>
        tracer.begin(backend, `${name}.${method}`),
      ),
    ]);
  // Each port is under its own name, with all its methods.
  return Object.fromEntries([
    ...(taskStore === 'dynamodb' ? traced('DynamoDB', STORE_METHODS) : []),
    ...(cache === 'redis' ? traced('Redis', CACHE_METHODS) : []),
    ...(feed === 'redis' ? traced('Redis', FEED_METHODS) : []),
  ]) as Partial<Ports>;
};

const follow = (
  port: object,
  methods: readonly string[],
  begin: (method: string) => (error?: unknown) => void,
): object =>
  Object.fromEntries(
    methods.map((name) => {
      const method = methodOf(port, name);
      return [
        name,
        (...input: unknown[]) => {
          const end = begin(name);
          const answer = method(...input);
          // A synchronous answer has not waited for the backend.
          if (!(answer instanceof Promise)) return answer;
          return answer.then(
            (value) => {
              end();
              return value;
            },
            (error: unknown) => {
              end(error);
              throw error;
            },
          );
        },
      ];
    }),
  );
