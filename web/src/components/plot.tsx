import { useEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { moment } from '../format.ts';
import { locale } from '../i18n.ts';

export type Series = Readonly<{
  label: string;
  values: readonly (number | null)[];
  /** A custom property of the style sheet, so that the plot follows light and dark. */
  colour: string;
  /** `steps`: a value holds until the next; `dots`: each stands alone. */
  kind: 'steps' | 'dots';
}>;

export type PlotProps = Readonly<{
  /** Epoch seconds, ascending. */
  times: readonly number[];
  series: readonly Series[];
  /** A value of the vertical axis as text. */
  text: (value: number) => string;
  /** The range of the vertical axis, if it does not follow the values. */
  range?: readonly [number, number] | undefined;
  /** Moments to mark with a fine line, in epoch seconds. */
  lines?: readonly number[];
  /** Readable steps of the vertical axis, ascending, if decimal ones are not. */
  steps?: readonly number[];
  label: string;
}>;

const HEIGHT = 240;
const PADDING = 12;
/** The style sheet has other colours now, which a canvas does not adopt by itself. */
const RECOLOURING = ['(prefers-color-scheme: dark)', '(forced-colors: active)', 'print'].map((query) =>
  matchMedia(query),
);
// Whole pixels: uPlot scales the first whole number that it finds.
const FONT = '13px "Zen Kaku Gothic New", system-ui, sans-serif';

/** Values over time, drawn by uPlot. It is loaded on demand, because the first view does not need most of it. */
export const Plot = ({ times, series, text, range, lines = [], steps, label }: PlotProps) => {
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | undefined>(undefined);
  const marks = useRef(lines);
  marks.current = lines;
  const shape = `${locale.value} ${range?.join()} ${series.map((one) => one.label + one.kind + one.colour).join()}`;
  // All series have as many values as there are times.
  const data = [times, ...series.map(({ values }) => values)] as uPlot.AlignedData;
  const latest = useRef(data);
  latest.current = data;

  useEffect(() => {
    const at = place.current;
    if (at === null) return;
    const build = () => {
      plot.current?.destroy();
      plot.current = new uPlot(optionsOf(at, series, text, range, marks, steps), latest.current, at);
    };
    build();
    const resized = new ResizeObserver(() => {
      if (at.clientWidth > 0) plot.current?.setSize({ width: at.clientWidth, height: HEIGHT });
    });
    resized.observe(at);
    for (const media of RECOLOURING) media.addEventListener('change', build);
    return () => {
      resized.disconnect();
      for (const media of RECOLOURING) media.removeEventListener('change', build);
      plot.current?.destroy();
      plot.current = undefined;
    };
  }, [shape]);

  useEffect(() => {
    plot.current?.setData(latest.current);
  });

  return <div class="plot" ref={place} role="img" aria-label={label} />;
};

const optionsOf = (
  at: HTMLElement,
  series: readonly Series[],
  text: (value: number) => string,
  range: readonly [number, number] | undefined,
  marks: Readonly<{ current: readonly number[] }>,
  increments: readonly number[] | undefined,
): uPlot.Options => {
  const style = getComputedStyle(at);
  const colour = (name: string) => style.getPropertyValue(name).trim();
  const steps = uPlot.paths.stepped?.({ align: 1 });
  const none = () => null;
  const axis: uPlot.Axis = {
    stroke: colour('--ink-2'),
    font: FONT,
    grid: { stroke: colour('--hairline'), width: 1 },
    ticks: { show: false },
  };
  return {
    width: at.clientWidth,
    height: HEIGHT,
    padding: [PADDING, PADDING, 0, 0],
    legend: { show: false },
    cursor: { y: false, drag: { setScale: false }, points: { size: 7 } },
    scales: {
      // A single moment has no width: it is shown in the middle of a minute.
      x: {
        time: true,
        range: ({ data: [times] }, low, high) => {
          const [first = low] = times;
          return times.length > 1 && low < high ? [low, high] : [first - 30, first + 30];
        },
      },
      y: range === undefined ? { range: (_, __, high) => [0, niceTop(high)] } : { range: [...range] },
    },
    axes: [
      { ...axis, grid: { show: false }, size: 30, space: timeSpace, values: timeTexts },
      {
        ...axis,
        values: (_, splits) =>
          splits.map((value) => (value === 0 && range === undefined ? '0' : text(value))),
        size: axisWidth,
        space: 34,
        ...(increments === undefined ? {} : { incrs: [...increments] }),
      },
    ],
    series: [
      {},
      ...series.map(({ label, colour: name, kind }): uPlot.Series => {
        const stroke = colour(name);
        return kind === 'steps'
          ? {
              label,
              stroke,
              fill: colour(`${name}-wash`),
              width: 2,
              // A single point makes no line.
              points: { show: (self) => self.data[0].length === 1, size: 7, fill: stroke, stroke },
              ...(steps === undefined ? {} : { paths: steps }),
            }
          : { label, stroke, paths: none, points: { show: true, size: 7, fill: stroke, stroke } };
      }),
    ],
    hooks: {
      drawAxes: [
        ({ ctx, bbox, valToPos }) => {
          ctx.save();
          ctx.strokeStyle = colour('--line');
          ctx.setLineDash([2, 4]);
          for (const time of marks.current) {
            const x = Math.round(valToPos(time, 'x', true)) + 0.5;
            if (x <= bbox.left + 2 || x > bbox.left + bbox.width) continue;
            ctx.beginPath();
            ctx.moveTo(x, bbox.top);
            ctx.lineTo(x, bbox.top + bbox.height);
            ctx.stroke();
          }
          ctx.restore();
        },
      ],
      setCursor: [(self) => writeNote(self, at, text)],
    },
  };
};

const niceTop = (high: number | null): number => (high === null || high <= 0 ? 1 : high * 1.1);

/** The smallest distance between texts of the time axis: dates need more room than times. */
const timeSpace = (_: uPlot, __: number, from: number, to: number): number => (to - from < 86_400 ? 75 : 110);

const timeTexts = (
  self: uPlot,
  splits: readonly number[],
  __: number,
  ___: number,
  step: number,
): string[] => {
  const span = (splits.at(-1) ?? 0) - (splits[0] ?? 0);
  const day = step >= 3_600 && span >= 86_400;
  const options: Intl.DateTimeFormatOptions = {
    ...(day ? { month: 'short', day: 'numeric' } : {}),
    ...(step < 86_400 ? { hour: '2-digit', minute: '2-digit' } : {}),
    ...(step < 60 ? { second: '2-digit' } : {}),
  };
  const format = new Intl.DateTimeFormat(locale.peek(), options);
  // Texts that the right edge would cut off are left out.
  const { min = 0, max = 0 } = self.scales['x'] ?? {};
  const scale = (self.width - 80) / Math.max(1, (max ?? 0) - (min ?? 0));
  self.ctx.font = FONT;
  return splits.map((seconds) => {
    const label = format.format(seconds * 1_000);
    const half = self.ctx.measureText(label).width / 2;
    return ((max ?? 0) - seconds) * scale + PADDING < half ? '' : label;
  });
};

/** In CSS pixels, as the font is here; uPlot scales both for the screen. */
const axisWidth = (self: uPlot, values: readonly string[] | null): number => {
  self.ctx.font = FONT;
  const widest = Math.max(0, ...(values ?? []).map((value) => self.ctx.measureText(value).width));
  return Math.ceil(widest) + 16;
};

/** Writes the values under the pointer into a corner of the plot. */
const writeNote = (self: uPlot, at: HTMLElement, text: (value: number) => string): void => {
  let note = at.querySelector<HTMLElement>('.plot-note');
  if (note === null) {
    note = document.createElement('div');
    note.className = 'plot-note';
    at.append(note);
  }
  const index = self.cursor.idx;
  const time = index === null || index === undefined ? undefined : self.data[0][index];
  const value =
    index === null || index === undefined
      ? undefined
      : self.data
          .slice(1)
          .map((values) => values[index])
          .find((one) => one !== null && one !== undefined);
  note.hidden = time === undefined || value === undefined || value === null;
  if (time === undefined || value === undefined || value === null) return;
  note.textContent = `${moment(new Date(time * 1_000).toISOString())}  ${text(value)}`;
};
