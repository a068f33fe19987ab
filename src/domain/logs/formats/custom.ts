import { MiyabiError } from '../../errors.ts';
import { isJsonObject, type Json, type JsonObject } from '../../json.ts';
import { MAX_COUNT, partialFailure } from '../../tasks/progress.ts';
import { isTerminal, TASK_STATUSES, type TaskStatus } from '../../tasks/status.ts';
import type { LogFormat } from '../format.ts';
import { counterRuns } from './kit/counter-runs.ts';
import { member } from './kit/json-line.ts';
import { statusOfWord } from './kit/status-words.ts';
import { cut, headOf, TEXT_LIMITS } from './kit/text.ts';

/** A compiled pattern. `match` returns the texts of the named groups that matched, undefined for another line. */
export type CompiledPattern = Readonly<{
  groups: readonly string[];
  match(text: string): Readonly<Record<string, string | undefined>> | undefined;
}>;

/**
 * Compiles a pattern that matches in time linear in the text.
 *
 * @throws Error with the reason if it is invalid, or cannot be matched in linear time.
 */
export type CompilePattern = (pattern: string) => CompiledPattern;

/** The signal of a line of a custom format. */
export type CustomSignal = Readonly<{
  task?: string;
  current?: number;
  total?: number;
  failed?: number;
  skipped?: number;
  status?: TaskStatus;
  phase?: string;
  step?: string;
  text: string;
}>;

/** The names that groups of a custom pattern may have. */
const CUSTOM_GROUPS = [
  'current',
  'total',
  'percent',
  'failed',
  'skipped',
  'status',
  'phase',
  'task',
  'step',
] as const;

const KEYS = ['name', 'pattern', 'task_type', 'status_map'];
const MAX_FORMATS = 50;
const MAX_PATTERNS = 20;
const MAX_PATTERN_LENGTH = 1000;
const MAX_STATUS_WORDS = 100;

/**
 * Custom formats from a parsed configuration: a list of `{name, pattern, task_type?, status_map?}`, or an object with
 * that list as `formats`.
 *
 * @throws MiyabiError `configuration` naming the format and what is wrong with it.
 */
export const customFormats = (configuration: Json, compile: CompilePattern): readonly LogFormat[] => {
  const list = isJsonObject(configuration) ? member(configuration, 'formats') : configuration;
  if (!Array.isArray(list))
    throw wrong('own log formats', 'must be a list, or an object with a list `formats`');
  if (list.length > MAX_FORMATS) throw wrong('own log formats', `must be at most ${MAX_FORMATS}`);
  const formats = list.map((entry: Json, index) =>
    customFormat(entry, compile, `own log format ${index + 1}`),
  );
  const names = new Set<string>();
  for (const { name } of formats) {
    if (names.has(name)) throw wrong(`own log format "${name}"`, 'is defined twice');
    names.add(name);
  }
  return formats;
};

/**
 * One custom format. A line belongs to it if one of its patterns matches. If no pattern has a group `status`, a counter
 * that reaches its total completes the task; if one has, only its words end it.
 *
 * @throws MiyabiError `configuration` naming the format and what is wrong with it.
 */
export const customFormat = (
  configuration: Json,
  compile: CompilePattern,
  where = 'own log format',
): LogFormat<CustomSignal> => {
  const { name, patterns, taskType, statuses } = validated(configuration, compile, where);
  const saysStatus = patterns.some(({ groups }) => groups.includes('status'));
  return counterRuns<CustomSignal, null>({
    name,
    stateVersion: 1,
    counts: 'done',
    taskType,
    memory: null,

    read(line) {
      const text = headOf(line);
      for (const pattern of patterns) {
        const groups = pattern.match(text);
        if (groups !== undefined) return signalOf(groups, text, statuses);
      }
      return undefined;
    },

    laneOf: (signal) => signal.task ?? name,

    begins: (last, signal) =>
      isTerminal(last.status) &&
      (signal.status === undefined
        ? signal.current !== undefined && signal.total !== undefined && signal.current < signal.total
        : !isTerminal(signal.status)),

    apply(run, signal) {
      const total = signal.total ?? run?.total ?? null;
      const full = signal.current !== undefined && total !== null && total > 0 && signal.current >= total;
      const concluded = full && !saysStatus;
      const status = signal.status ?? (concluded ? 'completed' : undefined);
      return {
        name: signal.task ?? '',
        ...(status !== undefined && { status }),
        ...(signal.current !== undefined && { current: signal.current }),
        total,
        ...partialFailure(signal),
        details: {
          ...(signal.phase !== undefined && { phase: signal.phase }),
          ...(signal.step !== undefined && { current_step: signal.step }),
          ...(status === 'failed' && { error_message: signal.text }),
        },
        message: signal.text,
      };
    },
  });
};

