import { fullMoment, timeOfDay } from '../format.ts';
import { t } from '../i18n.ts';
import { marked } from './find.ts';
import { lookOf } from './look.ts';
import { spansOf } from './sgr.ts';
import type { LogLine, Row } from './window.ts';

/** What is drawn of one line; the rest is in what one copies. */
const MOST_CHARACTERS = 4_000;

/** The text of a line in its colours, what is searched for marked. Text only: nothing in it becomes an element. */
const LineText = ({ text, find = '' }: Readonly<{ text: string; find?: string }>) => (
  <span class="log-text">
    {marked(spansOf(text.slice(0, MOST_CHARACTERS)), find).map(
      ({ text: piece, style, marked: isMarked }, index) => {
        const { classes, colours } = lookOf(style);
        const inside = isMarked ? <mark>{piece}</mark> : piece;
        return classes === '' && colours === undefined ? (
          inside
        ) : (
          <span key={index} class={classes} style={colours}>
            {inside}
          </span>
        );
      },
    )}
    {text.length > MOST_CHARACTERS && (
      <span class="log-cut">{t.value.log.moreCharacters(text.length - MOST_CHARACTERS)}</span>
    )}
  </span>
);

const Time = ({ at }: Readonly<{ at: string }>) => (
  <time class="log-time" dateTime={at} title={fullMoment(at)} aria-hidden="true">
    {timeOfDay(at)}
  </time>
);

type LineProps = Readonly<{ line: LogLine; find?: string; isFailing?: boolean; isCurrent?: boolean }>;

/** A line with its time. The one that shows the failure, and the match at hand, differ by more than their colour. */
export const Line = ({ line, find = '', isFailing = false, isCurrent = false }: LineProps) => {
  const classes = ['log-row', isFailing ? 'log-failing' : '', isCurrent ? 'log-current' : ''];
  return (
    <div class={classes.filter(Boolean).join(' ')} data-line={line.cursor}>
      <Time at={line.timestamp} />
      {isFailing && <span class="unseen">{t.value.log.failing}: </span>}
      <LineText text={line.text} find={find} />
    </div>
  );
};

export const LogRow = ({ row, ...rest }: Omit<LineProps, 'line'> & Readonly<{ row: Row }>) =>
  row.kind === 'line' ? (
    <Line line={row.line} {...rest} />
  ) : (
    <div class="log-row log-omitted">{t.value.log.omitted(row.lines)}</div>
  );
