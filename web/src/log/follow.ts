import { type Signal, signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import type { Task } from '../../../src/client/index.ts';
import { pause } from '../state/pause.ts';
import { isLive } from '../state/store.ts';
import type { LogReader } from './reader.ts';

const SLOT = 'miyabi-log-follow';

const stored = (): boolean => {
  try {
    return localStorage.getItem(SLOT) !== 'no';
  } catch {
    return true;
  }
};

/** Whether logs are followed, on every page of this browser until it is changed. */
export const follows = signal(stored());

export const setFollows = (value: boolean): void => {
  follows.value = value;
  try {
    localStorage.setItem(SLOT, value ? 'yes' : 'no');
  } catch {
    // Storage may be forbidden; then it holds for this page.
  }
};

const SHORTEST_MS = 1_000;
/** The pause grows with each answer that brings nothing. */
const STEP_MS = 500;
const LONGEST_MS = 4_000;
const HIDDEN_MS = 15_000;
/** As long as there is no line at all. */
const NONE_MS = 5_000;
/** How many more times a log is read after its task ended: its last lines may be on their way. */
const AFTER_END = 4;
const JUST_ENDED_MS = 30_000;
/** More than this at once is an answer that has more behind it. */
const FULL = 1_000;

/** Reads the log of a task, and reads on while it is followed. `arrived` counts lines that have come since. */
export const useFollowing = (reader: LogReader, task: Task, arrived: Signal<number>): void => {
  const live = isLive(task);
  const isFollowed = follows.value;
  useEffect(() => {
    const stop = new AbortController();
    void (async () => {
      if (reader.held.peek() === undefined) await reader.tail();
      const ago = Date.now() - Date.parse(task.completed_at ?? task.updated_at);
      let rounds = live ? Number.POSITIVE_INFINITY : ago < JUST_ENDED_MS ? AFTER_END : 0;
      let quiet = 0;
      let isFull = false;
      while (isFollowed && rounds > 0 && !stop.signal.aborted) {
        const usual = Math.min(LONGEST_MS, SHORTEST_MS + quiet * STEP_MS);
        const rest = document.hidden ? HIDDEN_MS : reader.isNone.peek() ? NONE_MS : usual;
        if (!isFull) await pause(rest, stop.signal);
        isFull = false;
        if (stop.signal.aborted) return;
        // A server without this route, or a task that is gone.
        if (reader.fault.peek()?.status === 404) return;
        const held = reader.held.peek();
        // Elsewhere in the log there is nothing to follow.
        if (held !== undefined && !held.isAtEnd) continue;
        const count = held === undefined ? await reader.tail().then(() => 0) : await reader.newer();
        isFull = count >= FULL;
        quiet = count === 0 ? quiet + 1 : 0;
        // One may have gone elsewhere meanwhile, where lines that come are not new.
        if (reader.held.peek()?.isAtEnd) arrived.value = arrived.peek() + count;
        rounds -= 1;
      }
    })();
    return () => stop.abort();
  }, [reader, live, isFollowed]);
};
