import { useSignal, useSignalEffect } from '@preact/signals';
import { useEffect, useMemo, useRef } from 'preact/hooks';
import type { Task } from '../../../src/client/index.ts';
import { Copy } from '../components/command.tsx';
import { t } from '../i18n.ts';
import { isLive } from '../state/store.ts';
import { failure, wanted } from './failure.tsx';
import { FindBox, useFinder } from './finder.tsx';
import { follows, setFollows, useFollowing } from './follow.ts';
import { LogList } from './list.tsx';
import { type LogReader, logReader } from './reader.ts';
import { plainText } from './sgr.ts';
import type { Row } from './window.ts';
import './log.css';

/** The log of a task. Nothing where it has none, or no line of it is kept. */
export const LogPanel = ({ task }: Readonly<{ task: Task }>) =>
  task.details.log_stream === undefined ? null : <Log task={task} />;

const Log = ({ task }: Readonly<{ task: Task }>) => {
  const { task_id } = task;
  const reader = useMemo(() => logReader(task_id), [task_id]);
  useEffect(() => () => reader.stop(), [reader]);
  const arrived = useSignal(0);
  const isAtEnd = useSignal(true);
  const seen = useSignal(0);
  const top = useSignal(0);
  useFollowing(reader, task, arrived);
  const finder = useFinder(reader, top);
  const section = useRef<HTMLElement>(null);

  useSignalEffect(() => {
    const request = wanted.value;
    if (request?.task_id !== task_id) return;
    wanted.value = undefined;
    section.current?.scrollIntoView({ block: 'start' });
    section.current?.querySelector<HTMLElement>('[role=log]')?.focus({ preventScroll: true });
    void reader.show(request.line);
  });
  useSignalEffect(() => {
    if (isAtEnd.value) seen.value = arrived.value;
  });

  const held = reader.held.value;
  if (held === undefined || (reader.isNone.value && held.rows.length === 0)) return null;
  const fresh = arrived.value - seen.value;
  return (
    <section class="section log" aria-labelledby="log" ref={section}>
      <h2 id="log">{t.value.logs}</h2>
      <div class="log-bar">
        <FindBox finder={finder} />
        {isLive(task) && (
          <button
            type="button"
            class="plain"
            aria-pressed={follows.value}
            onClick={() => setFollows(!follows.value)}
          >
            {t.value.log.follow}
          </button>
        )}
        <button type="button" class="plain" onClick={() => void reader.beginning()}>
          {t.value.log.beginning}
        </button>
        <button type="button" class="plain" onClick={() => void reader.end()}>
          {fresh > 0 ? t.value.log.newLines(fresh) : t.value.log.end}
        </button>
        <Copy text={() => textOf(held.rows)} />
      </div>
      {held.rows.length === 0 ? (
        <p class="empty">{t.value.log.noLines}</p>
      ) : (
        <LogList
          reader={reader}
          held={held}
          find={finder.text.value}
          current={finder.current.value}
          failing={failure.value?.task_id === task_id ? failure.value.cursor : undefined}
          top={top}
          isAtEnd={isAtEnd}
        />
      )}
      <LogStatus reader={reader} />
    </section>
  );
};

/** What is copied: what is here, without colours, gaps named as they are shown. */
const textOf = (rows: readonly Row[]): string =>
  rows
    .map((row) => (row.kind === 'line' ? plainText(row.line.text) : `… ${t.peek().log.omitted(row.lines)}`))
    .join('\n');

/** The shortest time between two announcements, and how many lines are read aloud as they are. */
const PAUSE_MS = 5_000;
const FEW = 3;

/** Tells screen readers what comes: a few lines as they are, more by their number. Tells everyone what went wrong. */
const LogStatus = ({ reader }: Readonly<{ reader: LogReader }>) => {
  const text = useSignal('');
  const heard = useRef<string | undefined>(undefined);
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  useEffect(() => () => clearTimeout(timer.current), []);
  useSignalEffect(() => {
    const held = reader.held.value;
    const last = held?.rows.at(-1)?.key;
    if (held === undefined || !held.isAtEnd || last === heard.current) return;
    if (heard.current === undefined) heard.current = last;
    timer.current ??= setTimeout(() => {
      timer.current = undefined;
      const rows = reader.held.peek()?.rows ?? [];
      const from = rows.findIndex(({ key }) => key === heard.current);
      heard.current = rows.at(-1)?.key;
      // A window that was read again has nothing new to say.
      if (from < 0 || from === rows.length - 1) return;
      const fresh = rows.slice(from + 1);
      text.value = fresh.length <= FEW ? textOf(fresh) : t.peek().log.newLines(fresh.length);
    }, PAUSE_MS);
  });
  const { value: fault } = reader.fault;
  return (
    <>
      <div class="unseen" role="status">
        {text}
      </div>
      {fault !== undefined && <p class="note">{t.value.log.unread(fault.message)}</p>}
    </>
  );
};
