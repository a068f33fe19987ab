import type { JsonObject } from '../../../json.ts';
import type { DeploymentOutcome, Operation, TaskDetails } from '../../../tasks/details.ts';
import type { TaskStatus } from '../../../tasks/status.ts';
import type { Observation } from '../../format.ts';
import { cut, TEXT_LIMITS } from '../kit/text.ts';
import { isIdOf, MESSAGE } from './rows.ts';
import { CLEANING_UP, type Failure, isOver, type Run } from './run.ts';
import { isSuccessState } from './status.ts';

/** A task from a run. A full counter is no completion: the stack's state and CDK's closing line decide. */
export const observeRun = (run: Run): Observation => {
  const outcome = outcomeOf(run);
  const status = STATUS[outcome];
  const metadata = metadataOf(run);
  const seen: Draft<Observation> = {
    key: run.key,
    task_name: run.name === '' ? 'unnamed stack' : run.name,
    task_type: 'cdk_deploy',
    status,
    current: run.current ?? null,
    total: run.total ?? null,
    details: detailsOf(run, outcome),
    ...(metadata === undefined ? undefined : { metadata }),
    started_at: run.startedAt,
    last_at: run.lastAt,
  };
  if (run.endedAt !== undefined && status !== 'running') seen.ended_at = run.endedAt;
  if (run.message !== undefined) seen.message = cut(run.message, TEXT_LIMITS.message);
  return seen;
};

/** While it is put together: a run is observed after each of its rows. */
type Draft<T> = { -readonly [Key in keyof T]: T[Key] };

const STATUS: Readonly<Record<DeploymentOutcome, TaskStatus>> = {
  completed: 'completed',
  no_changes: 'completed',
  failed: 'failed',
  rolled_back: 'failed',
  rollback_failed: 'failed',
  rolling_back: 'running',
  in_progress: 'running',
};

/** The outcome, first by CDK's closing line, which is certain; else by the stack's last state. */
const outcomeOf = (run: Run): DeploymentOutcome => {
  const { stackState: st = '', mark } = run;
  if (run.verb === 'rollback') return outcomeOfRollback(run);
  if (mark === 'unchanged') return 'no_changes';
  if (st.endsWith('ROLLBACK_FAILED')) return 'rollback_failed';
  if (mark === 'destroyed') return 'completed';
  if (mark === 'failed' && st.endsWith('ROLLBACK_IN_PROGRESS') && run.stuck === 1) return 'rollback_failed';
  if (mark === 'failed') return st.includes('ROLLBACK_') ? 'rolled_back' : 'failed';
  if (st.endsWith('ROLLBACK_COMPLETE')) return 'rolled_back';
  if (mark === 'ok') return 'completed';
  if (isSuccessState(st)) return 'completed';
  if (st === 'DELETE_COMPLETE' && isOver(run))
    return run.failures.length > 0 && run.stackOperation !== 'destroy' ? 'failed' : 'completed';
  if (st.includes('ROLLBACK_')) return 'rolling_back';
  if (st.endsWith('_FAILED')) return 'failed';
  return run.recapped === 1 && st === '' ? 'failed' : 'in_progress';
};

/** A requested rollback is a success if it has worked. */
const outcomeOfRollback = ({ stackState: st = '', mark, failures: fail }: Run): DeploymentOutcome => {
  if (st.endsWith('ROLLBACK_FAILED')) return 'rollback_failed';
  // The bar does not show the final state of the stack, but what failed.
  if (mark === 'failed') return fail.length > 0 ? 'rollback_failed' : 'failed';
  if (mark !== undefined) return 'completed';
  return st.endsWith('ROLLBACK_COMPLETE') ? 'completed' : 'in_progress';
};

const detailsOf = (run: Run, outcome: DeploymentOutcome): TaskDetails => {
  const running = STATUS[outcome] === 'running';
  const step = running ? run.inProgress[run.inProgress.length - 1]?.[1] : undefined;
  const operation = operationOf(run, outcome);
  const causes = running || STATUS[outcome] === 'failed' ? causesOf(run) : [];
  const failed =
    causes.length > 0 ? idsOf(causes, run.listed) : STATUS[outcome] === 'failed' ? listed(run) : [];
  const error = STATUS[outcome] === 'completed' ? undefined : errorOf(run, causes);
  const details: Draft<TaskDetails> = { phase: phaseOf(run, outcome) };
  if (step !== undefined) details.current_step = cut(step, TEXT_LIMITS.step);
  if (operation !== undefined) details.operation = operation;
  details.outcome = outcome;
  if (run.stackState !== undefined) details.stack_state = stateOf(run);
  if (failed.length > 0) details.failed_resources = failed;
  if (run.retained !== undefined) details.retained_resources = run.retained;
  if (error !== undefined) details.error_message = cut(error, MESSAGE);
  return details;
};

/** A column cut to what may be either of two states: once CDK has closed the run, it was the last one. */
const stateOf = ({ stackState: st = '', stateWasCut: either, mark }: Run): string =>
  either === 1 && mark !== undefined && st === CLEANING_UP ? 'UPDATE_ROLLBACK_COMPLETE' : st;

const CREATED = 1;
const UPDATED = 2;
const DELETED = 4;

