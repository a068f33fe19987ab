import { type Signal, useSignal } from '@preact/signals';
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';
import { t } from '../i18n.ts';
import type { LogReader } from './reader.ts';
import { LogRow } from './row.tsx';
import type { LogWindow } from './window.ts';

/** Rows drawn beyond each edge of what is visible. */
const OVERSCAN = 20;
/** The drawn stretch moves in steps, so that most scrolling draws nothing. */
const STEP = 10;
/** How close to an end of what is here more is read. */
const NEAR = 200;

type Props = Readonly<{
  reader: LogReader;
  held: LogWindow;
  find: string;
  /** The match at hand, by its cursor. */
  current: string | undefined;
  /** The line that shows the failure, by its cursor. */
  failing: string | undefined;
  /** The first row in view, and whether the newest one is: written here. */
  top: Signal<number>;
  isAtEnd: Signal<boolean>;
}>;

/**
 * The lines, of which only those in view are elements. It stays at the end while lines come, and at the line that was
 * in view when older ones are put before it. Rows have one height, so lines are not wrapped.
 */
export const LogList = ({ reader, held, find, current, failing, top, isAtEnd }: Props) => {
  const box = useRef<HTMLDivElement>(null);
  const rowPx = useSignal(20);
  const from = useSignal(0);
  const visible = useSignal(40);
  const anchor = useRef<Readonly<{ key: string; offset: number }> | undefined>(undefined);
  const asking = useRef(false);
  const { rows } = held;
  const latest = useRef(held);
  latest.current = held;

  /** Takes up where the box is scrolled to. */
  const look = () => {
    const at = box.current;
    if (at === null) return;
    const first = Math.max(0, Math.floor(at.scrollTop / rowPx.peek()));
    const key = latest.current.rows[first]?.key;
    anchor.current = key === undefined ? undefined : { key, offset: at.scrollTop - first * rowPx.peek() };
    from.value = Math.max(0, Math.floor(first / STEP) * STEP - OVERSCAN);
    visible.value = Math.ceil(at.clientHeight / rowPx.peek());
    top.value = first;
    isAtEnd.value = at.scrollTop + at.clientHeight >= at.scrollHeight - rowPx.peek();
  };

  const readOn = async () => {
    const at = box.current;
    if (at === null || asking.current) return;
    const first = at.scrollTop / rowPx.peek();
    const last = (at.scrollTop + at.clientHeight) / rowPx.peek();
    const { before, isAtEnd: hasAll, rows: here } = latest.current;
    asking.current = true;
    try {
      if (first < NEAR && before !== null) await reader.older();
      else if (last > here.length - NEAR && !hasAll) await reader.newer();
    } finally {
      asking.current = false;
    }
  };

  const target = reader.target.value;
  const shown = useRef<typeof target>(undefined);
  useLayoutEffect(() => {
    const at = box.current;
    if (at === null) return;
    const height = at.querySelector('.log-row')?.getBoundingClientRect().height ?? 0;
    if (height > 0 && Math.abs(height - rowPx.peek()) > 0.1) rowPx.value = height;
    const indexOf = (wanted: string) => rows.findIndex(({ key }) => key === wanted);
    const index = target === undefined || target === shown.current ? -1 : indexOf(target.cursor);
    if (index >= 0) {
      shown.current = target;
      at.scrollTop = Math.max(0, (index + 0.5) * rowPx.peek() - at.clientHeight / 2);
      at.scrollLeft = 0;
    } else if (isAtEnd.peek()) at.scrollTop = at.scrollHeight;
    else if (anchor.current !== undefined) {
      const place = indexOf(anchor.current.key);
      if (place >= 0) at.scrollTop = place * rowPx.peek() + anchor.current.offset;
    }
    look();
  }, [rows, target, rowPx.value]);

  useEffect(() => {
    const at = box.current;
    if (at === null) return;
    const resized = new ResizeObserver(look);
    resized.observe(at);
    return () => resized.disconnect();
  }, []);

  const keys = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    // The browser's own Home and End stay within what is here.
    if (event.key === 'Home' && held.before !== null) void reader.beginning();
    else if (event.key === 'End' && !held.isAtEnd) void reader.end();
    else return;
    event.preventDefault();
  };

  return (
    <div
      class="log-box"
      ref={box}
      role="log"
      // What is new is announced in small portions (see LogStatus): a log that reads itself aloud is a flood.
      aria-live="off"
      aria-label={t.value.logs}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: keys scroll only what has the focus
      tabIndex={0}
      onScroll={() => {
        look();
        void readOn();
      }}
      onKeyDown={keys}
    >
      <div class="log-space" style={{ height: `${rows.length * rowPx.value}px` }}>
        <div class="log-rows" style={{ transform: `translateY(${from.value * rowPx.value}px)` }}>
          {rows.slice(from.value, from.value + visible.value + 2 * OVERSCAN + STEP).map((row) => (
            <LogRow
              key={row.key}
              row={row}
              find={find}
              isCurrent={row.key === current}
              isFailing={row.key === failing}
            />
          ))}
        </div>
      </div>
    </div>
  );
};
