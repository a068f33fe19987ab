import { createRequire } from 'node:module';

/**
 * CDK's own printers, driven with our events, so that we parse what CDK prints. They are not public in the toolkit's
 * package and are loaded by file.
 */
export type Mode = 'events' | 'bar' | 'errors-only';

export type StackEvent = Readonly<{
  stack: string;
  id: string;
  type?: string;
  status: string;
  reason?: string;
  /** Construct path, where the template has one. */
  path?: string;
  trace?: readonly string[];
  /** Seconds since the first event. */
  after: number;
}>;

export type Deployment = Readonly<{
  stack: string;
  /** How many changes there are; undefined where CDK does not know, e.g. when it destroys. */
  changes?: number;
  update?: boolean;
  events: readonly StackEvent[];
}>;

type Printer = { notify(message: { code: string; data: unknown }): void; stop(): void };
type PrinterClass = new (props: { stream: unknown }) => Printer;
type Monitor = { process(event: unknown): void; progress: unknown };

const require = createRequire(import.meta.url);
const toolkit = (path: string): Record<string, unknown> =>
  require(
    new URL(`../../../../../node_modules/@aws-cdk/toolkit-lib/lib/${path}.js`, import.meta.url).pathname,
  );

const PRINTERS: Readonly<Record<Mode, readonly [string, string]>> = {
  events: ['private/activity-printer/history', 'HistoryActivityPrinter'],
  bar: ['private/activity-printer/current', 'CurrentActivityPrinter'],
  'errors-only': ['private/activity-printer/errors-only', 'ErrorsOnlyActivityPrinter'],
};

const START = Date.parse('2026-01-01T23:59:30');

/** What CDK prints of deployments that go on at the same time, event by event, in one mode. Colours as on a terminal. */
export const printed = (
  mode: Mode,
  deployments: readonly Deployment[],
  options: { colours?: boolean } = {},
): string => {
  const chalk = require('chalk') as { level: number };
  const level = chalk.level;
  chalk.level = options.colours === false ? 0 : 1;
  try {
    return print(mode, deployments);
  } finally {
    chalk.level = level;
  }
};

const print = (mode: Mode, deployments: readonly Deployment[]): string => {
  const [file, name] = PRINTERS[mode];
  const Printer = toolkit(file)[name] as PrinterClass;
  const ProgressMonitor = toolkit('api/stack-events/stack-progress-monitor')['StackProgressMonitor'] as new (
    total?: number,
  ) => Monitor;
  let text = '';
  const stream = {
    columns: mode === 'bar' ? 120 : undefined,
    rows: 60,
    write: (part: string) => {
      text += part;
    },
  };
  const running = deployments.map(({ stack, changes, update = false, events }) => {
    const printer = new Printer({ stream });
    const monitor = new ProgressMonitor(changes);
    const control = {
      deployment: stack,
      stack: { template: { Resources: {} } },
      stackName: stack,
      isStackUpdate: update,
    };
    printer.notify({ code: 'CDK_TOOLKIT_I5501', data: control });
    return { stack, printer, monitor, control, events };
  });
  const longest = Math.max(...running.map(({ events }) => events.length));
  for (let index = 0; index < longest; index += 1) {
    for (const { stack, printer, monitor, events } of running) {
      const event = events[index];
      if (event !== undefined)
        printer.notify({ code: 'CDK_TOOLKIT_I5502', data: activityOf(stack, event, monitor) });
    }
  }
  for (const { printer, control } of running) printer.notify({ code: 'CDK_TOOLKIT_I5503', data: control });
  return text;
};

const activityOf = (root: string, event: StackEvent, monitor: Monitor) => {
  const { stack, id, type = 'AWS::CloudFormation::Stack', status, reason, path, trace, after } = event;
  const data = {
    StackId: `arn:${stack}`,
    PhysicalResourceId: id === stack ? `arn:${stack}` : `physical-${id}`,
    StackName: stack,
    LogicalResourceId: id,
    ResourceType: type,
    ResourceStatus: status,
    ResourceStatusReason: reason,
    Timestamp: new Date(START + after * 1000),
  };
  monitor.process({ event: data, parentStackLogicalIds: stack === root ? [] : [stack] });
  return {
    deployment: root,
    event: data,
    metadata:
      path === undefined
        ? undefined
        : { constructPath: path, entry: { type: 'aws:cdk:logicalId', data: id, trace } },
    progress: monitor.progress,
  };
};