const operationOf = (run: Run, outcome: DeploymentOutcome): Operation | undefined => {
  if (outcome === 'no_changes') return 'none';
  if (run.verb === 'destroy' || run.verb === 'rollback') return run.verb;
  if (run.stackOperation !== undefined) return run.stackOperation;
  if (run.direct !== undefined) return run.direct;
  if (run.verb === 'import') return 'update';
  if ((run.changes & UPDATED) !== 0) return 'update';
  if ((run.changes & CREATED) !== 0) return (run.changes & DELETED) !== 0 ? 'update' : 'create';
  if ((run.changes & DELETED) !== 0) return run.verb === undefined ? 'destroy' : 'update';
  return run.hotswap === 1 ? 'hotswap' : undefined;
};

const phaseOf = (run: Run, outcome: DeploymentOutcome): string => {
  if (STATUS[outcome] !== 'running') return outcome.replace('_', ' ');
  if (outcome === 'rolling_back') return 'rolling back';
  if (run.stackState?.endsWith('CLEANUP_IN_PROGRESS')) return 'cleaning up';
  if (run.rows > 0) return PHASES[run.verb ?? (run.stackOperation === 'destroy' ? 'destroy' : 'deploy')];
  return run.phase ?? PHASES[run.verb ?? 'deploy'];
};

const PHASES: Readonly<Record<NonNullable<Run['verb']>, string>> = {
  deploy: 'deploying',
  destroy: 'destroying',
  import: 'importing',
  bootstrap: 'bootstrapping',
  rollback: 'rolling back',
};

/**
 * The original failures, in order of the rows' clock. A nested stack counts only if the log does not show what in it
 * failed, and a resource that an update could not remove only if something else ended the update.
 */
const causesOf = (run: Run): readonly Failure[] => {
  if (run.failures.length === 0) return run.failures;
  const updating = run.stackOperation === 'update';
  return run.failures
    .filter(
      (failure) =>
        !(updating && failure.leftBehind === 1) &&
        !(failure.isStack === 1 && run.failures.some((other) => isWithin(other, failure))),
    )
    .toSorted((a, b) => (a.moment ?? Infinity) - (b.moment ?? Infinity) || 0);
};

/** Whether a failure is one inside a nested stack; without a stack's name in the row, whether it came before. */
const isWithin = (inner: Failure, stack: Failure): boolean =>
  inner.isStack !== 1 &&
  (inner.inNested === 1 ||
    (stack.fromBar === 1 && inner.fromBar === 1 && (inner.moment ?? 0) <= (stack.moment ?? 0)));

/** A name that a terminal has broken is left out if the same failure, shown again, has the logical id. */
const idsOf = (failures: readonly Failure[], ids: readonly string[]): readonly string[] => {
  const shown = failures.map((failure) => ({ failure, id: idOf(failure, ids) }));
  const known = shown.filter(({ id }) => ids.includes(id));
  return [
    ...new Set(
      shown
        .filter(
          ({ failure, id }) =>
            failure.fromBar !== 1 ||
            ids.includes(id) ||
            !known.some((other) => isRepeated(failure, other.failure)),
        )
        .map(({ id }) => id),
    ),
  ];
};

const isRepeated = (one: Failure, other: Failure): boolean =>
  one.moment !== undefined &&
  one.moment === other.moment &&
  one.reason !== undefined &&
  one.reason.replaceAll(' ', '') === other.reason?.replaceAll(' ', '');

/**
 * The bar shows construct paths, which look like logical ids if they are one word, and terminals break its rows. The
 * stack's own list of failures may have the logical id.
 */
const idOf = ({ id: shown, fromBar: b }: Failure, ids: readonly string[]): string => {
  if ((b !== 1 && /^[A-Za-z0-9]+$/.test(shown)) || ids.includes(shown)) return shown;
  const id = ids.find((listed) => isIdOf(listed, shown));
  if (id !== undefined) return id;
  const [only, ...others] = ids.filter((listed) => listed.startsWith(shown));
  return only === undefined || others.length > 0 ? shown : only;
};

const listed = ({ listed: ids, cancelled: off }: Run): readonly string[] =>
  ids.filter((id) => !off.includes(id));

const errorOf = (run: Run, failures: readonly Failure[]): string | undefined => {
  const { causes = [] } = run;
  const first = failures.find(({ reason: m }) => m !== undefined);
  if (first?.reason === undefined) return run.stackReason ?? causes[0]?.reason ?? run.closingError;
  // The closing lines contain unbroken text that the terminal broke between words, and the whole of what was read in
  // part.
  const letters = first.reason.replaceAll(' ', '');
  const whole = causes.find(({ reason: m }) => m.replaceAll(' ', '').startsWith(letters));
  return whole?.reason ?? spacedAs(first.reason, run.closingError ?? '') ?? first.reason;
};

/** The part of `text` that differs from `words` in nothing but its spaces, undefined where there is none. */
const spacedAs = (words: string, text: string): string | undefined => {
  const places: number[] = [];
  for (let at = 0; at < text.length; at += 1) if (text[at] !== ' ') places.push(at);
  const letters = words.replaceAll(' ', '');
  const start = text.replaceAll(' ', '').indexOf(letters);
  const first = places[start];
  const last = places[start + letters.length - 1];
  return first === undefined || last === undefined ? undefined : text.slice(first, last + 1);
};

const metadataOf = ({ displayName: d, position: p, seconds: took }: Run): JsonObject | undefined => {
  if (d === undefined && p === undefined && took === undefined) return undefined;
  return {
    ...(d === undefined ? {} : { display_name: d }),
    ...(p === undefined ? {} : { position: `${p[0]}/${p[1]}` }),
    ...(took === undefined ? {} : { deployment_seconds: took }),
  };
};
