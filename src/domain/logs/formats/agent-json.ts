// Over 300 lines: the JSON of several agents, one table and one reading for all.

import { isId } from '../../ids.ts';
import { isJsonObject, type Json, type JsonObject } from '../../json.ts';
import { MAX_COUNT, type PartialFailure, partialFailure } from '../../tasks/progress.ts';
import { isTerminal, type TaskStatus } from '../../tasks/status.ts';
import { isTime } from '../../time.ts';
import type { LogFormat, Observation } from '../format.ts';
import { firstMember, MAX_JSON_LENGTH, member, parseObject } from './kit/json-line.ts';
import { isMeasure } from './kit/measures.ts';
import { isStartWord, statusOfWord } from './kit/status-words.ts';
import { cut, TEXT_LIMITS } from './kit/text.ts';

/** The signal of one JSON line. `fraction` marks a counter that was given as a part of 1, e.g. `"progress": 0.45`. */
export type AgentSignal = Readonly<{
  task?: string;
  project?: string;
  time?: number;
  name?: string;
  /** The id of a job or a run where no task's is: it is known in its stream only, as queues and builds count from 1. */
  job?: string;
  /** What the name is of, where there is no id. */
  named?: 'a job' | 'a job or a step';
  type?: string;
  current?: number;
  total?: number;
  failed?: number;
  skipped?: number;
  fraction?: true;
  status?: TaskStatus;
  /** The status is a word for a beginning, such as `started`. */
  starts?: true;
  phase?: string;
  step?: string;
  message?: string;
  error?: string;
  /** Not certainly about work: it changes an existing task, and creates none. */
  faint?: true;
}>;

type AgentRun = Readonly<{
  name: string;
  type: string;
  status: TaskStatus;
  current: number | null;
  total: number | null;
  failed?: number;
  skipped?: number;
  fraction?: true;
  phase?: string;
  step?: string;
  message?: string;
  error?: string;
  started_at: number;
  last_at: number;
  ended_at?: number;
  /** Its end was concluded from a full counter. */
  concluded?: true;
  retries?: number;
}>;

/**
 * `ended` are the ids of finished runs that were pruned, `ends` when they ended and their retries: later lines about
 * them are ignored, unless one begins another attempt.
 */
export type AgentState = Readonly<{
  runs: { readonly [key: string]: AgentRun };
  /** The key of the run that the last line without an id was about. */
  latest?: string;
  ended: readonly string[];
  ends?: { readonly [key: string]: readonly [endedAt: number, retries: number] };
}>;

/** A stream rarely has more than one live task; the bounds keep a stream of invented ids from growing without limit. */
const MAX_RUNS = 500;
const MAX_ENDED = 500;
/** A prefix before the object, e.g. a logger's, is at most this long. */
const MAX_PREFIX = 200;

