import type { JsonObject } from '../../json.ts';
import { member } from './kit/json-line.ts';
import { objectIn, objectsIn, textIn } from './kit/json-type.ts';
import { toolFormat } from './kit/tool.ts';
import type { ToolSays } from './kit/tool-json.ts';

/**
 * Claude Code with `--output-format stream-json` (or `json`): messages of a session, one a line. Its list of to-dos counts,
 * whether it is written as a whole (`TodoWrite`) or entry by entry (`TaskCreate`, `TaskUpdate`). The `result` ends it.
 */
export const claudeCode = toolFormat({
  name: 'claude-code',
  taskName: 'Claude Code',
  taskType: 'agent_execution',
  counts: 'open',
  hint: { keys: ['session_id'] },
  patterns: [],
  json: { has: ['"session_id"'], says: (object) => saysOf(object) },
});

const saysOf = (object: JsonObject): ToolSays | undefined => {
  switch (member(object, 'type')) {
    case 'system':
      return textIn(object, 'subtype') === 'init' ? { says: 'begins', text: 'session begins' } : undefined;
    case 'assistant':
      return onMessage(object);
    case 'user':
      return onToolResult(object);
    case 'result':
      return onResult(object);
    default:
      return undefined;
  }
};

const onMessage = (object: JsonObject): ToolSays | undefined => {
  const parts = objectsIn(member(objectIn(object, 'message'), 'content'));
  const use = parts.findLast((part) => textIn(part, 'type') === 'tool_use');
  const said = parts.findLast((part) => textIn(part, 'type') === 'text');
  if (use === undefined) return said && { says: 'works', text: textIn(said, 'text') };
  const input = objectIn(use, 'input');
  const todos = objectsIn(member(input, 'todos'));
  // A sub-agent has a list of its own.
  if (todos.length > 0 && textIn(object, 'parent_tool_use_id') === undefined) {
    const isIn = (status: string) => (todo: JsonObject) => textIn(todo, 'status') === status;
    const now = todos.find(isIn('in_progress'));
    return {
      says: 'counts',
      current: todos.filter(isIn('completed')).length,
      total: todos.length,
      step: now && (textIn(now, 'activeForm') ?? textIn(now, 'content')),
    };
  }
  const tool = textIn(use, 'name') ?? 'tool';
  // Only its result changes the counts.
  if (LISTING.has(tool)) return { says: 'works', text: textIn(input, 'subject') ?? tool };
  const about = ['description', 'command', 'file_path', 'pattern', 'prompt', 'url', 'query']
    .map((key) => textIn(input, key))
    .find((text) => text !== undefined);
  return { says: 'works', step: about === undefined ? tool : `${tool}: ${about}` };
};

const LISTING: ReadonlySet<string> = new Set(['TaskCreate', 'TaskUpdate']);

/** An entry of the list that was added, or whose state has changed. */
const onToolResult = (object: JsonObject): ToolSays | undefined => {
  // A sub-agent has a list of its own.
  if (textIn(object, 'parent_tool_use_id') !== undefined) return undefined;
  const result = objectIn(object, 'tool_use_result');
  const added = objectIn(result, 'task');
  const text = textIn(added, 'subject');
  if (text !== undefined && textIn(added, 'id') !== undefined)
    return { says: 'works', addDone: 0, addTotal: 1, text };
  const change = objectIn(result, 'statusChange');
  const [from, to] = [textIn(change, 'from'), textIn(change, 'to')];
  if (from === undefined || to === undefined) return undefined;
  const isIn = (state: string) => Number(to === state) - Number(from === state);
  return { says: 'works', addDone: isIn('completed'), addTotal: -isIn('deleted'), text: to };
};

const onResult = (object: JsonObject): ToolSays | undefined => {
  const subtype = textIn(object, 'subtype');
  if (subtype === undefined || member(object, 'num_turns') === undefined) return undefined;
  const text = textIn(object, 'result');
  if (textIn(object, 'terminal_reason')?.startsWith('aborted'))
    return { says: 'cancels', alone: true, text: 'interrupted' };
  const failed = subtype !== 'success' || member(object, 'is_error') === true;
  if (!failed) return { says: 'ends', alone: true, text };
  const errors = member(object, 'errors');
  const [error] = Array.isArray(errors) ? errors : [];
  const reason = subtype === 'success' ? text : typeof error === 'string' ? error : subtype;
  return { says: 'fails', alone: true, reason, text };
};
