/** What a contract runs against: a fresh port, and how to put it away. */
export type Opened<Port> = Readonly<{ port: Port; close?: () => unknown }>;

/** Opens a fresh port. It shares no state with any other that is open. */
export type Open<Port> = () => Opened<Port> | Promise<Opened<Port>>;

/** A test that opens its own port: where a hook throws, uvu reports success. */
export const using =
  <Port>(open: Open<Port>, run: (port: Port) => unknown): (() => Promise<void>) =>
  async () => {
    const { port, close } = await open();
    try {
      await run(port);
    } finally {
      await close?.();
    }
  };

/** What contracts need of a test runner: `describe` and `test` of node:test, Vitest, Jest, Mocha (`it`) or Bun. */
export type Runner = Readonly<{
  describe(name: string, body: () => void): void;
  test(title: string, run: () => Promise<void>): void;
}>;