const TASK_ID_KEYS = ['task_id', 'taskId', 'taskID'];
/** Ids of what job queues, workflows and CI run, for lines without a task id: of a job before and of a run after a bare `id`. */
const JOB_ID_KEYS = ['job_id', 'jobId', 'jobID'];
const RUN_ID_KEYS = [
  ...['run_id', 'runId', 'flow_run_id', 'execution_id', 'executionId', 'executionArn'],
  ...['build_id', 'buildId', 'build-id', 'pipeline_id', 'pipelineId', 'deployment_id', 'deploymentId'],
];
const PROJECT_KEYS = ['project_id', 'projectId'];
const NAME_KEYS = ['task_name', 'taskName', 'task'];
const JOB_NAME_KEYS = [
  ...['job_name', 'jobName', 'build_name', 'buildName', 'workflow_name', 'workflowName'],
  ...['flow_name', 'pipeline_name', 'project-name', 'dag_id', 'job', 'workflow_id', 'workflowId'],
];
const TYPE_KEYS = ['task_type', 'taskType'];
const TIME_KEYS = ['timestamp', '@timestamp', 'time', 'ts', 'datetime'];
const PERCENT_KEYS = ['percentage', 'percent', 'pct', 'progress_percent', 'progressPercent'];
const COUNTER_KEYS = [
  ...(['current', 'completed', 'done', 'processed', 'finished'] as const).map(
    (key) => [key, 'total'] as const,
  ),
  ['step', 'total_steps'],
  ['current_step', 'total_steps'],
  ['completed_steps', 'total_steps'],
  ['currentStep', 'totalSteps'],
  ['completedSteps', 'totalSteps'],
  ['completed_tasks', 'total_tasks'],
  ['completedTasks', 'totalTasks'],
  ['processed_items', 'total_items'],
  ['processedItems', 'totalItems'],
] as const;
/** Beside a counter: how many of its steps failed, and how many were skipped. */
const FAILED_KEYS = [
  ...['failed', 'failed_count', 'failedCount', 'failures', 'errors', 'error_count', 'errorCount'],
  ...['failed_items', 'failedItems', 'failed_steps', 'failedSteps'],
];
const SKIPPED_KEYS = ['skipped', 'skipped_count', 'skippedCount'];
const STATUS_KEYS = [
  ...['status', 'state', 'task_status', 'taskStatus', 'task_state', 'taskState', 'job_status', 'jobStatus'],
  ...['job_state', 'jobState', 'run_status', 'runStatus', 'build_status', 'buildStatus'],
  ...['execution_status', 'executionStatus', 'state_type', 'stateType', 'build-status'],
];
/** Members that hold the status where it is an object: `{"status":{"state":"input-required"}}`. */
const INNER_STATUS_KEYS = ['state', 'status', 'phase', 'type', 'name'];
const PHASE_KEYS = ['phase', 'stage'];
const STEP_KEYS = ['current_step', 'currentStep', 'step'];
const MESSAGE_KEYS = ['message', 'msg', '@message', 'event'];
const ERROR_KEYS = [
  ...['error', 'error_message', 'errorMessage', 'err', 'exception', 'failedReason', 'failed_reason'],
  ...['failure_reason', 'failureReason', 'statusReason', 'status_reason', 'cause'],
];
const EXIT_CODE_KEYS = [
  ...['exit_code', 'exitCode', 'ExitCode', 'exit_status', 'exitStatus', 'returncode', 'return_code'],
];
/** What agents, job queues and CI call what they run. */
const WORK_KEYS = [
  ...JOB_ID_KEYS,
  ...RUN_ID_KEYS,
  ...JOB_NAME_KEYS,
  ...['agent', 'agent_id', 'agentId', 'agent_name', 'workflow', 'pipeline'],
  ...[
    'build',
    'build_number',
    'buildNumber',
    'task_status',
    'conclusion',
    'progress',
    'exit_code',
    'contextId',
  ],
];
/** The kinds of work that OpenAI's API names in the member `object`. */
const WORK_OBJECTS: ReadonlySet<Json | undefined> = new Set([
  ...['thread.run', 'thread.run.step', 'response', 'batch', 'fine_tuning.job', 'vector_store.file_batch'],
]);
/** Where a service is deployed, which some logs call its stage. */
const ENVIRONMENT =
  /^(?:prod(?:uction)?|live|dev(?:elop(?:ment)?)?|stag(?:e|ing)|test(?:ing)?|qa|uat|preview|sandbox|local|beta|canary)(?:[-_]?\w{1,12})?$/i;
const LEVEL_KEYS = ['level', 'levelname', 'severity', '@level'];

/**
 * Where log shippers and loggers put the program's own output; the outer members fill what the inner ones leave open.
 */
const ENVELOPE_KEYS = ['log', 'message', 'msg', 'fields'];
/** The same in events that a service sends. */
const EVENT_KEYS = ['workflow_job', 'workflow_run', 'check_run'];
const MAX_ENVELOPES = 3;

/** Members of a logger's own record: a `name` beside one of them is the logger's. */
const LOGGER_KEYS = ['levelname', 'logger', 'hostname', 'pid', 'lineno'];

/** Beside one of these a status, count or percentage is of a request, a page or a measurement, not of a task. */
const FOREIGN_KEYS = [
  ...[
    'method',
    'url',
    'path',
    'route',
    'http',
    'req',
    'res',
    'request',
    'response',
    'statusCode',
    'status_code',
  ],
  ...['page', 'pageSize', 'page_size', 'per_page', 'limit', 'offset'],
  ...['metric', 'metric_name', 'unit', 'cpu', 'memory', 'disk', 'usage', 'coverage', 'mountpoint', 'battery'],
  ...['hits', 'misses', 'device', 'amount', 'currency', 'price', 'temperature'],
];

/** Keys at least one of which a line must have. */
const PROGRESS_KEYS: readonly string[] = [
  ...TASK_ID_KEYS,
  'progress',
  ...PERCENT_KEYS,
  ...COUNTER_KEYS.map(([, total]) => total),
  ...STATUS_KEYS,
  ...PHASE_KEYS,
];

