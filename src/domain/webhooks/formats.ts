import { isJsonObject, type Json, type JsonObject } from '../json.ts';
import { discordMessage } from './discord.ts';
import type { Notice, Tone } from './notice.ts';
import { slackMessage } from './slack.ts';
import { teamsMessage } from './teams.ts';
import type { WebhookFormat } from './webhook.ts';

const RENDERERS: Readonly<Record<Exclude<WebhookFormat, 'generic'>, (notice: Notice) => Json>> = {
  slack: slackMessage,
  teams: teamsMessage,
  discord: discordMessage,
};

/** The body of a message as its receiver reads it. `body` is the generic message. */
export const bodyIn = (format: WebhookFormat, body: string): string => {
  if (format === 'generic') return body;
  const message: Json = JSON.parse(body);
  return isJsonObject(message) ? JSON.stringify(RENDERERS[format](noticeOf(message))) : body;
};

const VERBS: Readonly<Record<string, readonly [verb: string, tone: Tone]>> = {
  'task.completed': ['completed', 'good'],
  'task.failed': ['failed', 'bad'],
  'task.stale': ['is stale', 'warning'],
};

const noticeOf = (message: JsonObject): Notice => {
  const type = textIn(message, 'type') ?? '';
  const task = objectIn(message, 'data');
  const timestamp = textIn(message, 'timestamp') ?? '';
  const [verb, tone] = VERBS[type] ?? [type, 'neutral'];
  if (type === 'webhook.test') {
    return {
      title: 'Test message of Miyabi Progress',
      ...{ tone: 'neutral', facts: [], cause: undefined, lines: [], link: undefined, timestamp },
    };
  }
  const details = objectIn(task, 'details');
  const failure = objectIn(task, 'failure');
  const lines = failure['lines'];
  const cause =
    type === 'task.failed' ? (textIn(failure, 'message') ?? textIn(details, 'error_message')) : undefined;
  return {
    title: `${oneLine(textIn(task, 'task_name') ?? 'A task')} ${verb}`,
    tone,
    facts: factsOf(task, details),
    cause: cause === undefined ? undefined : clean(cause),
    lines: Array.isArray(lines) ? lines.map((line) => oneLine(String(line))) : [],
    link: linkOf(task),
    timestamp,
  };
};

const factsOf = (task: JsonObject, details: JsonObject): Notice['facts'] => {
  const progress = objectIn(task, 'progress');
  const [current, total] = [progress['current'], progress['total']];
  const seconds = task['duration_seconds'];
  const exitCode = details['exit_code'];
  const facts: readonly (readonly [string, string | undefined])[] = [
    ['Project', textIn(task, 'project_id')],
    [
      'Progress',
      typeof current === 'number' && typeof total === 'number' ? `${current}/${total}` : undefined,
    ],
    ['Phase', textIn(details, 'phase')],
    ['Took', typeof seconds === 'number' ? durationText(seconds) : undefined],
    ['Exit code', typeof exitCode === 'number' ? String(exitCode) : undefined],
  ];
  return facts.flatMap(([name, value]) => (value === undefined ? [] : [[name, oneLine(value)] as const]));
};

const linkOf = (task: JsonObject): Notice['link'] => {
  const job = textIn(objectIn(task, 'run'), 'ci_url');
  const pull = textIn(objectIn(task, 'github'), 'pr_url');
  const url = job ?? pull;
  if (url === undefined || !/^https?:\/\//.test(url)) return undefined;
  return { text: job === undefined ? 'Pull request' : 'CI job', url };
};

/** `45 s`, `3 min 5 s`, `2 h 10 min`. */
const durationText = (seconds: number): string => {
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  const minutes = Math.floor(whole / 60);
  return minutes < 60
    ? `${minutes} min ${whole % 60} s`
    : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
};

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what this looks for
const clean = (text: string): string => text.replace(/[\u0000-\u0009\u000b-\u001f\u007f]/g, ' ').trim();
const oneLine = (text: string): string => clean(text).replaceAll('\n', ' ');

const textIn = (object: JsonObject, name: string): string | undefined => {
  const value = object[name];
  return typeof value === 'string' && value !== '' ? value : undefined;
};

const objectIn = (object: JsonObject, name: string): JsonObject => {
  const value = object[name];
  return isJsonObject(value) ? value : {};
};
