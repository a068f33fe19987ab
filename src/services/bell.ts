/** Tells whoever listens in this process that there is something to do. */
export type Bell = Readonly<{ ring(): void; listen(listener: () => void): void }>;

export const bell = (): Bell => {
  const listeners: (() => void)[] = [];
  return {
    ring() {
      for (const listener of listeners) listener();
    },
    listen(listener) {
      listeners.push(listener);
    },
  };
};