/**
 * One JSON object a line, as agents and scripts write them: `task_id, status, phase, message, level, timestamp,
 * progress{current,total,percentage}` and the common variants of each. Documented in docs/log-formats.md.
 *
 * A counter that reaches its total completes its task unless the same line has a status; a later line with another
 * status corrects that. A stated end is final: later lines do not change it, nor its counter and texts, unless one says
 * that the task runs again, which begins another attempt. Without an id, a name identifies a run within its stream,
 * `import#1`; lines without either belong to the run that was named last, or to `agent#1`.
 */
export const agentJson: LogFormat<AgentSignal, AgentState> = {
  name: 'agent-json',
  stateVersion: 2,
  revisesEnds: true,
  counts: 'done',
  isReport: true,
  hint: { keys: PROGRESS_KEYS, contains: ['\\u'] },

  read(line) {
    const found = objectIn(line);
    if (found === undefined) return undefined;
    const signal = signalOf(unwrap(found.object));
    // After other text, an object may just be quoted (`Request body: {"status":"done"}`); a task's own report is
    // explicit.
    if (found.prefixed && signal?.task === undefined && signal?.total === undefined) return undefined;
    return signal;
  },

  taskOf: (signal) => signal.task,
  projectOf: (signal) => signal.project,
  timeOf: (signal) => signal.time,

  initial: { runs: {}, ended: [] },

  evolve(state, signal, at) {
    const key = keyOf(state, signal);
    const evolved = evolveRun(state, key, signal, at);
    return hasId(signal) || evolved.touched.length === 0 || key === (state.latest ?? UNNAMED)
      ? evolved
      : { ...evolved, state: { ...evolved.state, latest: key } };
  },

  observe(state, key) {
    const run = runOf(state, key);
    return run === undefined ? undefined : observation(key, run);
  },

  prune(state) {
    const finished = Object.entries(state.runs)
      .filter(([key, run]) => isTerminal(run.status) && key !== UNNAMED && key !== state.latest)
      .map(([key]) => key);
    return finished.length === 0 ? state : without(state, finished);
  },
};

/** The run of lines without an id or a name. No id contains `#`, so neither this nor a name collides with one. */
const UNNAMED = 'agent#1';

const hasId = ({ task, job }: AgentSignal): boolean => task !== undefined || job !== undefined;

const keyOf = (state: AgentState, signal: AgentSignal): string => {
  const { task, job, name, named } = signal;
  if (task !== undefined) return task;
  if (job !== undefined) return `job#${job}`;
  const key = name === undefined || named === undefined ? undefined : `${name}#1`;
  const { latest = UNNAMED } = state;
  if (key === undefined || runOf(state, key) !== undefined) return key ?? latest;
  const run = runOf(state, latest);
  return run !== undefined && continues(run, signal) ? latest : key;
};

/**
 * Whether a line with a new name continues this run: it has no name yet, or the name is that of its next step. Only a count
 * that continues tells a step from another job.
 */
const continues = (run: AgentRun, { name, named, status, current, total }: AgentSignal): boolean =>
  run.name === name ||
  (!isTerminal(run.status) &&
    (run.name === '' ||
      (named === 'a job or a step' &&
        status === undefined &&
        current !== undefined &&
        current >= (run.current ?? 0) &&
        (total ?? run.total) === run.total)));

const runOf = (state: AgentState, key: string): AgentRun | undefined =>
  Object.hasOwn(state.runs, key) ? state.runs[key] : undefined;

const without = (state: AgentState, keys: readonly string[]): AgentState => {
  const ended = keys.filter((key) => isTerminal(state.runs[key]?.status ?? 'running'));
  const runs = Object.fromEntries(Object.entries(state.runs).filter(([key]) => !keys.includes(key)));
  if (ended.length === 0) return { ...state, runs };
  const all = [...state.ended.filter((key) => !ended.includes(key)), ...ended].slice(-MAX_ENDED);
  const ends = all.flatMap((key) => {
    const end = ended.includes(key) ? endOf(state.runs[key]) : prunedEnd(state, key);
    return end === undefined ? [] : [[key, end] as const];
  });
  return { ...state, runs, ended: all, ends: Object.fromEntries(ends) };
};

type End = readonly [endedAt: number, retries: number];

const endOf = (run: AgentRun | undefined): End | undefined =>
  run?.ended_at === undefined ? undefined : [run.ended_at, run.retries ?? 0];

const prunedEnd = ({ ends = {} }: AgentState, key: string): End | undefined =>
  Object.hasOwn(ends, key) ? ends[key] : undefined;

