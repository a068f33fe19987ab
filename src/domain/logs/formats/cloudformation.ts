// Over 300 lines: events, waiters and drift share their states and resources.

import { isJsonObject, type Json, type JsonObject } from '../../json.ts';
import type { DeploymentOutcome, Operation, TaskDetails } from '../../tasks/details.ts';
import { MAX_COUNT } from '../../tasks/progress.ts';
import { isTerminal, type TaskStatus } from '../../tasks/status.ts';
import type { Place } from '../hint.ts';
import { isFirstState, isRollbackState, isSuccessState, isTerminalState } from './cdk/status.ts';
import {
  counterRuns,
  latestRun,
  type Run,
  type RunsState,
  type RunUpdate,
  withText,
} from './kit/counter-runs.ts';
import { member, parseObject } from './kit/json-line.ts';
import { cut, TEXT_LIMITS } from './kit/text.ts';

/**
 * One event of a stack or one message of the CDK toolkit. `deployment` is the toolkit's id of what it watches, `token`
 * the client request token that all events of one operation share. `table`: a row of a table, which names no stack but in
 * the rows of the stack itself.
 */
export type CloudformationSignal = Readonly<{ time?: number; deployment?: string; table?: true }> &
  (
    | Readonly<{ kind: 'start'; stack: string; total?: number; update: boolean }>
    | Readonly<{
        kind: 'state';
        stack: string;
        state: string;
        reason?: string;
        token?: string;
        count?: Count;
      }>
    | Readonly<{
        kind: 'resource';
        stack: string;
        id: string;
        name: string;
        state: string;
        nests: boolean;
        reason?: string;
        token?: string;
        count?: Count;
      }>
    | Readonly<{ kind: 'stop'; stack: string }>
    | Readonly<{ kind: 'deployed'; stack: string; unchanged: boolean }>
  );

type Count = Readonly<{ completed: number; total?: number }>;

/** `done`: logical ids that are complete, counted where the feed has no counter of its own. */
type Memory = Readonly<{ deployment: string; token: string; done: readonly string[] }>;

const MAX_DONE = 500;

/** `AWS::SQS::Queue` */
const TYPE: Place = { characters: ':', holds: () => true };

/**
 * Exact feeds of a deployment, one JSON object a line: CloudFormation's events as EventBridge delivers them
 * (`CloudFormation Stack Status Change`, `… Resource Status Change`), and the messages that the CDK toolkit gives its
 * IoHost (`CDK_TOOLKIT_I5501` to `I5503`, `I5900`); and the table of events that `sam deploy` prints, with the lines below it. Their details
 * mean the same as in CDK's own output. As there, only a state of the stack ends a run, never a counter.
 */
