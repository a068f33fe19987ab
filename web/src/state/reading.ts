import { type Signal, useSignal, useSignalEffect } from '@preact/signals';
import { ApiError } from '../api.ts';
import { connection } from './sync.ts';

/**
 * Reads what a page shows, at once and again whenever the connection has come back: what is here may be old, or gone.
 *
 * @returns Why it could not be read, where the last reading failed.
 */
export const useReading = (read: () => Promise<void>): Signal<ApiError | undefined> => {
  const fault = useSignal<ApiError | undefined>(undefined);
  const asked = useSignal(false);
  useSignalEffect(() => {
    const { state } = connection.value;
    if (asked.peek() && state !== 'live' && state !== 'polling') return;
    asked.value = true;
    read().then(
      () => {
        fault.value = undefined;
      },
      (error: unknown) => {
        if (!(error instanceof ApiError)) throw error;
        fault.value = error;
      },
    );
  });
  return fault;
};
