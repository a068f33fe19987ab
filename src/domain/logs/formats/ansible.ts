import { defined } from '../../defined.ts';
import { isTerminal } from '../../tasks/status.ts';
import { counterRuns, type Run, type RunUpdate, withText } from './kit/counter-runs.ts';
import { cut, headOf, TEXT_LIMITS } from './kit/text.ts';

export type AnsibleSignal =
  | Readonly<{ kind: 'play' | 'task'; text: string }>
  | Readonly<{ kind: 'failed'; host: string; reason?: string }>
  | Readonly<{ kind: 'explains' | 'reason'; text: string }>
  | Readonly<{ kind: 'result' | 'text' }>
  | Readonly<{ kind: 'ignored' }>
  | Readonly<{ kind: 'recap' }>
  | Readonly<{ kind: 'host'; host: string; failed: number; skipped: number }>
  | Readonly<{ kind: 'broken'; text: string }>;

type Failure = Readonly<{ host: string; reason?: string }>;

/**
 * `recap`: its rows are being printed; `tasks`: how many have begun; `fatal`: what has failed and was not ignored, though
 * a rescue may have followed; `remark`: why the task under way has failed, printed before
 * the hosts.
 */
type Memory = Readonly<{ recap: boolean; tasks: number; fatal: readonly Failure[]; remark?: string }>;

/** Why a playbook cannot be run at all, in the words of ansible-core 2.19 and later. */
const UNREADABLE = [
  "couldn't resolve module/action '",
  'the playbook: ',
  "the role '",
  'YAML parsing failed: ',
];

const NOTHING: Memory = { recap: false, tasks: 0, fatal: [] };
const MAX_FATAL = 50;

/**
 * Ansible's default output (source: lib/ansible/plugins/callback/default.py). Tasks are counted as they begin, without a
 * total. The outcome is in the rows of `PLAY RECAP`, one for each host. Nothing marks the last row, so the first one ends the
 * run and the others correct it.
 */
export const ansible = counterRuns<AnsibleSignal, Memory>({
  name: 'ansible',
  stateVersion: 2,
  counts: 'begun',
  revisesEnds: true,
  hint: {
    begins: [
      'PLAY [',
      'TASK [',
      'RUNNING HANDLER [',
      'PLAY RECAP ',
      'fatal: [',
      'failed: [',
      '...ignoring',
      'Task failed: ',
      'ERROR! ',
      ...UNREADABLE,
    ],
    colon: { characters: ' ', holds: (text, at) => text.startsWith('ok=', at + 2) },
  },
  taskType: 'deploy',
  memory: NOTHING,

  // No host has matched: then there are no rows.
  atEnd: (run) =>
    run.status === 'running' && run.details.phase === 'recap' && run.current === null
      ? { ...run, status: 'completed', ended_at: run.last_at }
      : run,

  read: (line) => readLine(headOf(line)),

  isContinued: (signal) =>
    (signal.kind === 'failed' && signal.reason === undefined) ||
    signal.kind === 'result' ||
    signal.kind === 'text',

  readContinuation: (line, before) => {
    const head = headOf(line);
    if (before.kind !== 'text' && YAML_TEXT.test(head)) return { kind: 'text' };
    const text =
      before.kind === 'text' ? head : (MESSAGE.exec(head)?.[1] ?? YAML_MESSAGE.exec(head)?.groups?.['text']);
    if (text !== undefined) return { kind: 'reason', text: cut(text, TEXT_LIMITS.error) };
    return RESULT.test(line) ? { kind: 'result' } : undefined;
  },

  begins: (last, { kind }) =>
    isTerminal(last.status) && (kind === 'play' || kind === 'task' || kind === 'recap' || kind === 'broken'),

  apply(run, signal): RunUpdate<Memory> | undefined {
    const memory = run?.memory ?? NOTHING;
    switch (signal.kind) {
      case 'play':
        return { name: 'ansible', details: { phase: signal.text }, message: signal.text };
      case 'task': {
        const { remark: _remark, ...others } = memory;
        return {
          name: 'ansible',
          current: memory.tasks,
          details: { current_step: signal.text },
          message: signal.text,
          memory: { ...others, tasks: memory.tasks + 1 },
        };
      }
      case 'failed': {
        const { kind: _kind, ...failure } = { ...defined({ reason: memory.remark }), ...signal };
        return run && { memory: { ...memory, fatal: [...memory.fatal, failure].slice(-MAX_FATAL) } };
      }
      case 'explains':
        return run && { memory: { ...memory, remark: signal.text } };
      case 'reason': {
        const last = memory.fatal.at(-1);
        return (
          last && {
            memory: { ...memory, fatal: [...memory.fatal.slice(0, -1), { ...last, reason: signal.text }] },
          }
        );
      }
      case 'result':
      case 'text':
        return undefined;
      case 'ignored':
        return run && { memory: { ...memory, fatal: memory.fatal.slice(0, -1) } };
      case 'recap':
        return { name: 'ansible', details: { phase: 'recap' }, memory: { ...memory, recap: true } };
      case 'host':
        return run?.memory.recap ? onHost(run, signal) : undefined;
      case 'broken':
        return {
          name: 'ansible',
          status: 'failed',
          details: { outcome: 'failed', error_message: run?.details.error_message ?? signal.text },
        };
    }
  },
});