const evolveRun = (state: AgentState, key: string, signal: AgentSignal, at: number) => {
  const before = runOf(state, key);
  const keep = (run: AgentRun) => {
    const roomy = before === undefined ? withRoom(state) : state;
    return { state: { ...roomy, runs: { ...roomy.runs, [key]: run } }, touched: [key] };
  };
  const isPruned = before === undefined && state.ended.includes(key);
  if (isPruned || (before !== undefined && isTerminal(before.status))) {
    if (before?.concluded && corrects(before, signal)) return keep(advance(reopened(before), signal, at));
    const end = isPruned ? prunedEnd(state, key) : endOf(before);
    if (end === undefined || !isRetry(signal, at, end)) return { state, touched: [] };
    const named = { ...(before !== undefined && pick(before, 'name', 'type')), ...signal };
    return keep({ ...advance(undefined, named, at), retries: end[1] + 1 });
  }
  if (before === undefined && signal.faint) return { state, touched: [] };
  return keep(advance(before, signal, at));
};

/** Whether a line says that an ended task runs again. A line that is merely late has an earlier time. */
const isRetry = (
  { status, starts, faint, current, total }: AgentSignal,
  at: number,
  [endedAt]: End,
): boolean =>
  status === 'running' &&
  !faint &&
  (at > endedAt || (starts === true && at === endedAt)) &&
  !(current !== undefined && total !== undefined && total > 0 && current >= total);

/** Whether a line shows that a full counter was not the end: it reports another end, or that the task continues. */
const corrects = (run: AgentRun, { status, starts, faint, current }: AgentSignal): boolean => {
  if (status === undefined || faint) return false;
  if (status !== 'running') return isTerminal(status);
  return !starts && (current === undefined || run.current === null || current >= run.current);
};

const reopened = ({ ended_at: _ended, concluded: _concluded, ...run }: AgentRun): AgentRun => ({
  ...run,
  status: 'running',
});

const withRoom = (state: AgentState): AgentState => {
  const entries = Object.entries(state.runs);
  if (entries.length < MAX_RUNS) return state;
  const age = ([, run]: readonly [string, AgentRun]) =>
    isTerminal(run.status) ? Number.NEGATIVE_INFINITY : run.last_at;
  const oldest = entries.reduce((a, b) => (age(b) < age(a) ? b : a));
  return without(state, [oldest[0]]);
};

const advance = (before: AgentRun | undefined, signal: AgentSignal, at: number): AgentRun => {
  const total = signal.total ?? before?.total ?? null;
  const fraction = signal.fraction ?? before?.fraction;
  const current = currentAfter(before, signal);
  const status = statusAfter(before, signal, { current, total });
  const error = signal.error ?? before?.error ?? (status === 'failed' ? signal.message : undefined);
  const isConcluded = status === 'completed' && signal.status === undefined;
  return {
    ...before,
    ...pick(signal, 'phase', 'step', 'message', 'failed', 'skipped'),
    name: signal.name ?? before?.name ?? '',
    type: signal.type ?? before?.type ?? 'agent_execution',
    status,
    current,
    total,
    ...(fraction !== undefined && { fraction }),
    ...(error !== undefined && { error }),
    started_at: before?.started_at ?? at,
    last_at: Math.max(before?.last_at ?? at, at),
    ...(isTerminal(status) && { ended_at: at }),
    ...(isConcluded && { concluded: true }),
  };
};

/** A task that counts in parts of 1 means 100 percent by its last `1`, not one percent. */
const currentAfter = (before: AgentRun | undefined, signal: AgentSignal): number | null =>
  before?.fraction && signal.current === 1 && signal.total === 100
    ? 100
    : (signal.current ?? before?.current ?? null);

const statusAfter = (
  before: AgentRun | undefined,
  signal: AgentSignal,
  { current, total }: Pick<AgentRun, 'current' | 'total'>,
): TaskStatus => {
  if (signal.status !== undefined) return signal.status;
  const counted = signal.current !== undefined && current !== null;
  if (counted && total !== null && total > 0 && current >= total) return 'completed';
  if (before === undefined || (counted && current !== before.current)) return 'running';
  return before.status;
};

const observation = (key: string, run: AgentRun): Observation => {
  const error = run.status === 'failed' ? run.error : undefined;
  return {
    key,
    task_name: run.name,
    task_type: run.type,
    status: run.status,
    current: run.current,
    total: run.total,
    ...partialFailure(run),
    details: {
      ...pick(run, 'phase'),
      ...(run.step !== undefined && { current_step: run.step }),
      ...(error !== undefined && { error_message: error }),
    },
    started_at: run.started_at,
    last_at: run.last_at,
    ...pick(run, 'ended_at', 'message', 'retries'),
  };
};