export const cloudformation = counterRuns<CloudformationSignal, Memory>({
  name: 'cloudformation',
  stateVersion: 1,
  counts: 'done',
  hint: {
    contains: ['_I5', '\\u'],
    keys: ['status'],
    colon: TYPE,
    begins: ['Successfully created/updated stack', 'Error: Failed to create/update the stack: '],
  },
  taskType: 'cdk_deploy',
  memory: { deployment: '', token: '', done: [] },

  read(line) {
    if (!line.startsWith('{')) return readTableRow(line) ?? readTableEnd(line);
    // Parsing is expensive; every line of these feeds contains one of these words.
    if (!line.includes('aws.cloudformation') && !line.includes('CDK_TOOLKIT_I5')) return undefined;
    const object = parseObject(line);
    if (object === undefined) return undefined;
    return member(object, 'source') === 'aws.cloudformation' ? readEvent(object) : readMessage(object);
  },

  isContinued: (signal) => isFailedRow(signal),

  // A narrow column wraps the reason, and cuts its words where they are longer than the column.
  readContinuation(line, before) {
    if (!isFailedRow(before) || line.includes('  ') || /^[-=]{3,200}$/.test(line)) return undefined;
    return { ...before, reason: cut(`${before.reason} ${line}`, TEXT_LIMITS.error) };
  },

  timeOf: (signal) => signal.time,

  /** Events of a nested stack come with the deployment of the stack around it. */
  laneOf: (signal, state) => (signal.table ? TABLE_LANE : (watchedBy(signal, state) ?? signal.stack)),

  begins(last, signal) {
    if (signal.kind === 'start') return last.memory.deployment !== signal.deployment;
    if (signal.kind === 'deployed') return signal.unchanged && isTerminal(last.status);
    if (isTerminal(last.status))
      return signal.kind === 'state' && isFirstState(signal.state) && isNews(last, signal);
    // The end of the previous operation was missed.
    return signal.kind === 'state' && isFirstState(signal.state) && hasAnotherToken(last, signal);
  },

  apply(run, signal) {
    switch (signal.kind) {
      case 'start':
        return {
          name: signal.stack,
          status: 'running',
          current: 0,
          total: signal.total ?? null,
          details: {
            phase: 'deploying',
            outcome: 'in_progress',
            operation: signal.update ? 'update' : 'create',
          },
          memory: { deployment: signal.deployment ?? '', token: '', done: [] },
        };
      case 'state':
        // In a table the row of a nested stack looks as that of the stack itself.
        if (signal.table && run !== undefined && run.name !== '' && run.name !== signal.stack)
          return onResource(run, {
            ...signal,
            kind: 'resource',
            id: signal.stack,
            name: signal.stack,
            nests: true,
          });
        return isNestedEvent(run, signal) ? counted(run, signal) : onState(run, signal);
      case 'resource':
        return onResource(run, signal);
      case 'stop':
        return run && run.details.stack_state === undefined ? { message: 'Monitoring has ended' } : undefined;
      case 'deployed':
        if (run !== undefined && !signal.unchanged) return ended('completed', run);
        return {
          name: signal.stack,
          status: 'completed',
          ...(signal.unchanged && {
            details: { phase: 'no changes', operation: 'none', outcome: 'no_changes' },
          }),
        };
    }
  },
});

type StateSignal = Extract<CloudformationSignal, { kind: 'state' }>;
type ResourceSignal = Extract<CloudformationSignal, { kind: 'resource' }>;

const watchedBy = (signal: CloudformationSignal, state: RunsState<Memory>): string | undefined => {
  if (signal.deployment === undefined || signal.kind === 'start') return undefined;
  return Object.keys(state.numbers).find(
    (lane) => latestRun(state, lane)?.memory.deployment === signal.deployment,
  );
};

const isNestedEvent = (run: Run<Memory> | undefined, { deployment, stack }: CloudformationSignal): boolean =>
  deployment !== undefined && run !== undefined && run.name !== stack;

const isNews = (last: Run<Memory>, signal: StateSignal): boolean =>
  signal.token === undefined || signal.token !== last.memory.token;

const hasAnotherToken = (last: Run<Memory>, { token }: StateSignal): boolean =>
  token !== undefined && last.memory.token !== '' && token !== last.memory.token;

const onState = (run: Run<Memory> | undefined, signal: StateSignal): RunUpdate<Memory> => {
  const { state, reason } = signal;
  const outcome = outcomeOf(state, run?.details.operation);
  const operation = operationOf(state) ?? run?.details.operation;
  const failure = STATUS[outcome] === 'failed' || outcome === 'rolling_back' ? reason : undefined;
  return {
    name: signal.stack,
    status: STATUS[outcome],
    ...counterOf(signal),
    details: {
      phase: phaseOf(state, outcome, operation),
      outcome,
      stack_state: state,
      ...(operation !== undefined && { operation }),
      ...(failure !== undefined && run?.details.error_message === undefined && { error_message: failure }),
    },
    message: cut(`${state}${reason === undefined ? '' : `: ${reason}`}`, TEXT_LIMITS.message),
    memory: withToken(run, signal.token),
  };
};

const onResource = (run: Run<Memory> | undefined, signal: ResourceSignal): RunUpdate<Memory> => {
  const memory = withToken(run, signal.token);
  const counts = signal.count === undefined && signal.state.endsWith('_COMPLETE') && !isRollingBack(run);
  const isNew = counts && !memory.done.includes(signal.id) && memory.done.length < MAX_DONE;
  const done = isNew ? [...memory.done, signal.id] : memory.done;
  return {
    ...(run === undefined && { name: signal.stack }),
    ...(signal.count === undefined
      ? { current: Math.max(done.length, run?.current ?? 0) }
      : counterOf(signal)),
    details: {
      ...(run === undefined && { phase: 'deploying', outcome: 'in_progress' as const }),
      current_step: signal.name,
      ...failureOf(run, signal),
    },
    message: cut(
      `${signal.state} ${signal.name}${signal.reason === undefined ? '' : `: ${signal.reason}`}`,
      TEXT_LIMITS.message,
    ),
    memory: { ...memory, done },
  };
};

