import type { MetricFamily, Sample } from '../services/metrics.ts';

/** Prometheus' text format, version 0.0.4. */
export const metricsText = (families: readonly MetricFamily[]): string =>
  families
    .map(({ name, help, type, samples }) =>
      [`# HELP ${name} ${escaped(help)}`, `# TYPE ${name} ${type}`, ...samples.map(sampleLine), ''].join(
        '\n',
      ),
    )
    .join('');

const sampleLine = ({ name, labels, value }: Sample): string => {
  const pairs = Object.entries(labels).map(
    ([label, text]) => `${label}="${escaped(text).replaceAll('"', '\\"')}"`,
  );
  return `${name}${pairs.length === 0 ? '' : `{${pairs.join(',')}}`} ${value}`;
};

const escaped = (text: string): string => text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
