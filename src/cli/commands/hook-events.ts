import { isJsonObject, type Json, type JsonObject } from '../../domain/json.ts';

type EntryStatus = 'pending' | 'running' | 'completed' | 'cancelled';

/** What an event of an agent means for the task of its session. */
export type HookReport =
  | Readonly<{ kind: 'start' | 'done'; session: string; directory: string | undefined }>
  | Readonly<{
      kind: 'progress';
      session: string;
      current: number;
      total: number;
      phase: string | undefined;
    }>
  /** A change to one entry of a to-do list; only a new entry has a name. */
  | Readonly<{ kind: 'entry'; session: string; entry: string; name: string | undefined; status: EntryStatus }>
  | Readonly<{ kind: 'fail' | 'cancel'; session: string; message: string | undefined }>;

/**
 * Reads an event of the hooks of Claude Code or Codex, or of Codex' `notify`. Undefined if nothing follows from it. What
 * the user or the agent has written is left out, but for the words of the to-do list.
 */
export const readHookEvent = (event: JsonObject): HookReport | undefined => {
  const session = textIn(event, 'session_id') ?? textIn(event, 'thread-id');
  if (session === undefined) return undefined;
  const directory = textIn(event, 'cwd');
  switch (textIn(event, 'hook_event_name') ?? textIn(event, 'type')) {
    case 'UserPromptSubmit':
      return { kind: 'start', session, directory };
    case 'PostToolUse':
      return progressIn(session, event['tool_input']) ?? entryIn(session, event);
    case 'Stop':
    case 'agent-turn-complete':
      return { kind: 'done', session, directory };
    case 'StopFailure':
      return { kind: 'fail', session, message: failureIn(event) };
    case 'Interrupt':
      return { kind: 'cancel', session, message: 'Interrupted' };
    case 'SessionEnd':
      return { kind: 'cancel', session, message: 'The session ended' };
    default:
      return undefined;
  }
};

/** The to-do list that a tool was given: `todos` of Claude Code, `plan` of Codex. */
const progressIn = (session: string, input: Json | undefined): HookReport | undefined => {
  if (!isJsonObject(input)) return undefined;
  const list = Array.isArray(input['todos']) ? input['todos'] : input['plan'];
  if (!Array.isArray(list) || list.length === 0) return undefined;
  const entries = list.filter(isJsonObject);
  const active = entries.find(({ status }) => status === 'in_progress') ?? {};
  return {
    kind: 'progress',
    session,
    current: entries.filter(({ status }) => status === 'completed').length,
    total: entries.length,
    phase: textIn(active, 'activeForm') ?? textIn(active, 'content') ?? textIn(active, 'step'),
  };
};

/** The entry that Claude Code's `TaskCreate` has added, or whose state its `TaskUpdate` has changed. */
const entryIn = (session: string, event: JsonObject): HookReport | undefined => {
  const { tool_name: tool, tool_input: input, tool_response: response } = event;
  if (!isJsonObject(input) || !isJsonObject(response)) return undefined;
  if (tool === 'TaskCreate' && isJsonObject(response['task'])) {
    const entry = textIn(response['task'], 'id');
    const name = textIn(response['task'], 'subject');
    if (entry === undefined || name === undefined) return undefined;
    return { kind: 'entry', session, entry, name, status: 'pending' };
  }
  if (tool === 'TaskUpdate' && isJsonObject(response['statusChange'])) {
    const entry = textIn(input, 'taskId');
    const status = ENTRY_STATUS.get(textIn(response['statusChange'], 'to') ?? '');
    if (entry === undefined || status === undefined) return undefined;
    return { kind: 'entry', session, entry, name: undefined, status };
  }
  return undefined;
};

const ENTRY_STATUS: ReadonlyMap<string, EntryStatus> = new Map([
  ['pending', 'pending'],
  ['in_progress', 'running'],
  ['completed', 'completed'],
  ['deleted', 'cancelled'],
]);

/** The API's answer, which takes the place of the model's message, or else the kind of failure. */
const failureIn = (event: JsonObject): string | undefined => {
  const said = textIn(event, 'last_assistant_message');
  return said?.startsWith('API Error') ? said : textIn(event, 'error');
};

const textIn = (object: JsonObject, name: string): string | undefined => {
  const value = object[name];
  return typeof value === 'string' && value !== '' ? value : undefined;
};