/** Original failures; that others were then cancelled, or failed because of a nested stack, adds nothing. */
const failureOf = (
  run: Run<Memory> | undefined,
  { state, id, reason, nests }: ResourceSignal,
): TaskDetails => {
  if (!state.endsWith('_FAILED') || (reason !== undefined && CANCELLED.test(reason))) return {};
  // During a rollback, a new failure is one of the rollback.
  if (isRollingBack(run) || (nests && run?.details.failed_resources !== undefined)) return {};
  const { failed_resources, error_message: known } = run?.details ?? {};
  const isFirst = known === undefined || reason?.startsWith(`${known} `);
  return {
    failed_resources: withText(failed_resources, id),
    ...(isFirst && reason !== undefined && { error_message: reason }),
  };
};

/** A narrow column may show the beginning only. */
const CANCELLED = /^Resource \w{1,20}(?: cancell?ed|$)|^The following(?:$| resource\(s\) failed)/;

const isFailedRow = (signal: CloudformationSignal): signal is ResourceSignal & Readonly<{ reason: string }> =>
  signal.kind === 'resource' &&
  signal.table === true &&
  signal.reason !== undefined &&
  signal.state.endsWith('_FAILED');

const isRollingBack = (run: Run<Memory> | undefined): boolean =>
  isRollbackState(run?.details.stack_state ?? '');

const counted = (run: Run<Memory> | undefined, signal: StateSignal): RunUpdate<Memory> | undefined =>
  run && { ...counterOf(signal), memory: run.memory };

const counterOf = ({ count }: StateSignal | ResourceSignal): RunUpdate<Memory> =>
  count === undefined
    ? {}
    : { current: count.completed, ...(count.total !== undefined && { total: count.total }) };

const withToken = (run: Run<Memory> | undefined, token: string | undefined): Memory => {
  const memory = run?.memory ?? { deployment: '', token: '', done: [] };
  return token === undefined ? memory : { ...memory, token };
};

const ended = (outcome: DeploymentOutcome, run: Run<Memory>): RunUpdate<Memory> => ({
  status: STATUS[outcome],
  details: { ...run.details, outcome, phase: outcome },
});

const STATUS: Readonly<Record<DeploymentOutcome, TaskStatus>> = {
  completed: 'completed',
  no_changes: 'completed',
  failed: 'failed',
  rolled_back: 'failed',
  rollback_failed: 'failed',
  rolling_back: 'running',
  in_progress: 'running',
};

const outcomeOf = (state: string, operation: string | undefined): DeploymentOutcome => {
  if (state.endsWith('ROLLBACK_FAILED')) return 'rollback_failed';
  if (state.endsWith('ROLLBACK_COMPLETE')) return 'rolled_back';
  if (isRollbackState(state)) return 'rolling_back';
  if (isSuccessState(state)) return 'completed';
  // A stack that could not be created may be deleted again: that is no success.
  if (state === 'DELETE_COMPLETE')
    return operation === undefined || operation === 'destroy' ? 'completed' : 'failed';
  return isTerminalState(state) ? 'failed' : 'in_progress';
};

const operationOf = (state: string): Operation | undefined => {
  if (/^(?:CREATE|REVIEW)_/.test(state)) return 'create';
  if (/^(?:UPDATE|IMPORT)_IN_PROGRESS$/.test(state)) return 'update';
  return state === 'DELETE_IN_PROGRESS' ? 'destroy' : undefined;
};

const phaseOf = (state: string, outcome: DeploymentOutcome, operation: string | undefined): string => {
  if (STATUS[outcome] !== 'running') return outcome.replace('_', ' ');
  if (outcome === 'rolling_back') return 'rolling back';
  if (state.endsWith('CLEANUP_IN_PROGRESS')) return 'cleaning up';
  return operation === 'destroy' ? 'destroying' : 'deploying';
};

const TABLE_LANE = 'stack events';