const signalOf = (
  groups: Readonly<Record<string, string | undefined>>,
  text: string,
  statuses: ReadonlyMap<string, TaskStatus>,
): CustomSignal | undefined => {
  const percent = numberOf(groups['percent']);
  const current = numberOf(groups['current']);
  const total = numberOf(groups['total']);
  const counter =
    current !== undefined
      ? { current: Math.floor(current), ...(total !== undefined && { total: Math.floor(total) }) }
      : percent !== undefined && percent <= 100
        ? { current: Math.floor(percent), total: 100 }
        : {};
  const word = groups['status']?.trim().toLowerCase();
  const status = word === undefined ? undefined : (statuses.get(word) ?? statusOfWord(word));
  const phase = wordsOf(groups['phase'], TEXT_LIMITS.phase);
  const step = wordsOf(groups['step'], TEXT_LIMITS.step);
  const task = wordsOf(groups['task'], TEXT_LIMITS.name);
  return {
    ...counter,
    ...partialFailure({ failed: countOf(groups['failed']), skipped: countOf(groups['skipped']) }),
    ...(status !== undefined && { status }),
    ...(phase !== undefined && { phase }),
    ...(step !== undefined && { step }),
    ...(task !== undefined && { task }),
    text: cut(text, TEXT_LIMITS.message),
  };
};

const countOf = (text: string | undefined): number | undefined => {
  const number = numberOf(text);
  return number === undefined ? undefined : Math.floor(number);
};

const numberOf = (text: string | undefined): number | undefined => {
  if (text === undefined || text.length > 32) return undefined;
  const digits = text.trim().replaceAll(/[,_ ]/g, '');
  if (!/^\d{1,13}(?:\.\d{1,12})?$/.test(digits)) return undefined;
  const number = Number(digits);
  return number > MAX_COUNT ? undefined : number;
};

const wordsOf = (text: string | undefined, limit: number): string | undefined => {
  const words = text?.trim() ?? '';
  return words === '' ? undefined : cut(words, limit);
};

type Validated = Readonly<{
  name: string;
  patterns: readonly CompiledPattern[];
  taskType: string;
  statuses: ReadonlyMap<string, TaskStatus>;
}>;

const validated = (configuration: Json, compile: CompilePattern, place: string): Validated => {
  if (!isJsonObject(configuration)) throw wrong(place, 'must be an object');
  const name = member(configuration, 'name');
  if (typeof name !== 'string' || !/^[a-z][a-z0-9-]{0,39}$/.test(name)) {
    throw wrong(place, 'needs a `name` of 1 to 40 lower-case letters, digits and -, beginning with a letter');
  }
  const where = `own log format "${name}"`;
  for (const key of Object.keys(configuration)) {
    if (!KEYS.includes(key))
      throw wrong(where, `has an unknown key \`${key}\`; known are ${KEYS.join(', ')}`);
  }
  const taskType = member(configuration, 'task_type') ?? 'agent_execution';
  if (typeof taskType !== 'string' || !/^[a-z][a-z0-9_]{0,63}$/.test(taskType)) {
    throw wrong(where, 'has a `task_type` that is no slug of lower-case letters, digits and _');
  }
  return {
    name,
    taskType,
    patterns: patternsOf(configuration, compile, where),
    statuses: statusesOf(configuration, where),
  };
};

const patternsOf = (
  configuration: JsonObject,
  compile: CompilePattern,
  where: string,
): readonly CompiledPattern[] => {
  const stated = member(configuration, 'pattern');
  const texts: readonly Json[] = Array.isArray(stated) ? stated : [stated ?? null];
  if (texts.length === 0 || texts.length > MAX_PATTERNS)
    throw wrong(where, `needs 1 to ${MAX_PATTERNS} patterns`);
  return texts.map((text) => {
    if (typeof text !== 'string' || text === '' || text.length > MAX_PATTERN_LENGTH) {
      throw wrong(
        where,
        `needs a \`pattern\`: a text of 1 to ${MAX_PATTERN_LENGTH} characters, or a list of such`,
      );
    }
    return checkedGroups(compiled(text, compile, where), where);
  });
};

const compiled = (text: string, compile: CompilePattern, where: string): CompiledPattern => {
  try {
    return compile(text);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw wrong(where, `has a pattern that is refused: ${reason}`, error);
  }
};

const checkedGroups = (pattern: CompiledPattern, where: string): CompiledPattern => {
  const known: readonly string[] = CUSTOM_GROUPS;
  const stranger = pattern.groups.find((group) => !known.includes(group));
  if (stranger !== undefined) {
    throw wrong(where, `has a group named \`${stranger}\`; groups may be named ${CUSTOM_GROUPS.join(', ')}`);
  }
  if (!['current', 'percent', 'status', 'phase'].some((group) => pattern.groups.includes(group))) {
    throw wrong(where, 'needs a group named current, percent, status or phase, e.g. (?<current>\\d+)');
  }
  if (pattern.groups.includes('total') && !pattern.groups.includes('current')) {
    throw wrong(where, 'has a group `total` without a group `current`');
  }
  return pattern;
};

const statusesOf = (configuration: JsonObject, where: string): ReadonlyMap<string, TaskStatus> => {
  const map = member(configuration, 'status_map') ?? {};
  if (!isJsonObject(map)) throw wrong(where, 'has a `status_map` that is no object');
  const entries = Object.entries(map);
  if (entries.length > MAX_STATUS_WORDS)
    throw wrong(where, `has more than ${MAX_STATUS_WORDS} words in \`status_map\``);
  return new Map(
    entries.map(([word, status]) => {
      const known = TASK_STATUSES.find((each) => each === status);
      if (known === undefined) {
        throw wrong(where, `maps "${word}" to no status; statuses are ${TASK_STATUSES.join(', ')}`);
      }
      return [word.trim().toLowerCase(), known];
    }),
  );
};

const wrong = (where: string, problem: string, cause?: unknown): MiyabiError =>
  new MiyabiError('configuration', `${where} ${problem}`, cause === undefined ? {} : { cause });
