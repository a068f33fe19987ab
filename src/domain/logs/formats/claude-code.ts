import type { JsonObject } from '../../json.ts';
import { member } from './kit/json-line.ts';
import { objectIn, objectsIn, textIn } from './kit/json-type.ts';
import { toolFormat } from './kit/tool.ts';
import type { ToolSays } from './kit/tool-json.ts';

/**
 * Claude Code with `--output-format stream-json` (or `json`): messages of a session, one a line. Its list of to-dos counts,
 * and the `result` ends it.
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
  const about = ['description', 'command', 'file_path', 'pattern', 'prompt', 'url', 'query']
    .map((key) => textIn(input, key))
    .find((text) => text !== undefined);
  const tool = textIn(use, 'name') ?? 'tool';
  return { says: 'works', step: about === undefined ? tool : `${tool}: ${about}` };
};

const onResult = (object: JsonObject): ToolSays | undefined => {
  const subtype = textIn(object, 'subtype');
  if (subtype === undefined || member(object, 'num_turns') === undefined) return undefined;
  const text = textIn(object, 'result');
  const failed = subtype !== 'success' || member(object, 'is_error') === true;
  if (!failed) return { says: 'ends', alone: true, text };
  return { says: 'fails', alone: true, reason: subtype === 'success' ? text : subtype, text };
};
