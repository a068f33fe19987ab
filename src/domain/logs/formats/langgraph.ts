import type { JsonObject } from '../../json.ts';
import { member } from './kit/json-line.ts';
import { objectIn, textIn } from './kit/json-type.ts';
import { toolFormat } from './kit/tool.ts';
import type { ToolSays } from './kit/tool-json.ts';

/**
 * LangGraph: the runs of its server, as text (`[info     ] Background run succeeded  [langgraph_api.worker] run_id=…`) and
 * as JSON; and the events of `stream_mode="debug"`, which name the nodes of a graph and have no end but an exception.
 */
export const langgraph = toolFormat({
  name: 'langgraph',
  taskName: 'LangGraph',
  taskType: 'agent_execution',
  counts: 'open',
  hint: {
    begins: ['Starting background run', 'Background run ', 'During task with name '],
    mayBegin: {
      characters: '[',
      holds: (text, at) => LEVELS.includes(text.charAt(at + 1)) && LEVEL.test(text.slice(at, at + 60)),
    },
    keys: ['run_id', 'payload'],
  },
  patterns: [
    {
      says: 'works',
      line: /^(?:\[info {0,8}\] )?Starting background run\b.{0,400}? run_id=(?<lane>[\w-]{8,40})\b/,
    },
    {
      says: 'ends',
      line: /^(?:\[info {0,8}\] )?Background run succeeded\b.{0,400}? run_id=(?<lane>[\w-]{8,40})\b/,
      alone: true,
    },
    {
      says: 'broken',
      line: /^(?:\[[cdeiw]\w{1,8} {0,8}\] )?(?<reason>Background run failed, will retry\b.{0,400}?) run_id=(?<lane>[\w-]{8,40})\b/,
    },
    {
      says: 'fails',
      line: /^(?:\[[cdeiw]\w{1,8} {0,8}\] )?(?<reason>Background run failed\b.{0,400}?) run_id=(?<lane>[\w-]{8,40})\b/,
      alone: true,
    },
    // The last line of the traceback that an uncaught exception of a node ends with.
    { says: 'fails', line: /^During task with name '(?<item>[^']{1,120})' and id '[\w-]{8,40}'$/ },
  ],
  json: { has: ['ackground run', '"payload"'], says: (object) => serverSays(object) ?? debugSays(object) },
});

const LEVELS = 'cdeiw';
const LEVEL = /^\[[cdeiw]\w{1,8} {0,8}\] (?:Starting b|B)ackground run /;

const serverSays = (object: JsonObject): ToolSays | undefined => {
  const event = textIn(object, 'event') ?? textIn(object, 'message');
  const lane = textIn(object, 'run_id');
  if (event === undefined || lane === undefined) return undefined;
  if (event.startsWith('Starting background run')) return { says: 'works', lane, text: event };
  if (event.startsWith('Background run succeeded')) return { says: 'ends', alone: true, lane, text: event };
  if (event.startsWith('Background run failed, will retry')) return { says: 'broken', lane, reason: event };
  return event.startsWith('Background run failed')
    ? { says: 'fails', alone: true, lane, reason: textIn(object, 'exception') ?? event }
    : undefined;
};

const debugSays = (object: JsonObject): ToolSays | undefined => {
  const type = textIn(object, 'type');
  if ((type !== 'task' && type !== 'task_result') || typeof member(object, 'step') !== 'number')
    return undefined;
  const payload = objectIn(object, 'payload');
  const node = textIn(payload, 'name');
  if (node === undefined) return undefined;
  const error = textIn(payload, 'error');
  if (type === 'task') return { says: 'works', step: node };
  const interrupts = member(payload, 'interrupts');
  if (Array.isArray(interrupts) && interrupts.length > 0) return { says: 'waits', step: node };
  return error === undefined
    ? { says: 'one done', step: node }
    : { says: 'broken', item: node, reason: error };
};