/** The members of an object that are present, so that absent ones stay absent in its copy. */
const pick = <T extends object, K extends keyof T>(from: T, ...keys: readonly K[]): Partial<Pick<T, K>> => {
  const picked: Partial<Pick<T, K>> = {};
  for (const key of keys) if (from[key] !== undefined) picked[key] = from[key];
  return picked;
};

type Found = Readonly<{ object: JsonObject; prefixed: boolean }>;

const objectIn = (line: string): Found | undefined => {
  if (line.length > MAX_JSON_LENGTH) return undefined;
  const text = line.trim();
  if (!text.endsWith('}')) return undefined;
  const start = text.indexOf('{');
  if (start < 0 || start > MAX_PREFIX) return undefined;
  const object = parseObject(text.slice(start));
  return object === undefined ? undefined : { object, prefixed: start > 0 };
};

const unwrap = (outer: JsonObject): JsonObject => {
  let object = outer;
  for (let round = 0; round < MAX_ENVELOPES; round += 1) {
    const opened = open(object);
    if (opened === undefined) return object;
    object = opened;
  }
  return object;
};

const open = (object: JsonObject): JsonObject | undefined => {
  // The id of the envelope is that of the event, not of the work.
  const sent = Object.hasOwn(object, 'detail-type') ? 'detail' : EVENT_KEYS.find((key) => key in object);
  const event = sent === undefined ? undefined : member(object, sent);
  if (isJsonObject(event)) return event;
  for (const key of ENVELOPE_KEYS) {
    const value = member(object, key);
    const inner = typeof value === 'string' ? parseObject(value) : value;
    if (!isJsonObject(inner)) continue;
    const { [key]: _opened, ...rest } = object;
    return { ...rest, ...inner };
  }
  return undefined;
};

const signalOf = (object: JsonObject): AgentSignal | undefined => {
  const progress = member(object, 'progress');
  const inProgress = isJsonObject(progress) ? progress : {};
  const stating = statusObjectIn(object);
  const said = statusWordIn(object) ?? statusWordIn(inProgress) ?? (stating && wordOfObject(stating));
  const { word, detail } = said === undefined ? {} : wordAndDetail(said);
  const unsaid = word === undefined ? (nodePhase(object) ?? eventStatus(object)) : undefined;
  const status = word === undefined ? unsaid : statusBeside(object, statusOfWord(word));
  const stated = counterOfProgress(progress);
  const counts = member(object, 'request_counts');
  const counted = isJsonObject(counts) ? counts : object;
  const counter = stated ?? counterIn(counted);
  const phase =
    phaseIn(object) ??
    textIn(inProgress, PHASE_KEYS, TEXT_LIMITS.phase) ??
    // An unknown word for a status is not an end either.
    (word !== undefined && status === undefined ? cut(word, TEXT_LIMITS.phase) : undefined);
  const speaks = counter !== undefined || status !== undefined || phase !== undefined;
  const named = idIn(object, TASK_ID_KEYS);
  const job = named === undefined && speaks ? jobIdIn(object) : undefined;
  const task = named ?? (speaks && job === undefined ? idIn(object, ['id']) : undefined);
  if (!speaks && task === undefined) return undefined;
  const isForeign =
    !Object.hasOwn(object, 'conclusion') && FOREIGN_KEYS.some((key) => Object.hasOwn(object, key));
  if (named === undefined && stated === undefined && isForeign) return undefined;
  const project = idIn(object, PROJECT_KEYS);
  const time = timeIn(object);
  const name = nameIn(object);
  const type = typeIn(object);
  const step = textIn(object, STEP_KEYS, TEXT_LIMITS.step);
  const message =
    textIn(object, MESSAGE_KEYS, TEXT_LIMITS.message) ??
    textIn(inProgress, MESSAGE_KEYS, TEXT_LIMITS.message);
  if (named === undefined && stated === undefined && counter !== undefined && isMeasure(message ?? '', '')) {
    return undefined;
  }
  const error =
    errorIn(object) ??
    (status === 'failed'
      ? (detail ?? (stating && textIn(stating, MESSAGE_KEYS, TEXT_LIMITS.error)))
      : undefined) ??
    (isErrorLevel(object) && status !== 'failed' ? message : undefined);
  return {
    ...(task !== undefined && { task }),
    ...(job !== undefined && { job }),
    ...(project !== undefined && { project }),
    ...(time !== undefined && { time }),
    ...(name !== undefined && { name: name.text }),
    ...(name === undefined && job !== undefined && { name: job }),
    ...(name !== undefined && task === undefined && job === undefined && { named: name.of }),
    ...(type !== undefined && { type }),
    ...counter,
    ...(counter !== undefined && failureIn({ ...object, ...counted, ...inProgress })),
    ...(status !== undefined && { status }),
    ...(status === 'running' && word !== undefined && isStartWord(word) && { starts: true }),
    ...(phase !== undefined && { phase }),
    ...(step !== undefined && { step }),
    ...(message !== undefined && { message }),
    ...(error !== undefined && { error }),
    ...(isAboutWork(object, { named, counter, step }) ? {} : { faint: true }),
  };
};

