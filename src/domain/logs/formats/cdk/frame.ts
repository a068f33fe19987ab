// Over 300 lines: all texts that the CDK CLI prints around its rows, in one place.

import { cut } from '../kit/text.ts';
import { MESSAGE, STACK_NAME } from './rows.ts';
import { listedIn } from './run.ts';
import type { CdkSignal, ErrorSignal, SaidSignal, Verb } from './signals.ts';

/** Lines of CDK that are not rows: what it is about to do, the results, and messages in between. */
export const readFrame = (text: string): CdkSignal | undefined => {
  const line = isMisread(text.charCodeAt(0)) ? withMarks(text) : text;
  const mark = line.indexOf(CHECK);
  if (mark !== -1) return readSuccess(line.slice(mark + 1));
  const cross = line.indexOf(CROSS);
  if (cross !== -1) return readFailure(line.slice(cross + 1));
  const sparkles = line.indexOf(SPARKLES);
  if (sparkles !== -1) return readSparkles(line.slice(sparkles + 1).trim());
  return (
    readBeginning(line) ??
    readEnding(line) ??
    (line.includes(':') ? readWithColon(line) : readRestOfList(line))
  );
};

/** Lines that are recognised by their beginning. */
const readBeginning = (line: string): CdkSignal | undefined => {
  switch (line.charCodeAt(0)) {
    case 0x5b: // [
      return readBar(line) ?? readAssetPercentage(line);
    case 0x61: // a
      return line.startsWith('arn:') ? readArn(line) : undefined;
    case 0x43: // C
      return line.startsWith(NO_HOTSWAP) ? { k: 'hot', v: 'full' } : readChangeSetError(line);
    case 0x45: // E
      return readChangeSetError(line);
    case 0x46: // F
      return line === FALLBACK ? { k: 'hot', v: 'full' } : readChangeSetError(line);
    case 0x4f: // O
      return line === 'Outputs:' ? { k: 'close' } : undefined;
    case 0x52: // R
      return line.startsWith(ROLLING_BACK) ? readRollingBack(line) : undefined;
    case 0x53: // S
      return line === 'Stack ARN:' ? { k: 'close' } : readNotRollingBack(line);
    case 0x54: // T
      return line.startsWith(LISTED) ? readList(line.slice(0, 8 * MESSAGE)) : undefined;
    case 0x2023: // ‣
      return readReason(line);
    default:
      return undefined;
  }
};

/** Lines that are recognised by their end. */
const readEnding = (line: string): CdkSignal | undefined => {
  switch (line.charCodeAt(line.length - 1)) {
    case 0x2e: // .
    case 0x5d: // ]
      return line.includes('...') ? readDoing(line) : undefined;
    case 0x29: // )
      return line.includes('::') ? readCause(line) : undefined;
    default:
      return undefined;
  }
};

const readWithColon = (line: string): CdkSignal | undefined => {
  for (let at = line.indexOf(': '); at !== -1 && at < FAR; at = line.indexOf(': ', at + 2)) {
    if (line.endsWith('start', at) || line.endsWith('success', at) || line.endsWith('fail', at))
      return readAsset(line);
    if (line.endsWith('Currently in progress', at)) return readBusy(line);
  }
  if (line.endsWith('.') && line.includes(', skipping ')) return readSkipping(line);
  if (line.includes('he stack named ')) return readNamed(line);
  return line.includes(' bootstrap') || line.includes('/cdk-bootstrap/') ? readNoBootstrap(line) : undefined;
};

const CHECK = '✅';
const CROSS = '❌';
const SPARKLES = '✨';

/** The marks as a Windows console shows them that reads UTF-8 as code page 437, 850 or 1252. */
const MISREAD: readonly (readonly [string, string])[] = [
  ['Γ£à', CHECK],
  ['Γ¥î', CROSS],
  ['Γ£¿', SPARKLES],
  ['Ô£à', CHECK],
  ['ÔØî', CROSS],
  ['Ô£¿', SPARKLES],
  ['âœ…', CHECK],
  ['âŒ', CROSS],
  ['âœ¨', SPARKLES],
];

const isMisread = (first: number): boolean => first === 0x393 || first === 0xd4 || first === 0xe2;

const withMarks = (line: string): string => {
  const found = MISREAD.find(([misread]) => line.startsWith(misread));
  return found === undefined ? line : found[1] + line.slice(found[0].length);
};

