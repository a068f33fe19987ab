import { type Signal, signal } from '@preact/signals';
import type { ComponentType } from 'preact';
import type { PlotProps } from './plot.tsx';

const loadedPlot: Signal<ComponentType<PlotProps> | undefined> = signal(undefined);
let isRequested = false;

/** The plot, loaded when one is first shown. Its space is reserved, so that nothing jumps. */
export const LazyPlot = (props: PlotProps) => {
  if (!isRequested) {
    isRequested = true;
    import('./plot.tsx').then(
      ({ Plot }) => {
        loadedPlot.value = Plot;
      },
      () => {
        // The server is away; the next plot that is shown tries again.
        isRequested = false;
      },
    );
  }
  const Plot = loadedPlot.value;
  return Plot === undefined ? <div class="plot" /> : <Plot {...props} />;
};
