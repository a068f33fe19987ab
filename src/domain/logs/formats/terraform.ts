// Over 300 lines: text and JSON output share one state.

import { isJsonObject, type Json, type JsonObject } from '../../json.ts';
import type { TaskDetails } from '../../tasks/details.ts';
import { isTerminal } from '../../tasks/status.ts';
import type { Hint } from '../hint.ts';
import { counterRuns, type Run, type RunUpdate, withText } from './kit/counter-runs.ts';
import { member, parseObject } from './kit/json-line.ts';
import { cut, headOf, TEXT_LIMITS } from './kit/text.ts';

const HINT: Hint = {
  keys: ['@module'],
  contains: [...['Creati', 'Modif', 'Destr', 'Import', 'Refresh', 'Reading'].map((doing) => `: ${doing}`)],
  begins: [
    ...[
      'Plan: ',
      'Apply c',
      'Destroy c',
      'No changes',
      'Note: You',
      'Saved the',
      'Do you ',
      'Error: ',
      'with ',
    ],
    ...['|', 'STDOUT ', 'STDERR ', '[/'],
  ],
};

const COLON = 0x3a;
const OPENING_BRACE = 0x7b;

type Totals = Readonly<{ add: number; change: number; destroy: number; import: number }>;

/** The signal of one line of Terraform or OpenTofu, from text or `-json`. */
export type TerraformSignal = Readonly<{ time?: number; unit?: string }> &
  (
    | Readonly<{ kind: 'refresh'; address: string }>
    | Readonly<{ kind: 'plan'; totals: Totals }>
    | Readonly<{ kind: 'no_changes' | 'plan_only' | 'plan_saved' | 'asks' | 'cancelled' }>
    | Readonly<{ kind: 'start'; address: string; action: string }>
    | Readonly<{ kind: 'done'; address: string; action: string }>
    | Readonly<{ kind: 'failing'; address: string }>
    | Readonly<{ kind: 'applied'; destroy: boolean; count: number }>
    | Readonly<{ kind: 'error'; message: string; address?: string; own?: true; framed?: true }>
    | Readonly<{ kind: 'at'; address: string; of?: string; framed?: true }>
    // What stands below the summary of an error: its place, and details in words.
    | Readonly<{ kind: 'place'; of: string; framed?: true }>
    | Readonly<{ kind: 'detail'; of: string; text: string; framed?: true }>
  );

/** `planned`: a plan has been shown. `begun`: a resource has been changed. */
type Memory = Readonly<{ planned: boolean; begun: boolean; destroys: boolean }>;

/**
 * Terraform and OpenTofu (source of the texts: internal/command/views, hook_ui.go and apply.go; of `-json`:
 * views/json). One run is one apply with the plan before it; completed changes are counted against the plan's sum. A
 * plan that is saved or waits for approval is blocked until it is applied.
 */
export const terraform = counterRuns<TerraformSignal, Memory>({
  name: 'terraform',
  stateVersion: 1,
  counts: 'done',
  hint: HINT,
  taskType: 'terraform_apply',
  memory: { planned: false, begun: false, destroys: false },

  read(line) {
    if (line.charCodeAt(0) === OPENING_BRACE) return readJson(line);
    const { text, unit } = ofUnit(headOf(line));
    const signal = readText(text);
    return signal === undefined || unit === undefined ? signal : { ...signal, unit };
  },

  isContinued(signal) {
    if (signal.kind === 'detail') return true;
    return signal.time === undefined && errorOf(signal) !== undefined && 'over other lines';
  },

  readContinuation: (line, before) => belowError(headOf(line), before),

  laneOf: ({ unit }) => (unit === undefined ? 'terraform' : `terraform:${unit}`),

  timeOf: (signal) => signal.time,

  begins(last, signal) {
    if (isTerminal(last.status)) {
      if (signal.kind === 'applied') return last.details.outcome !== 'no_changes';
      // A plan that fails comes after a run that has ended well, or is a part of one that has failed.
      if (signal.kind === 'error') return signal.own === true && last.status === 'completed';
      if (signal.kind === 'place' || (signal.kind === 'at' && signal.of !== undefined))
        return signal.framed === undefined && last.status === 'completed';
      return !PARTS.has(signal.kind);
    }
    return last.memory.begun && (signal.kind === 'plan' || signal.kind === 'no_changes');
  },

  apply(run, signal) {
    return signal.kind === 'refresh' || signal.kind === 'plan' || signal.kind === 'applied'
      ? onFrame(run, signal)
      : onChange(run, signal);
  },
});