const LISTED = 'The following resource(s) failed to ';
/** How far into a line an unknown logger's words and a stack's name may reach. */
const FAR = 500;
const BUSY = 'Currently in progress: ';
const NO_HOTSWAP = 'Could not perform a hotswap deployment';
const FALLBACK = 'Falling back to doing a full deployment';
const ROLLING_BACK = 'Rolling back ';

const readBar = (line: string): CdkSignal | undefined => {
  const parts = PROGRESS_BAR.exec(line);
  return parts === null ? undefined : { k: 'bar', c: [Number(parts[1]), Number(parts[2])] };
};
const PROGRESS_BAR = /^\[[█▏▎▍▌▋▊▉·]{1,200}\] \((\d{1,9})\/(\d{1,9})\)$/;

/** `The following resource(s) failed to create: [A, B]. …`; terminals break it wherever they end. */
const readList = (line: string): CdkSignal => {
  const start = line.indexOf('[') + 1;
  return start === 0 || line.includes(']', start)
    ? { k: 'listed', ids: listedIn(line, []) }
    : { k: 'listed', ids: [], begun: line.slice(start) };
};

const readRestOfList = (line: string): CdkSignal | undefined => {
  if (line.length > 8 * MESSAGE || !REST_OF_LIST.test(line) || !MADE_BY_CDK.test(line)) return undefined;
  return { k: 'listed', ids: [], more: line };
};
const REST_OF_LIST =
  /^,?[A-Za-z0-9]{0,255}(?:(?:, ?[A-Za-z0-9]{1,255}){1,100},?(?:\].{0,200})?|\]\. Rollback requested by user\.)$/;
const MADE_BY_CDK = /[0-9A-F]{8}(?:,|\]|$)|\]\. R/;

type Named = Readonly<{ s: string; d?: string }>;

/** `Stack`, or `Stage/Stack (Stage-Stack)`, whose parentheses hold the stack's real name. */
const nameIn = (text: string): Named | undefined => {
  const named = text.trim();
  if (named.length > 400) return undefined;
  if (named.endsWith(')')) {
    const parts = DISPLAYED.exec(named);
    return parts?.[1] === undefined || parts[2] === undefined ? undefined : { s: parts[2], d: parts[1] };
  }
  return NAME.test(named) ? { s: named } : undefined;
};
const DISPLAYED = /^(\S{1,256}) \(([A-Za-z][A-Za-z0-9-]{0,127})\)$/;
const NAME = /^[A-Za-z][\w./-]{0,255}$/;

/** The same at the end of a text that an unknown logger may have put its own words before. */
const nameAtEnd = (text: string): Named | undefined => {
  const words = text.slice(-400).trimEnd().split(' ');
  const last = words[words.length - 1] ?? '';
  return last.startsWith('(') ? nameIn(words.slice(-2).join(' ')) : nameIn(last);
};

const say = (v: Verb, named: Named, more: Partial<SaidSignal> = {}): SaidSignal => ({
  k: 'say',
  v,
  ...named,
  ...more,
});

/** CDK sets its marks off by two spaces, which few other programs do. With one space only known stacks count. */
const weak = (text: string): { w?: 1 } => (text.startsWith('  ') ? {} : { w: 1 });

const readSuccess = (text: string): CdkSignal | undefined => {
  if (text.length > 800) return undefined;
  const words = text.trim();
  const environment = BOOTSTRAPPED.exec(words);
  if (environment?.[1] !== undefined)
    return say(environment[2] === undefined ? 'ok' : 'unchanged', { s: environment[1] });
  const old = OLD_SUCCESS.exec(words);
  if (old !== null) return say(old[1] === undefined ? 'unchanged' : 'ok', { s: old[1] ?? old[2] ?? '' });
  const [v, rest] = endOfSuccess(words);
  const named = ENVIRONMENT.test(rest) ? { s: rest } : nameIn(rest);
  return named === undefined ? undefined : say(v, named, weak(text));
};

const BOOTSTRAPPED = /^Environment (aws:\/\/\S{1,200}) bootstrapped( \(no changes\))?\.?$/;
const ENVIRONMENT = /^aws:\/\/[\w-]{1,64}\/[\w-]{1,64}$/;

/** Before version 0.22. */
const OLD_SUCCESS =
  /^(?:Deployment of stack ([A-Za-z][A-Za-z0-9-]{0,127}) completed successfully|Stack was already up-to-date), it has ARN arn:\S{1,200}:stack\/([A-Za-z][A-Za-z0-9-]{0,127})\/\S{1,100}$/;
const OLD_FAILURE =
  /^(?:Deployment of stack ([A-Za-z][A-Za-z0-9-]{0,127}) failed:|Destruction failed: ([A-Za-z][A-Za-z0-9-]{0,127})) (\S.*)$/;
