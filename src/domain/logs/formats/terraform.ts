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
    ...['|', 'STDOUT [', 'STDERR ['],
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
    | Readonly<{ kind: 'error'; message: string; address?: string; own?: true }>
    | Readonly<{ kind: 'at'; address: string }>
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
    const text = headOf(line);
    const [prefix, unit] = OF_UNIT.exec(text) ?? [];
    if (prefix === undefined) return readText(text);
    const signal = readText(text.slice(prefix.length));
    return signal === undefined || unit === undefined ? undefined : { ...signal, unit: cutName(unit) };
  },

  laneOf: ({ unit }) => (unit === undefined ? 'terraform' : `terraform:${unit}`),

  timeOf: (signal) => signal.time,

  begins(last, signal) {
    if (isTerminal(last.status)) {
      if (signal.kind === 'applied') return last.details.outcome !== 'no_changes';
      // A plan that fails comes after a run that has ended well, or is a part of one that has failed.
      if (signal.kind === 'error') return signal.own === true && last.status === 'completed';
      return signal.kind !== 'at' && signal.kind !== 'failing' && signal.kind !== 'cancelled';
    }
    return last.memory.begun && (signal.kind === 'plan' || signal.kind === 'no_changes');
  },

  apply(run, signal) {
    return signal.kind === 'refresh' || signal.kind === 'plan' || signal.kind === 'applied'
      ? onFrame(run, signal)
      : onChange(run, signal);
  },
});

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
    case 'at':
      // The address is in the lines after an error; anywhere else it means nothing.
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

/** Terragrunt's prefix of the lines of a unit: `STDOUT [vpc] terraform: `, after a time. */
const OF_UNIT = /^STD(?:OUT|ERR) \[([\w./@-]{1,200})\] (?:terraform|tofu): /;

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
  return signal?.kind === 'error' && text.startsWith('│ ') ? { ...signal, own: true } : signal;
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
      const [, address] = /^with (\S{1,500}),$/.exec(line) ?? [];
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
