import { type ReadonlySignal, type Signal, useComputed, useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { t } from '../i18n.ts';
import { matchesIn } from './find.ts';
import type { LogReader } from './reader.ts';

const TYPING_MS = 150;

export type Finder = Readonly<{
  /** What is searched for; empty if nothing is. */
  text: ReadonlySignal<string>;
  /** The match at hand, by its cursor. */
  current: ReadonlySignal<string | undefined>;
  /** How it stands, in words. */
  status: ReadonlySignal<string>;
  type(text: string): void;
  step(direction: 'older' | 'newer'): Promise<void>;
}>;

/** Finds lines: among those that are here first, then by asking the server. `top` is the first row in view. */
export const useFinder = (reader: LogReader, top: Signal<number>): Finder => {
  const text = useSignal('');
  const current = useSignal<string | undefined>(undefined);
  const isOver = useSignal(false);
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  useEffect(() => () => clearTimeout(timer.current), []);
  const rows = useComputed(() => reader.held.value?.rows ?? []);
  const matches = useComputed(() => matchesIn(rows.value, text.value));

  const status = useComputed(() => {
    if (text.value === '') return '';
    if (reader.busy.value) return t.value.loading;
    const at = matches.value.findIndex((index) => rows.value[index]?.key === current.value);
    if (at < 0 || isOver.value) return matches.value.length === 0 ? t.value.log.noMatch : t.value.log.noMore;
    const { before, isAtEnd } = reader.held.value ?? { before: null, isAtEnd: true };
    return t.value.log.matches(at + 1, matches.value.length, before !== null || !isAtEnd);
  });

  const choose = (index: number) => {
    const row = rows.peek()[index];
    if (row === undefined) return;
    isOver.value = false;
    current.value = row.key;
    reader.target.value = { cursor: row.key };
  };

  const beyond = async (direction: 'older' | 'newer'): Promise<boolean> => {
    const wanted = text.peek();
    const line = await reader.beyond(wanted, direction);
    if (line === undefined || text.peek() !== wanted) return false;
    isOver.value = false;
    current.value = line.cursor;
    await reader.show(line);
    return true;
  };

  const begin = async () => {
    const found = matches.peek();
    const first = found.find((index) => index >= top.peek()) ?? found.at(-1);
    if (first !== undefined) choose(first);
    else if (!(await beyond('older'))) await beyond('newer');
  };

  return {
    text,
    current,
    status,
    type(typed) {
      clearTimeout(timer.current);
      timer.current = setTimeout(() => {
        text.value = typed;
        current.value = undefined;
        isOver.value = false;
        if (typed !== '') void begin();
      }, TYPING_MS);
    },
    async step(direction) {
      if (text.peek() === '') return;
      const at = rows.peek().findIndex(({ key }) => key === current.peek());
      const found = matches.peek();
      const next =
        direction === 'newer' ? found.find((index) => index > at) : found.findLast((index) => index < at);
      if (next !== undefined) choose(next);
      else isOver.value = !(await beyond(direction));
    },
  };
};

/** The box to search in. Enter goes on, Shift and Enter back, Escape ends the search. */
export const FindBox = ({ finder }: Readonly<{ finder: Finder }>) => {
  const input = useRef<HTMLInputElement>(null);
  const keys = (event: KeyboardEvent) => {
    if (event.key === 'Enter') {
      event.preventDefault();
      void finder.step(event.shiftKey ? 'older' : 'newer');
    } else if (event.key === 'Escape' && input.current !== null) {
      input.current.value = '';
      finder.type('');
    }
  };
  const isOff = finder.text.value === '';
  return (
    <search class="log-find">
      <label class="unseen" for="log-find">
        {t.value.log.find}
      </label>
      <input
        id="log-find"
        ref={input}
        type="search"
        autocomplete="off"
        spellcheck={false}
        placeholder={t.value.log.find}
        onInput={(event) => finder.type(event.currentTarget.value)}
        onKeyDown={keys}
      />
      <span class="log-matches" role="status">
        {finder.status.value}
      </span>
      <button
        type="button"
        class="plain"
        aria-label={t.value.log.previous}
        disabled={isOff}
        onClick={() => void finder.step('older')}
      >
        ↑
      </button>
      <button
        type="button"
        class="plain"
        aria-label={t.value.log.next}
        disabled={isOff}
        onClick={() => void finder.step('newer')}
      >
        ↓
      </button>
    </search>
  );
};
