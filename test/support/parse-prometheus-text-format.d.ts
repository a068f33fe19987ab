declare module 'parse-prometheus-text-format' {
  /** The families of a text in Prometheus' format. */
  function parse(text: string): readonly Readonly<{
    name: string;
    type: string;
    help: string;
    metrics: readonly Readonly<Record<string, unknown>>[];
  }>[];
  export = parse;
}