/** Signals that only add to a run that exists. */
const PARTS: ReadonlySet<TerraformSignal['kind']> = new Set(['at', 'detail', 'failing', 'cancelled']);

type Frame = Extract<TerraformSignal, { kind: 'refresh' | 'plan' | 'applied' }>;

const onFrame = (run: Run<Memory> | undefined, signal: Frame): RunUpdate<Memory> => {
  switch (signal.kind) {
    case 'refresh':
      // An apply reads data sources in between; that is no new planning.
      return run?.memory.begun
        ? { details: { current_step: signal.address } }
        : {
            name: nameOf(signal),
            status: 'running',
            details: { ...inProgress('plan'), current_step: signal.address },
          };
    case 'plan': {
      const { totals } = signal;
      const destroys = totals.destroy > 0 && totals.add + totals.change + totals.import === 0;
      const operation = destroys ? 'destroy' : totals.change + totals.destroy === 0 ? 'create' : 'update';
      return {
        name: nameOf(signal),
        status: 'running',
        current: 0,
        total: totals.add + totals.change + totals.destroy + totals.import,
        details: { ...inProgress('plan'), operation },
        memory: { planned: true, begun: false, destroys },
      };
    }
    case 'applied': {
      const { destroy, count } = signal;
      return {
        name: nameOf(signal),
        status: 'completed',
        current: Math.max(run?.current ?? 0, count),
        total: run?.total ?? count,
        details: {
          phase: destroy ? 'destroy' : (run?.details.phase ?? 'apply'),
          outcome: 'completed',
          ...(destroy && { operation: 'destroy' as const }),
        },
        message: destroy ? 'Destroy complete' : 'Apply complete',
      };
    }
  }
};

const onChange = (
  run: Run<Memory> | undefined,
  signal: Exclude<TerraformSignal, Frame>,
): RunUpdate<Memory> | undefined => {
  switch (signal.kind) {
    case 'no_changes':
      return {
        name: nameOf(signal),
        status: 'completed',
        current: 0,
        total: 0,
        details: { phase: 'plan', operation: 'none', outcome: 'no_changes' },
        message: 'No changes',
      };
    case 'start':
    case 'done': {
      const destroys = run?.memory.planned ? run.memory.destroys : signal.action === 'delete';
      return {
        name: nameOf(signal),
        status: 'running',
        ...(signal.kind === 'done' && { current: (run?.current ?? 0) + 1 }),
        details: { ...inProgress(destroys ? 'destroy' : 'apply'), current_step: signal.address },
        memory: { planned: run?.memory.planned ?? false, begun: true, destroys },
      };
    }
    case 'plan_only':
      return run?.memory.planned && !run.memory.begun
        ? { status: 'completed', details: { phase: 'plan', outcome: 'completed' }, message: 'Planned' }
        : undefined;
    case 'plan_saved':
    case 'asks':
      if (!run?.memory.planned || run.memory.begun) return undefined;
      return { status: 'blocked', message: signal.kind === 'asks' ? 'Waiting for approval' : 'Plan saved' };
    case 'cancelled':
      return run && { status: 'cancelled', message: 'Apply cancelled' };
    case 'failing':
      return run && { details: failing(run, signal.address) };
    case 'place':
      return run === undefined ? failedEarly(signal) : undefined;
    case 'detail': {
      const message = cut(`${signal.of}: ${signal.text}`, TEXT_LIMITS.error);
      return run?.details.error_message !== undefined && message.startsWith(run.details.error_message)
        ? { details: { error_message: message } }
        : undefined;
    }
    case 'at':
      // The address is in the lines after an error; anywhere else it means nothing.
      if (run === undefined && signal.of !== undefined) {
        const early = failedEarly({ ...signal, of: signal.of });
        return { ...early, details: { ...early.details, ...failing(undefined, signal.address) } };
      }
      return run?.status === 'failed' ? { details: failing(run, signal.address) } : undefined;
    case 'error':
      if (run === undefined && signal.own === undefined) return undefined;
      return {
        ...(run === undefined && { name: nameOf(signal) }),
        status: 'failed',
        details: {
          outcome: 'failed',
          ...(signal.address !== undefined && failing(run, signal.address)),
          ...(run?.status !== 'failed' && { error_message: signal.message }),
        },
        message: cut(signal.message, TEXT_LIMITS.message),
      };
  }
};