/** `CREATE_FAILED   AWS::SQS::Queue   Orders   reason`, as `sam deploy` prints the events of a stack. */
const TABLE_ROW =
  /^([A-Z][A-Z_]{2,60}) {2,100}(AWS(?:::\w{1,60}){1,4}:{0,2}|Custom::[\w@-]{1,60}) {2,100}([A-Za-z][A-Za-z0-9-]{0,254})(?: {2,200}(\S.*))?$/;

const isCapital = (code: number): boolean => code >= 0x41 && code <= 0x5a;

const readTableRow = (line: string): CloudformationSignal | undefined => {
  // Only a state begins with two capitals.
  if (!isCapital(line.charCodeAt(1)) || !line.includes('  ') || line.length > 4000) return undefined;
  const [, status, type, id, rest] = TABLE_ROW.exec(line) ?? [];
  const state = stateIn(status);
  if (state === undefined || id === undefined) return undefined;
  const reason = rest === undefined || rest === '-' ? {} : { reason: cut(rest, TEXT_LIMITS.error) };
  const stack = type === STACK || isCutStack(type) ? nameOf(id) : undefined;
  if (stack !== undefined) return { kind: 'state', table: true, stack, state, ...reason };
  const name = cut(id, TEXT_LIMITS.step);
  return { kind: 'resource', table: true, stack: '', id: name, name, state, nests: false, ...reason };
};

/** A narrow column cuts the type. Of the types that begin so, the stack's own row comes first. */
const isCutStack = (type = ''): boolean => type.length >= 12 && STACK.startsWith(type);

/** What `sam deploy` prints below the table. */
const readTableEnd = (line: string): CloudformationSignal | undefined => {
  const [, deployed] =
    /^Successfully created\/updated stack - ([A-Za-z][\w-]{0,127}) in [a-z]{2}(?:-[a-z]{1,9}){1,2}-\d$/.exec(
      line,
    ) ?? [];
  if (deployed !== undefined) return { kind: 'deployed', table: true, stack: deployed, unchanged: false };
  const [, stack, path] =
    /^Error: Failed to create\/update the stack: ([A-Za-z][\w-]{0,127}), .{1,300} matched expected path: "([A-Z_]{6,60})"/.exec(
      line,
    ) ?? [];
  const state = stateIn(path);
  return stack === undefined || state === undefined
    ? undefined
    : { kind: 'state', table: true, stack, state };
};

const readEvent = (object: JsonObject): CloudformationSignal | undefined => {
  const detail = objectOf(object, 'detail');
  const stack = stackOf(textOf(detail, 'stack-id'));
  const details = objectOf(detail, 'status-details');
  const state = stateIn(textOf(details, 'status'));
  if (stack === undefined || state === undefined) return undefined;
  const time = timeOf(textOf(object, 'time'));
  const reason = textOf(details, 'status-reason');
  const token = textOf(detail, 'client-request-token');
  const common = {
    stack,
    state,
    ...(time !== undefined && { time }),
    ...(reason !== undefined && reason !== '' && { reason: cut(reason, TEXT_LIMITS.error) }),
    ...(token !== undefined && token !== '' && { token: cut(token, TEXT_LIMITS.name) }),
  };
  const id = textOf(detail, 'logical-resource-id');
  // CloudFormation reports a stack as a resource of itself, too.
  if (id === undefined || isItself(textOf(detail, 'stack-id'), textOf(detail, 'physical-resource-id'))) {
    return { kind: 'state', ...common };
  }
  const name = cut(id, TEXT_LIMITS.step);
  return { kind: 'resource', id: name, name, nests: textOf(detail, 'resource-type') === STACK, ...common };
};

const STACK = 'AWS::CloudFormation::Stack';

const isItself = (stackId: string | undefined, physicalId: string | undefined): boolean =>
  stackId !== undefined && stackId === physicalId;