/**
 * Whether a line is about a piece of work: it has a task's id, a counter, a step or a phase, or one of the names that
 * agents, job queues and CI use for what they run. A status beside any other words is that of a payment or a container.
 */
const isAboutWork = (
  object: JsonObject,
  {
    named,
    counter,
    step,
  }: Readonly<{ named?: string | undefined; counter?: object | undefined; step?: string | undefined }>,
): boolean =>
  named !== undefined ||
  counter !== undefined ||
  step !== undefined ||
  phaseIn(object) !== undefined ||
  WORK_OBJECTS.has(member(object, 'object')) ||
  NAMES_OF_WORK.some((key) => Object.hasOwn(object, key) && !(key === 'exit_code' && isContainer(object)));
const isContainer = (object: JsonObject): boolean =>
  Object.hasOwn(object, 'container') || Object.hasOwn(object, 'image');
const NAMES_OF_WORK = [...NAME_KEYS, ...WORK_KEYS];

const phaseIn = (object: JsonObject): string | undefined => {
  const text = textIn(object, PHASE_KEYS, TEXT_LIMITS.phase);
  return text !== undefined && ENVIRONMENT.test(text) && !Object.hasOwn(object, 'phase') ? undefined : text;
};

/** The phase of a node or a workflow of Argo is its status. */
const nodePhase = (object: JsonObject): TaskStatus | undefined => {
  const phase = member(object, 'phase');
  return typeof phase === 'string' &&
    /^(?:Pending|Running|Succeeded|Failed|Error|Skipped|Omitted)$/.test(phase)
    ? statusOfWord(phase)
    : undefined;
};

/** `{"event":"task.failed","task_id":"t1"}` */
const eventStatus = (object: JsonObject): TaskStatus | undefined => {
  if (idIn(object, TASK_ID_KEYS) === undefined) return undefined;
  const words = ['event', 'type'].map((key) => member(object, key));
  const event = words.find((word) => typeof word === 'string' && TASK_EVENT.test(word));
  return typeof event === 'string' ? statusOfWord(event.replace(TASK_EVENT, '')) : undefined;
};
const TASK_EVENT = /^(?:agent[._])?task[._:]/i;

const failureIn = (object: JsonObject): PartialFailure =>
  partialFailure({
    failed: countOf(firstMember(object, FAILED_KEYS)),
    skipped: countOf(firstMember(object, SKIPPED_KEYS)),
  });

type SignalCounter = Pick<AgentSignal, 'current' | 'total' | 'fraction'>;

const counterOfProgress = (progress: Json | undefined): SignalCounter | undefined => {
  if (isJsonObject(progress)) return counterIn(progress, true);
  if (typeof progress === 'number') return percentCounter(progress, true);
  if (typeof progress !== 'string' || progress.length > 32) return undefined;
  const [, current, total] = /^\s*(\d+)\s*(?:\/|of)\s*(\d+)\s*$/.exec(progress) ?? [];
  if (current === undefined || total === undefined) return percentCounter(progress);
  return pairCounter(countOf(current), countOf(total));
};

/** `partial`: inside a `progress` object, a count without its total, or the reverse, is one. */
const counterIn = (object: JsonObject, partial = false): SignalCounter | undefined => {
  const percent = percentCounter(firstMember(object, PERCENT_KEYS));
  for (const [currentKey, totalKey] of COUNTER_KEYS) {
    const current = countOf(member(object, currentKey));
    const total = countOf(member(object, totalKey));
    if (current === undefined || total === undefined) continue;
    // A producer that divides by its unknown total still knows the percentage.
    return total === 0 && percent?.current ? percent : { current, total };
  }
  if (percent !== undefined || !partial) return percent;
  return pairCounter(countOf(member(object, 'current')), countOf(member(object, 'total')));
};

const pairCounter = (current: number | undefined, total: number | undefined): SignalCounter | undefined =>
  current === undefined && total === undefined
    ? undefined
    : { ...(current !== undefined && { current }), ...(total !== undefined && { total }) };

