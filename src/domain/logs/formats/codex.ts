import type { JsonObject } from '../../json.ts';
import { member, parseObject } from './kit/json-line.ts';
import { jsonValue, objectIn, objectsIn, textIn } from './kit/json-type.ts';
import { toolFormat } from './kit/tool.ts';
import type { ToolSays } from './kit/tool-json.ts';

/** `codex exec --json`: events of a thread, one a line. A turn is a run; its to-do list counts. */
export const codex = toolFormat({
  name: 'codex',
  taskName: 'Codex',
  taskType: 'agent_execution',
  counts: 'open',
  hint: { colon: jsonValue(['thread.started', 'turn.', 'item.']) },
  patterns: [],
  json: {
    has: ['"type":"thread.started"', '"type":"turn.', '"type":"item.'],
    says: (object) => saysOf(object),
  },
});

const saysOf = (object: JsonObject): ToolSays | undefined => {
  switch (member(object, 'type')) {
    case 'thread.started':
      return { says: 'begins', text: 'thread begins' };
    case 'turn.started':
      return { says: 'works', text: 'turn begins' };
    case 'turn.completed':
      return { says: 'ends', text: 'turn completed' };
    case 'turn.failed':
      return { says: 'fails', alone: true, reason: reasonIn(objectIn(object, 'error')) };
    case 'item.started':
    case 'item.updated':
    case 'item.completed':
      return onItem(objectIn(object, 'item'));
    default:
      return undefined;
  }
};

/** The message of an error; the API's answer is quoted in it as JSON. */
const reasonIn = (error: JsonObject): string | undefined => {
  const message = textIn(error, 'message');
  const answer = parseObject(message ?? '');
  return (answer && (textIn(objectIn(answer, 'error'), 'message') ?? textIn(answer, 'detail'))) ?? message;
};

const onItem = (item: JsonObject): ToolSays | undefined => {
  switch (textIn(item, 'type') ?? textIn(item, 'item_type')) {
    case 'todo_list': {
      const todos = objectsIn(member(item, 'items'));
      const done = todos.filter((todo) => member(todo, 'completed') === true).length;
      const next = todos.find((todo) => member(todo, 'completed') !== true);
      return { says: 'counts', current: done, total: todos.length, step: next && textIn(next, 'text') };
    }
    case 'command_execution':
      return { says: 'works', step: textIn(item, 'command') };
    case 'mcp_tool_call':
      return { says: 'works', step: [textIn(item, 'server'), textIn(item, 'tool')].join(' ') };
    case 'web_search':
      return { says: 'works', step: textIn(item, 'query') };
    case 'file_change':
      return {
        says: 'works',
        step: objectsIn(member(item, 'changes'))
          .map((each) => textIn(each, 'path'))
          .join(', '),
      };
    case 'error':
      return { says: 'remarks', reason: textIn(item, 'message') };
    default:
      return { says: 'works', text: textIn(item, 'text') };
  }
};