const OLD_BEGINNING = /Starting (deployment|destruction) of stack ([A-Za-z][A-Za-z0-9-]{0,127})\.\.\.$/;

const endOfSuccess = (words: string): readonly [Verb, string] => {
  for (const [ending, verb] of SUCCESSES)
    if (words.endsWith(ending)) return [verb, words.slice(0, -ending.length)];
  return ['ok', words];
};
const SUCCESSES: readonly (readonly [string, Verb])[] = [
  [' (no changes)', 'unchanged'],
  [': destroyed', 'destroyed'],
  [': deployed', 'ok'],
];

const readFailure = (text: string): CdkSignal | undefined => {
  const words = text.slice(0, 4 * MESSAGE).trim();
  const environment = NOT_BOOTSTRAPPED.exec(words);
  if (environment?.[1] !== undefined) {
    return say(
      'failed',
      { s: environment[1] },
      { m: cut(words.slice(environment[0].length).trim(), MESSAGE) },
    );
  }
  const old = OLD_FAILURE.exec(words);
  if (old !== null) {
    const m = cut(old[3] ?? '', MESSAGE);
    return say(
      'failed',
      { s: old[1] ?? old[2] ?? '' },
      { m, ...(old[1] === undefined ? { o: 'destroy' } : {}) },
    );
  }
  if (words.endsWith(NOT_DEPLOYED)) {
    const named = nameIn(words.slice(0, -NOT_DEPLOYED.length));
    return named === undefined ? undefined : say('failed', named, weak(text));
  }
  for (const [phrase, length] of FAILURES) {
    const at = words.indexOf(phrase);
    if (at === -1 || at > 400) continue;
    const subject = words.slice(0, at);
    const m = cut(words.slice(at + length).trim(), MESSAGE);
    if (subject === 'Deployment') {
      const error = errorOf(m);
      if (error.s !== undefined || !text.startsWith('  ')) return error;
    }
    const named = ENVIRONMENT.test(subject) ? { s: subject } : nameIn(subject);
    if (named === undefined) continue;
    const likely = phrase !== ' failed:' || (text.startsWith('  ') && ERROR_NAME.test(m));
    return say('failed', named, {
      m,
      ...(phrase === DESTROY_FAILED ? { o: 'destroy' } : {}),
      ...(likely ? {} : { w: 1 }),
    });
  }
  return undefined;
};

/** How CDK ends the line from version 2.1140 on; the reason follows in lines of its own. */
const NOT_DEPLOYED = ' failed to deploy';
const NOT_BOOTSTRAPPED = /^Environment (aws:\/\/\S{1,200}) failed bootstrapping:/;
const DESTROY_FAILED = ': destroy failed ';
const FAILURES: readonly (readonly [string, number])[] = [
  [DESTROY_FAILED, 16],
  [': deploy failed ', 15],
  [' failed:', 8],
];
/** The beginning of a message of CDK: the name of an error, or words that only it uses. */
const ERROR_NAME =
  /^(?:[A-Za-z_$][\w$]*(?: \[[\w:.]{1,100}\])?: |The stack named |Resource updates failed|Failed to create |\S*Error\b)/;

/** An error that is not on a stack's own line; the stack may be named in it. */
const errorOf = (m: string): ErrorSignal => {
  const stack = THE_STACK.exec(m)?.[1] ?? NO_BOOTSTRAP.exec(m)?.[1];
  return { k: 'error', m, ...(stack === undefined ? {} : { s: stack }) };
};
const THE_STACK = /\bThe stack named ([A-Za-z][A-Za-z0-9-]{0,127}) /;
const NO_BOOTSTRAP =
  /^(?:\w{0,60}Error: )?([A-Za-z][A-Za-z0-9-]{0,127}): (?:SSM parameter \/cdk-bootstrap\/|This CDK deployment requires bootstrap stack version )/;

/** `Failed to create change set NAME:`, followed by the reason or a list of causes. No line says which stack it was. */
const readChangeSetError = (line: string): CdkSignal | undefined =>
  CHANGE_SET_ERROR.test(line) ? { k: 'error', m: cut(line, MESSAGE), cs: 1 } : readOldChangeSetError(line);
const CHANGE_SET_ERROR =
  /^(?:(?:Failed to create change set|Early validation failed for change set) [A-Za-z][A-Za-z0-9-]{0,127}(?:$|:$|: )|Change set [A-Za-z][A-Za-z0-9-]{0,127} cannot be executed \([A-Z_]{4,40}\)(?:$|: ))/;

