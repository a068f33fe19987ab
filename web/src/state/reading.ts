import { type Signal, useComputed, useSignal, useSignalEffect } from '@preact/signals';
import { useRef } from 'preact/hooks';
import { MiyabiApiError } from '../../../src/client/index.ts';
import { epoch } from './store.ts';
import { connection } from './sync.ts';

/**
 * Reads the data of a page: at once, again after each reconnect, as it may be outdated, and if it disappears from the
 * store. `missing` reports that, from signals.
 *
 * @returns The error of the last read, if it failed.
 */
export const useReading = (
  read: () => Promise<void>,
  missing: () => boolean = () => false,
): Signal<MiyabiApiError | undefined> => {
  const fault = useSignal<MiyabiApiError | undefined>(undefined);
  const lacks = useComputed(missing);
  const seen = useRef<Readonly<{ at: unknown; epoch: number; lacked: boolean }> | undefined>(undefined);
  useSignalEffect(() => {
    const before = seen.current;
    const after = { at: connection.value, epoch: epoch.value, lacked: lacks.value };
    seen.current = after;
    const isBack = after.at !== before?.at && ['live', 'polling'].includes(after.at.state);
    const isRemoved = (after.lacked && before?.lacked === false) || after.epoch !== before?.epoch;
    if (before !== undefined && !isBack && !isRemoved) return;
    read().then(
      () => {
        fault.value = undefined;
      },
      (error: unknown) => {
        if (!(error instanceof MiyabiApiError)) throw error;
        fault.value = error;
      },
    );
  });
  return fault;
};