/** A run that is known from its error alone. */
const failedEarly = (signal: TerraformSignal & Readonly<{ of: string }>): RunUpdate<Memory> => ({
  name: nameOf(signal),
  status: 'failed',
  details: { outcome: 'failed', error_message: signal.of },
  message: cut(signal.of, TEXT_LIMITS.message),
});

/**
 * Terragrunt's prefix for the lines of a unit: `STDOUT [vpc] terraform: `, after a time, without a name if there is only one
 * unit; `[/live/prod/vpc] ` in older versions.
 */
const OF_UNIT =
  /^(?:STD(?:OUT|ERR) (?:\[(?<unit>[\w./@-]{1,200})\] )?(?:terraform|tofu): |\[(?<folder>\/[\w./@-]{1,200})\] )/;

const ofUnit = (line: string): Readonly<{ text: string; unit?: string }> => {
  const match = OF_UNIT.exec(line);
  const unit = match?.groups?.['unit'] ?? match?.groups?.['folder'];
  return {
    text: line.slice(match?.[0].length ?? 0),
    ...(unit !== undefined && { unit: cutName(unit) }),
  };
};

/** Lines below the summary of an error: in a frame, or without colours only set off from it. */
const belowError = (line: string, before: TerraformSignal): TerraformSignal | undefined => {
  const error = errorOf(before);
  const { text: given, unit } = ofUnit(line);
  const isFramed = given.startsWith('│');
  if (error === undefined || unit !== before.unit || isFramed !== error.framed) return undefined;
  const text = given.replace(/^│/, '').trim();
  const { of } = error;
  const common = { of, ...(unit !== undefined && { unit }), ...(isFramed && { framed: true as const }) };
  if (before.kind === 'detail') {
    const detail = cut(`${before.text} ${text}`, TEXT_LIMITS.error);
    return text === '' ? undefined : { kind: 'detail', ...common, text: detail };
  }
  const isSure = isFramed || before.kind !== 'error';
  const [, address] = AT.exec(text) ?? [];
  if (address !== undefined || PLACE.test(text)) {
    if (!isSure && LINTED.test(of)) return undefined;
    return address === undefined
      ? { kind: 'place', ...common }
      : { kind: 'at', ...common, address: cutName(address) };
  }
  if (!isSure) return undefined;
  if (!isFramed && text !== '' && !SOURCE.test(text) && !DETAIL.test(text)) return undefined;
  return text === '' || SOURCE.test(text)
    ? { kind: 'place', ...common }
    : { kind: 'detail', ...common, text: cut(text, TEXT_LIMITS.error) };
};

/** The summary of the error that a line is about. */
const errorOf = (signal: TerraformSignal): Readonly<{ of: string; framed: boolean }> | undefined => {
  switch (signal.kind) {
    case 'error':
      return { of: signal.message, framed: signal.framed === true };
    case 'place':
    case 'detail':
    case 'at':
      return signal.of === undefined ? undefined : { of: signal.of, framed: signal.framed === true };
    default:
      return undefined;
  }
};