/** The same in older versions, where the line names the stack. */
const readOldChangeSetError = (line: string): CdkSignal | undefined => {
  const [, s, m] = OLD_CHANGE_SET_ERROR.exec(line.slice(0, 2 * MESSAGE)) ?? [];
  if (s !== undefined && m !== undefined) return { k: 'error', m: cut(m, MESSAGE), s };
  const [, invalid] = OLD_EARLY_VALIDATION.exec(line) ?? [];
  return invalid === undefined ? undefined : { k: 'error', m: cut(line, MESSAGE), s: invalid };
};
const OLD_CHANGE_SET_ERROR =
  /^Failed to create ChangeSet [A-Za-z][A-Za-z0-9-]{0,127} on ([A-Za-z][A-Za-z0-9-]{0,127}): [A-Z_]{4,40}, (\S.*)$/;
const OLD_EARLY_VALIDATION =
  /^ChangeSet '[A-Za-z][A-Za-z0-9-]{0,127}' on stack '([A-Za-z][A-Za-z0-9-]{0,127})' failed early validation:$/;

const readReason = (line: string): CdkSignal | undefined => {
  const text = line.slice(2, 2 + MESSAGE);
  return REASON.test(text) ? { k: 'reason', m: text } : undefined;
};
const REASON = /^[A-Za-z_$][\w$.]{0,99}: \S/;

const readNamed = (line: string): CdkSignal | undefined => {
  const text = line
    .slice(0, 2 * MESSAGE)
    .replace(OF_STACK, '')
    .slice(0, MESSAGE);
  return NAMED.test(text) && text.includes('fail') ? errorOf(text) : undefined;
};
const NAMED = /^(?:\S{0,60}Error: )?The stack named /;
const OF_STACK = /^\S{1,256}(?: \(\S{1,130}\))?(?:: (?:destroy|deploy) failed| failed:) /;

const readNoBootstrap = (line: string): CdkSignal | undefined => {
  const text = line.slice(0, MESSAGE);
  return NO_BOOTSTRAP.test(text) ? errorOf(text) : undefined;
};

