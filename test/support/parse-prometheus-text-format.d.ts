declare module 'parse-prometheus-text-format' {
  /** The families of a text in Prometheus' format. */
  function parse(text: string): readonly Readonly<{
    name: string;
    type: string;
    help: string;
    metrics: readonly Readonly<{
      labels?: Readonly<Record<string, string>>;
      value?: string;
      buckets?: Readonly<Record<string, string>>;
    }>[];
  }>[];
  export = parse;
}
