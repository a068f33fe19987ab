/** Wakes the sender of this process when an event enters the outbox. */
export type OutboxSignal = Readonly<{ notify(): void; listen(listener: () => void): void }>;

export const createOutboxSignal = (): OutboxSignal => {
  const listeners: (() => void)[] = [];
  return {
    notify() {
      for (const listener of listeners) listener();
    },
    listen(listener) {
      listeners.push(listener);
    },
  };
};