const readMessage = (object: JsonObject): CloudformationSignal | undefined => {
  const data = objectOf(object, 'data');
  const time = timeOf(textOf(object, 'time'));
  const deployment = textOf(data, 'deployment');
  const common = {
    ...(time !== undefined && { time }),
    ...(deployment !== undefined && { deployment: cut(deployment, TEXT_LIMITS.name) }),
  };
  const stack = nameOf(textOf(data, 'stackName'));
  switch (member(object, 'code')) {
    case 'CDK_TOOLKIT_I5501': {
      const total = countOf(member(data, 'resourcesTotal'));
      if (stack === undefined) return undefined;
      const update = member(data, 'isStackUpdate') === true;
      return { kind: 'start', stack, update, ...(total !== undefined && { total }), ...common };
    }
    case 'CDK_TOOLKIT_I5502':
      return readActivity(data, common);
    case 'CDK_TOOLKIT_I5503':
      return stack === undefined ? undefined : { kind: 'stop', stack, ...common };
    case 'CDK_TOOLKIT_I5900': {
      const deployed = stackOf(textOf(data, 'stackArn'));
      if (deployed === undefined || member(data, 'type') !== 'did-deploy-stack') return undefined;
      return { kind: 'deployed', stack: deployed, unchanged: member(data, 'noOp') === true, ...common };
    }
    default:
      return undefined;
  }
};

const readActivity = (
  data: JsonObject,
  common: Readonly<{ time?: number; deployment?: string }>,
): CloudformationSignal | undefined => {
  const event = objectOf(data, 'event');
  const stack = nameOf(textOf(event, 'StackName')) ?? stackOf(textOf(event, 'StackId'));
  const state = stateIn(textOf(event, 'ResourceStatus'));
  const id = textOf(event, 'LogicalResourceId');
  if (stack === undefined || state === undefined || id === undefined) return undefined;
  const progress = objectOf(data, 'progress');
  const completed = countOf(member(progress, 'completed'));
  const total = countOf(member(progress, 'total'));
  const reason = textOf(event, 'ResourceStatusReason');
  const token = textOf(event, 'ClientRequestToken');
  const time = timeOf(textOf(event, 'Timestamp')) ?? common.time;
  const rest = {
    ...common,
    stack,
    state,
    ...(time !== undefined && { time }),
    ...(reason !== undefined && reason !== '' && { reason: cut(reason, TEXT_LIMITS.error) }),
    ...(token !== undefined && token !== '' && { token: cut(token, TEXT_LIMITS.name) }),
    ...(completed !== undefined && { count: { completed, ...(total !== undefined && { total }) } }),
  };
  if (isItself(textOf(event, 'StackId'), textOf(event, 'PhysicalResourceId')))
    return { kind: 'state', ...rest };
  const path = textOf(objectOf(data, 'metadata'), 'constructPath');
  const name = cut(path === undefined || path === '' ? id : path, TEXT_LIMITS.step);
  const nests = textOf(event, 'ResourceType') === STACK;
  return { kind: 'resource', id: cut(id, TEXT_LIMITS.step), name, nests, ...rest };
};

/** The stack's name out of `arn:aws:cloudformation:eu-west-1:111111111111:stack/Name/uuid`. */
const stackOf = (arn: string | undefined): string | undefined => {
  const [, name] = arn === undefined || arn.length > 400 ? [] : (/:stack\/([^/]+)(?:\/|$)/.exec(arn) ?? []);
  return nameOf(name);
};

const nameOf = (name: string | undefined): string | undefined =>
  name !== undefined && /^[A-Za-z][A-Za-z0-9-]{0,127}$/.test(name) ? name : undefined;

const stateIn = (text: string | undefined): string | undefined =>
  text !== undefined && /^[A-Z][A-Z_]{2,60}_(?:IN_PROGRESS|COMPLETE|FAILED|SKIPPED)$/.test(text)
    ? text
    : undefined;

const countOf = (value: Json | undefined): number | undefined =>
  typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= MAX_COUNT
    ? value
    : undefined;

const timeOf = (text: string | undefined): number | undefined => {
  if (text === undefined || !/^\d{4}-\d\d-\d\dT[\d:.]{5,20}(?:Z|[+-]\d\d:\d\d)$/.test(text)) return undefined;
  const time = Date.parse(text);
  return Number.isNaN(time) ? undefined : time;
};

const objectOf = (object: JsonObject, key: string): JsonObject => {
  const value = member(object, key);
  return isJsonObject(value) ? value : {};
};

const textOf = (object: JsonObject, key: string): string | undefined => {
  const value = member(object, key);
  return typeof value === 'string' ? value : undefined;
};
