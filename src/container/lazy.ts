// biome-ignore lint/suspicious/noExplicitAny: a method of a port, whatever it takes
type Method = (...input: any[]) => unknown;

/** The methods of a port by what they answer with. The compiler checks that each is named. */
export type Methods<Port> = Readonly<{
  [Name in keyof Port]: Port[Name] extends (...input: never[]) => Promise<unknown> ? 'promise' : 'stream';
}>;

/** Runs a function with the first call; every call gets the result of that run. */
export const once = <T>(run: () => T): (() => T) => {
  let result: { value: T } | undefined;
  return () => {
    result ??= { value: run() };
    return result.value;
  };
};

/** A port whose adapter is loaded with the first call, for code that most processes never run. */
export const lazyPort = <Port extends object>(methods: Methods<Port>, load: () => Promise<Port>): Port => {
  const loaded = once(load);
  const call = (name: string) =>
    // The names are those of `methods`, one for each of the port's.
    methods[name as keyof Port] === 'promise'
      ? async (...input: unknown[]) => methodOf(await loaded(), name)(...input)
      : async function* (...input: unknown[]) {
          // A method that is no promise is a stream: see `Methods`.
          yield* methodOf(await loaded(), name)(...input) as AsyncIterable<unknown>;
        };
  // `Methods` makes sure that every method is there.
  return Object.fromEntries(Object.keys(methods).map((name) => [name, call(name)])) as Port;
};

/** A method of a port by its name. */
export const methodOf = <Port extends object>(port: Port, name: string): Method =>
  // All members of a port are methods.
  (port[name as keyof Port] as Method).bind(port);