const onHost = (
  run: Run<Memory>,
  { host, failed, skipped }: Extract<AnsibleSignal, { kind: 'host' }>,
): RunUpdate<Memory> => {
  const isBad = failed > 0;
  const status = isBad || run.status === 'failed' ? 'failed' : 'completed';
  const reason = run.memory.fatal.findLast((failure) => failure.host === host)?.reason;
  const message = reason ?? `${failed} failed on ${host}`;
  return {
    status,
    concluded: true,
    current: run.memory.tasks,
    ...(failed + (run.failed ?? 0) > 0 && { failed: failed + (run.failed ?? 0) }),
    ...(skipped + (run.skipped ?? 0) > 0 && { skipped: skipped + (run.skipped ?? 0) }),
    details: {
      outcome: status,
      ...(isBad && {
        failed_resources: withText(run.details.failed_resources, host),
        ...(run.details.error_message === undefined && { error_message: message }),
      }),
    },
  };
};

const HOST =
  /^(\S{1,255}) {1,60}: ok=\d{1,7} {1,8}changed=\d{1,7} {1,8}unreachable=(\d{1,7}) {1,8}failed=(\d{1,7})(?: {1,8}skipped=(\d{1,7}))?/;
const FAILED = /^(?:fatal|failed): \[([^\]\s]{1,255})(?: -> [^\]]{1,255})?\]/;
const MESSAGE = /"msg": "((?:[^"\\]|\\.){1,1000})"/;

/** The same where results are printed as YAML; a message of several lines is below its key. */
const YAML_MESSAGE = /^msg: (?<quote>['"]?)(?<text>\S.{0,1000}?)\k<quote>$/;
const YAML_TEXT = /^msg: [|>][+-]?$/;

/** A line of a result that is printed on several lines. */
const RESULT = /^(?:"\w{1,60}": |\w{1,60}:(?: |$)|- )/;

const readLine = (line: string): AnsibleSignal | undefined => {
  const [, heading, name] = /^(PLAY|TASK|RUNNING HANDLER) \[(.{1,300})\] \*{3,}$/.exec(line) ?? [];
  if (heading !== undefined && name !== undefined)
    return { kind: heading === 'PLAY' ? 'play' : 'task', text: cut(name, TEXT_LIMITS.phase) };
  if (/^PLAY RECAP \*{3,}$/.test(line)) return { kind: 'recap' };
  if (line === '...ignoring') return { kind: 'ignored' };
  const [, host] = FAILED.exec(line) ?? [];
  if (host !== undefined) {
    const [, reason] = MESSAGE.exec(line) ?? [];
    return { kind: 'failed', host, ...(reason !== undefined && { reason: cut(reason, TEXT_LIMITS.error) }) };
  }
  const [, remark] = /^Task failed: (?:(?:Action|Module) failed: )?(.+)$/.exec(line) ?? [];
  if (remark !== undefined) return { kind: 'explains', text: cut(remark, TEXT_LIMITS.error) };
  const [, error] =
    /^ERROR! (.{1,1000})$/.exec(line) ??
    /^(couldn't resolve module\/action '.{1,900}|the playbook: .{1,500} could not be found|the role '[^']{1,200}' was not found\b.{0,900}|YAML parsing failed: .{1,900})$/.exec(
      line,
    ) ??
    [];
  if (error !== undefined) return { kind: 'broken', text: cut(error, TEXT_LIMITS.error) };
  const [, of, unreachable, failed, skipped = '0'] = line.includes(' ok=') ? (HOST.exec(line) ?? []) : [];
  return of === undefined
    ? undefined
    : { kind: 'host', host: of, failed: Number(unreachable) + Number(failed), skipped: Number(skipped) };
};