const percentCounter = (value: Json | undefined, mayBeFraction = false): SignalCounter | undefined => {
  const percent = numberOf(
    typeof value === 'string'
      ? value
          .slice(0, MAX_NUMBER_LENGTH + 1)
          .replace(/^(\s*\d{1,3}),(?=\d{1,6}\s*%)/, '$1.')
          .replace(/\s*%\s*$/, '')
      : value,
  );
  if (percent === undefined || percent > 100) return undefined;
  if (mayBeFraction && percent > 0 && percent < 1) {
    return { current: Math.floor(percent * 100 + 1e-9), total: 100, fraction: true };
  }
  return { current: Math.floor(percent), total: 100 };
};

const countOf = (value: Json | undefined): number | undefined => {
  const number = numberOf(value);
  return number === undefined || number > MAX_COUNT ? undefined : Math.floor(number);
};

const MAX_NUMBER_LENGTH = 32;

const numberOf = (value: Json | undefined): number | undefined => {
  if (typeof value === 'string' && value.length > MAX_NUMBER_LENGTH) return undefined;
  const number =
    typeof value === 'string' && /^\s*\d{1,13}(?:\.\d{1,12})?\s*$/.test(value) ? Number(value) : value;
  return typeof number === 'number' && Number.isFinite(number) && number >= 0 ? number : undefined;
};

/** The first known word among these keys, otherwise the first word. */
const statusWordIn = (object: JsonObject): string | undefined => {
  const words: string[] = [];
  for (const key of STATUS_KEYS) {
    if (!Object.hasOwn(object, key)) continue;
    const stated = object[key];
    // Slurm's REST API has a list of flags, the state first.
    const value = Array.isArray(stated) ? stated[0] : stated;
    if (typeof value === 'string' && STATUS_WORD.test(value)) words.push(value);
  }
  return words.length === 1
    ? words[0]
    : (words.find((word) => statusOfWord(wordAndDetail(word).word) !== undefined) ?? words[0]);
};
/** One word, or a few: a sentence is a message. What follows a colon or stands in parentheses may be one. */
const STATUS_WORD =
  /^\s*\p{L}[\p{L}\d_.-]{0,63}(?:\+|:[\w/]{1,40})?(?: [\p{L}\d_-]{1,20}){0,2}(?:: .{1,300}| \(.{1,300}\))?[\s.!…]{0,3}$/u;