const readSparkles = (words: string): CdkSignal | undefined => {
  const took = TOOK.exec(words);
  if (took?.[1] !== undefined) {
    if (took[1] === 'Rollback') return { k: 'close', r: 1 };
    return took[1] === 'Deployment' ? { k: 'close', x: Number(took[2]) } : undefined;
  }
  if (words.startsWith('hotswapping resources')) return { k: 'hot', v: 'start' };
  if (words.startsWith('hotswap deployment skipped')) return undefined;
  const swapped = HOTSWAPPED.exec(words);
  if (swapped?.[1] === undefined) return undefined;
  return { k: 'hot', v: swapped[2] === undefined ? 'start' : 'done', n: swapped[1] };
};
const TOOK = /^(Deployment|Synthesis|Total|Destroy|Rollback) time: (\d{1,9}(?:\.\d{1,9})?)s\**$/;
const HOTSWAPPED = /^(\S[^']{0,120} '[^']{1,255}')( hotswapped!)?$/;

const readDoing = (line: string): CdkSignal | undefined => {
  const environment = BOOTSTRAPPING.exec(line);
  if (environment?.[1] !== undefined) return say('bootstrapping', { s: environment[1] });
  const old = OLD_BEGINNING.exec(line);
  if (old?.[2] !== undefined)
    return say(old[1] === 'destruction' ? 'destroying' : 'deploying', { s: old[2] });
  const parts = DOING.exec(line);
  const verb = DOINGS.get(parts?.[1] ?? '');
  const named = parts === null ? undefined : nameAtEnd(line.slice(0, parts.index));
  if (parts === null || verb === undefined || named === undefined) return undefined;
  return say(verb, named, parts[2] === undefined ? {} : { p: [Number(parts[2]), Number(parts[3])] });
};
const BOOTSTRAPPING = /Bootstrapping environment (aws:\/\/[\w-]{1,64}\/[\w-]{1,64})\.\.\.$/;
const DOING =
  /: (deploying|destroying|creating CloudFormation changeset|importing resources into stack|creating stack|updating stack)\.\.\.(?: \[(\d{1,5})\/(\d{1,5})\])?$/;
const DOINGS: ReadonlyMap<string, Verb> = new Map([
  ['deploying', 'deploying'],
  ['destroying', 'destroying'],
  ['creating CloudFormation changeset', 'changeset'],
  ['importing resources into stack', 'importing'],
  ['creating stack', 'creating'],
  ['updating stack', 'updating'],
]);

const readSkipping = (line: string): CdkSignal | undefined => {
  const at = line.search(
    /: (?:stack has no resources, skipping deployment|no new resources compared to the currently deployed stack, skipping import)\.$/,
  );
  const named = at === -1 ? undefined : nameAtEnd(line.slice(0, at));
  return named === undefined ? undefined : say('unchanged', named);
};

const readAsset = (line: string): CdkSignal | undefined => {
  const parts = ASSET.exec(line);
  return parts === null ? undefined : assetOf(parts[1], parts[2], parts[3]);
};
const ASSET = /(?:(?:^| )([A-Za-z][A-Za-z0-9-]{0,127}): {1,4}|^)(start|success|fail): (\S.{0,400})/;

/** `Building <asset>`, `Built <asset>` and so on; a failure does not say which asset it was. */
const assetOf = (
  stack: string | undefined,
  how: string | undefined,
  text: string | undefined,
): CdkSignal | undefined => {
  const named = stack === undefined ? {} : { s: stack };
  if (how === 'fail') return { k: 'asset', v: 'publishing', ...named, e: 'failed' };
  const parts = ASSET_WORK.exec(text ?? '');
  if (parts?.[1] === undefined || parts[2] === undefined) return undefined;
  const v = parts[1].startsWith('Buil') ? 'building' : 'publishing';
  return { k: 'asset', v, ...named, n: parts[2], ...(how === 'success' ? { e: 'done' as const } : {}) };
};
const ASSET_WORK = /^(Building|Built|Publishing|Published) (\S.{0,200})/;

/** `[50%] success: …` of version 1, and more with -v. The percentage is that of the assets, not progress of a stack. */
const readAssetPercentage = (line: string): CdkSignal | undefined => {
  const parts = ASSET_PERCENTAGE.exec(line);
  if (parts === null) return undefined;
  return assetOf(undefined, parts[1], parts[2]) ?? { k: 'asset', v: 'publishing' };
};
const ASSET_PERCENTAGE =
  /^\[ {0,2}\d{1,3}%\] (start|success|fail|check|found|cached|build|upload|open|debug|shell_open|shell_stdout|shell_stderr|shell_close): (.{0,400})/;

/** The first word of each name is a logical id, or the stack itself. */
const readBusy = (line: string): CdkSignal | undefined => {
  const at = line.indexOf(BUSY);
  if (at > 40) return undefined;
  const ids = line
    .slice(at + BUSY.length)
    .slice(0, 4 * MESSAGE)
    .split(', ')
    .slice(0, 50);
  return ids.every((id) => STACK_NAME.test(id) || /^\w{1,255}$/.test(id)) ? { k: 'busy', ids } : undefined;
};

const readArn = (line: string): CdkSignal | undefined => {
  const parts = STACK_ARN.exec(line);
  return parts?.[1] === undefined ? undefined : { k: 'close', s: parts[1] };
};
const STACK_ARN =
  /^arn:[\w-]{1,20}:cloudformation:[^:\s]{1,40}:[^:\s]{1,40}:stack\/([A-Za-z][A-Za-z0-9-]{0,127})\/\S{1,100}$/;

/**
 * `Stack/Path  (AWS::IAM::Role LogicalId)`, the head of a block in the list of what failed; without a logical id where
 * it is about the stack.
 */
const readCause = (line: string): CdkSignal | undefined => {
  const parts = CAUSE.exec(line);
  if (parts?.[1] === undefined) return undefined;
  return { k: 'cause', n: cut(parts[1], 200), ...(parts[2] === undefined ? {} : { i: parts[2] }) };
};
const CAUSE =
  /^(\S{1,400}|\S{1,128}\/Nested stack [^()]{1,255}) {1,4}\([A-Za-z]\w{0,60}::[\w:@-]{1,120}(?: ([A-Za-z0-9]{1,255}))?\)$/;

const readRollingBack = (line: string): CdkSignal | undefined => {
  const named = nameIn(line.slice(ROLLING_BACK.length));
  return named === undefined ? undefined : say('rolling-back', named, { w: 1 });
};

/** `Stack X does not need a rollback: UPDATE_COMPLETE`, and what cannot be rolled back at all. */
const readNotRollingBack = (line: string): CdkSignal | undefined => {
  const stack = NOT_ROLLING_BACK.exec(line)?.[1];
  return stack === undefined ? undefined : say('not-rolling-back', { s: stack });
};
const NOT_ROLLING_BACK =
  /^Stack ([A-Za-z][A-Za-z0-9-]{0,127}) (?:does not need a rollback: |failed creation and rollback\. )/;