const AT = /^with (\S{1,500}),$/;
const PLACE = /^on \S.{0,300} line \d{1,7}(?:,| ?:|$)/;
/** Lines of the configuration, and what is known of its values. */
const SOURCE = /^(?:\d{1,7}: |[├│─]|\(source code not available\))/;
/** A sentence without a frame: the next line may be that of another tool. */
const DETAIL = /^(?!Error: |ERROR\b|Process completed|Releasing state lock)[\p{Lu}"'`]/u;
/** TFLint names its rule. */
const LINTED = /\([a-z\d_]{3,80}\)$/;

/** Errors that no other tool states in these words. */
const OWN_ERROR =
  /^(?:Error acquiring the state lock|Inconsistent dependency lock file|Failed to query available provider packages|Backend initialization required|Backend configuration changed|Unsupported Terraform Core version|Required plugins are not installed)\b/;

const nameOf = ({ unit }: TerraformSignal): string => unit ?? 'terraform';

const inProgress = (phase: string): TaskDetails => ({ phase, outcome: 'in_progress' });

const failing = (run: Run<Memory> | undefined, address: string): TaskDetails => ({
  failed_resources: withText(run?.details.failed_resources, address),
});

const CHANGE = /^([\w-]{1,200}\.\S{1,500}): (Creating|Modifying|Destroying|Importing)\.\.\.(?: \[|$)/;
const CHANGED =
  /^([\w-]{1,200}\.\S{1,500}): (Creation|Modifications|Destruction|Import) complete(?: after [\dhms]{1,12})?(?: \[|$)/;
const REFRESH = /^([\w-]{1,200}\.\S{1,500}): (?:Refreshing state|Reading)\.\.\.(?: \[|$)/;
const PLAN =
  /^Plan: (?:(\d{1,7}) to import, )?(\d{1,7}) to add, (\d{1,7}) to change, (\d{1,7}) to destroy[.,]/;
const APPLIED =
  /^(Apply|Destroy) complete! Resources: (?:(\d{1,7}) imported, )?(?:(\d{1,7}) added, (\d{1,7}) changed, )?(\d{1,7})\s{1,2}destroyed\./;
const ACTIONS: Readonly<Record<string, string>> = {
  Creating: 'create',
  Creation: 'create',
  Modifying: 'update',
  Modifications: 'update',
  Destroying: 'delete',
  Destruction: 'delete',
};

const readText = (text: string): TerraformSignal | undefined => {
  const line = isLetter(text.charCodeAt(0)) ? text : text.replace(/^[│|╷╵] ?/, '').trim();
  const signal = readResource(line) ?? readFrame(line);
  // No other tool draws such a frame around its errors.
  if (signal?.kind !== 'error') return signal;
  const framed = text.startsWith('│ ');
  return {
    ...signal,
    ...((framed || OWN_ERROR.test(signal.message)) && { own: true as const }),
    ...(framed && { framed: true as const }),
  };
};

const isLetter = (code: number): boolean => (code | 0x20) >= 0x61 && (code | 0x20) <= 0x7a;

/** Lines about a resource: its address, which contains no spaces, and what happens to it. */
const readResource = (line: string): TerraformSignal | undefined => {
  const space = line.indexOf(' ');
  if (line.charCodeAt(space - 1) !== COLON || !BEGINNINGS.includes(line[space + 1] ?? ' ')) return undefined;
  const [, starting, starts] = CHANGE.exec(line) ?? [];
  if (starting !== undefined && starts !== undefined) {
    return { kind: 'start', address: cutName(starting), action: ACTIONS[starts] ?? 'import' };
  }
  const [, done, did] = CHANGED.exec(line) ?? [];
  if (done !== undefined && did !== undefined) {
    return { kind: 'done', address: cutName(done), action: ACTIONS[did] ?? 'import' };
  }
  const [, refreshed] = REFRESH.exec(line) ?? [];
  return refreshed === undefined ? undefined : { kind: 'refresh', address: cutName(refreshed) };
};

/** What may happen to a resource. */
const BEGINNINGS = 'CMDIR';

/** Lines that are recognised by their beginning. */
const readFrame = (line: string): TerraformSignal | undefined => {
  switch (line.charCodeAt(0)) {
    case 0x50: // P
      return readPlan(line);
    case 0x41: // A
    case 0x44: // D
      return readEnd(line);
    case 0x4e: // N
      if (/^No changes\. (?:Your infrastructure|Infrastructure|No objects)/.test(line))
        return { kind: 'no_changes' };
      return line.startsWith("Note: You didn't use the -out option") ? { kind: 'plan_only' } : undefined;
    case 0x53: // S
      return line.startsWith('Saved the plan to: ') ? { kind: 'plan_saved' } : undefined;
    case 0x45: {
      // E
      // GitHub Actions prints this after any failed step, not only Terraform.
      const [, message] = /^Error: (?!Process completed with exit code \d)(.+)$/.exec(line) ?? [];
      return message === undefined ? undefined : { kind: 'error', message: cut(message, TEXT_LIMITS.error) };
    }
    case 0x77: {
      // w
      const [, address] = AT.exec(line) ?? [];
      return address === undefined ? undefined : { kind: 'at', address: cutName(address) };
    }
    default:
      return undefined;
  }
};

const readPlan = (line: string): TerraformSignal | undefined => {
  const plan = PLAN.exec(line);
  if (plan === null) return undefined;
  const [imports = 0, add = 0, change = 0, destroy = 0] = plan.slice(1).map((digits) => Number(digits ?? 0));
  return { kind: 'plan', totals: { add, change, destroy, import: imports } };
};

const readEnd = (line: string): TerraformSignal | undefined => {
  const applied = APPLIED.exec(line);
  if (applied !== null) {
    const count = applied.slice(2).reduce((sum, digits) => sum + Number(digits ?? 0), 0);
    return { kind: 'applied', destroy: applied[1] === 'Destroy', count };
  }
  if (/^(?:Do you want to perform these actions|Do you really want to destroy)/.test(line))
    return { kind: 'asks' };
  return /^(?:Apply|Destroy) cancelled\./.test(line) ? { kind: 'cancelled' } : undefined;
};

const cutName = (address: string): string => cut(address, TEXT_LIMITS.step);

const MODULES: ReadonlySet<Json | undefined> = new Set(['terraform.ui', 'tofu.ui']);

const readJson = (line: string): TerraformSignal | undefined => {
  // Parsing is expensive; a line of this feed names its module.
  if (!line.includes('"terraform.ui"') && !line.includes('"tofu.ui"')) return undefined;
  const object = parseObject(line);
  if (object === undefined || !MODULES.has(member(object, '@module'))) return undefined;
  const signal = jsonSignal(object);
  const stamp = member(object, '@timestamp');
  const time = typeof stamp === 'string' && stamp.length <= 40 ? Date.parse(stamp) : Number.NaN;
  return signal === undefined || Number.isNaN(time) ? signal : { ...signal, time };
};

const jsonSignal = (object: JsonObject): TerraformSignal | undefined => {
  const hook = objectOf(member(object, 'hook'));
  const address = textOf(member(objectOf(member(hook, 'resource')), 'addr'));
  const action = textOf(member(hook, 'action')) ?? '';
  switch (member(object, 'type')) {
    case 'change_summary':
      return summary(objectOf(member(object, 'changes')));
    case 'refresh_start':
      return address === undefined ? undefined : { kind: 'refresh', address };
    case 'apply_start':
      if (address === undefined) return undefined;
      return action === 'read' ? { kind: 'refresh', address } : { kind: 'start', address, action };
    case 'apply_complete':
      return address === undefined || action === 'read' ? undefined : { kind: 'done', address, action };
    case 'apply_errored':
      return address === undefined ? undefined : { kind: 'failing', address };
    case 'diagnostic': {
      const diagnostic = objectOf(member(object, 'diagnostic'));
      if (member(diagnostic, 'severity') !== 'error') return undefined;
      const texts = ['summary', 'detail'].map((key) => textOf(member(diagnostic, key))?.trim());
      const message = cut(
        texts.filter((text) => text !== undefined && text !== '').join(': '),
        TEXT_LIMITS.error,
      );
      const place = textOf(member(diagnostic, 'address'));
      return { kind: 'error', message, own: true, ...(place !== undefined && { address: place }) };
    }
    default:
      return undefined;
  }
};

const summary = (changes: JsonObject): TerraformSignal => {
  const count = (key: string): number => {
    const value = member(changes, key);
    return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= 1e7 ? value : 0;
  };
  const totals = {
    add: count('add'),
    change: count('change'),
    destroy: count('remove'),
    import: count('import'),
  };
  const sum = totals.add + totals.change + totals.destroy + totals.import;
  const operation = member(changes, 'operation');
  if (operation !== 'plan') return { kind: 'applied', destroy: operation === 'destroy', count: sum };
  return sum === 0 ? { kind: 'no_changes' } : { kind: 'plan', totals };
};

const objectOf = (value: Json | undefined): JsonObject => (isJsonObject(value) ? value : {});

const textOf = (value: Json | undefined): string | undefined =>
  typeof value === 'string' ? cut(value, TEXT_LIMITS.step) : undefined;