/** `failed: disk full` is a word and its detail. */
const wordAndDetail = (said: string): Readonly<{ word: string; detail?: string }> => {
  if (/^\w+$/.test(said)) return { word: said };
  const [, word, afterColon, inParentheses] =
    /^\s*([^:(]{1,100}?)(?:: (.{1,300}?)| \((.{1,300})\))?[\s.!…]{0,3}$/.exec(said) ?? [];
  const detail = (afterColon ?? inParentheses)?.trim();
  return word === undefined ? { word: said } : { word, ...(detail !== undefined && { detail }) };
};

const statusObjectIn = (object: JsonObject): JsonObject | undefined => {
  const found = ['status', 'state'].map((key) => member(object, key)).find((value) => isJsonObject(value));
  return isJsonObject(found) ? found : undefined;
};

const wordOfObject = (object: JsonObject): string | undefined => {
  const words = INNER_STATUS_KEYS.map((key) => member(object, key)).filter(
    (value): value is string => typeof value === 'string' && STATUS_WORD.test(value),
  );
  return words.find((word) => statusOfWord(word) !== undefined) ?? words[0];
};

/**
 * A conclusion says how completed work has ended, and so does an exit code. A word that is not known, such as `exited`, means an
 * end where there is an exit code.
 */
const statusBeside = (object: JsonObject, status: TaskStatus | undefined): TaskStatus | undefined => {
  if (status !== 'completed' && status !== undefined) return status;
  const conclusion = member(object, 'conclusion');
  const concluded =
    status === 'completed' && typeof conclusion === 'string' ? statusOfWord(conclusion) : undefined;
  if (concluded !== undefined) return concluded;
  if (status === 'completed' && RESULT_KEYS.some((key) => isFailure(member(object, key)))) return 'failed';
  const failed = hasFailed(firstMember(object, EXIT_CODE_KEYS));
  return failed === undefined ? status : failed ? 'failed' : 'completed';
};

/** Members that say how a finished task went. Words that are not known may be its product. */
const RESULT_KEYS = ['result', 'outcome'];
const isFailure = (value: Json | undefined): boolean =>
  typeof value === 'string' && statusOfWord(value) === 'failed';

/** By an exit code: a number, as text too, and in Slurm with the number of the signal, `0:15`. */
const hasFailed = (code: Json | undefined): boolean | undefined => {
  if (typeof code === 'number') return code !== 0;
  return typeof code === 'string' && EXIT_CODE.test(code) ? /[1-9]/.test(code) : undefined;
};
const EXIT_CODE = /^-?\d{1,10}(?::\d{1,3})?$/;

const idIn = (object: JsonObject, keys: readonly string[]): string | undefined => {
  const value = firstMember(object, keys);
  const id = typeof value === 'number' && Number.isSafeInteger(value) ? String(value) : value;
  return typeof id === 'string' && isId(id) ? id : undefined;
};

const jobIdIn = (object: JsonObject): string | undefined =>
  idIn(object, JOB_ID_KEYS) ?? (Object.hasOwn(object, 'id') ? undefined : idIn(object, RUN_ID_KEYS));

type Name = Readonly<{ text: string; of: 'a job' | 'a job or a step' }>;

const nameIn = (object: JsonObject): Name | undefined => {
  const isLogger = LOGGER_KEYS.some((key) => Object.hasOwn(object, key));
  const any = textIn(object, isLogger ? NAME_KEYS : [...NAME_KEYS, 'name'], TEXT_LIMITS.name);
  if (any !== undefined) return { text: any, of: 'a job or a step' };
  const job = textIn(object, JOB_NAME_KEYS, TEXT_LIMITS.name);
  return job === undefined ? undefined : { text: job, of: 'a job' };
};

const typeIn = (object: JsonObject): string | undefined => {
  const type = firstMember(object, TYPE_KEYS);
  return typeof type === 'string' && /^[a-z][a-z0-9_]{0,63}$/.test(type) ? type : undefined;
};

const textIn = (object: JsonObject, keys: readonly string[], limit: number): string | undefined => {
  const value = firstMember(object, keys);
  const text = typeof value === 'number' ? String(value) : typeof value === 'string' ? value.trim() : '';
  return text === '' ? undefined : cut(text, limit);
};

const errorIn = (object: JsonObject): string | undefined => {
  const error = firstMember(object, ERROR_KEYS);
  const cause = member(object, 'cause');
  if (typeof error === 'string' && typeof cause === 'string' && error.trim() !== '' && error !== cause) {
    const inner = parseObject(cause);
    const reason = inner === undefined ? cause : (textIn(inner, ERROR_KEYS, TEXT_LIMITS.error) ?? cause);
    return cut(`${error.trim()}: ${reason.trim()}`, TEXT_LIMITS.error);
  }
  if (isJsonObject(error)) return textIn(error, ['message', 'reason', 'type', 'name'], TEXT_LIMITS.error);
  return typeof error === 'string' ? textIn(object, ERROR_KEYS, TEXT_LIMITS.error) : undefined;
};

/** In words, or as the numbers of bunyan and pino. */
const isErrorLevel = (object: JsonObject): boolean => {
  const level = firstMember(object, LEVEL_KEYS);
  if (typeof level === 'number') return level >= 50;
  return typeof level === 'string' && /^(?:error|err|fatal|critical|crit|emerg|alert)$/i.test(level);
};

/** ISO 8601 with a zone, or epoch seconds or milliseconds; smaller numbers are durations, not moments. */
const timeIn = (object: JsonObject): number | undefined => {
  for (const key of TIME_KEYS) {
    const value = member(object, key);
    const time = typeof value === 'string' ? timeOfText(value) : timeOfNumber(value);
    if (time !== undefined && isTime(time)) return time;
  }
  return undefined;
};

const EARLIEST_EPOCH_SECONDS = 100_000_000;
const EARLIEST_EPOCH_MILLISECONDS = 100_000_000_000;

const timeOfNumber = (value: Json | undefined): number | undefined => {
  const number = numberOf(value);
  if (number === undefined || number < EARLIEST_EPOCH_SECONDS) return undefined;
  return Math.floor(number < EARLIEST_EPOCH_MILLISECONDS ? number * 1000 : number);
};

/** The most common form; others are converted to it first. */
const ISO = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{3})?Z$/;

const timeOfText = (text: string): number | undefined => {
  if (text.length > 40) return undefined;
  if (ISO.test(text)) return Date.parse(text);
  if (!/^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:[.,]\d{1,9})?)? ?(?:Z|[+-]\d\d:?\d\d)$/i.test(text))
    return timeOfNumber(text);
  const iso = text
    .replace(',', '.')
    .replace(/(\.\d{3})\d+/, '$1')
    .replace(/^(.{10}) /, '$1T')
    .replace(' ', '');
  return Date.parse(iso.replace(/([+-]\d\d)(\d\d)$/, '$1:$2'));
};
