/** A port all of whose methods answer with a promise. */
export type Promising<Port> = Readonly<Record<keyof Port, (...input: never[]) => Promise<unknown>>>;

/** A port that asks for the real one with each call. */
export const promising = <Port extends Promising<Port>>(real: () => Promise<Port>): Port =>
  new Proxy({} as Port, {
    get(_port, name) {
      // Whoever waits for a port must not take it for a promise.
      if (typeof name === 'symbol' || name === 'then') return undefined;
      return async (...input: never[]) => (await real())[name as keyof Port](...input);
    },
  });

/** A port that is made, and what makes it loaded, with its first call. */
export const late = <Port extends Promising<Port>>(make: () => Promise<Port>): Port => {
  let made: Promise<Port> | undefined;
  return promising(() => {
    made ??= make();
    return made;
  });
};
