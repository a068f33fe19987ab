import type { JsonObject } from '../../json.ts';
import { objectIn, textIn } from './kit/json-type.ts';
import { statusOfWord } from './kit/status-words.ts';
import { toolFormat } from './kit/tool.ts';
import type { ToolSays } from './kit/tool-json.ts';

/**
 * OpenHands: its events as JSON lines. In those of its server, what it does is an `action`, and the state of the agent an
 * `observation`. Those of its SDK have a `kind` (source: openhands-sdk/openhands/sdk/event): the state is an update of
 * `execution_status`.
 */
export const openhands = toolFormat({
  name: 'openhands',
  taskName: 'OpenHands',
  taskType: 'agent_execution',
  counts: 'open',
  hint: { keys: ['observation', 'action', 'kind'] },
  patterns: [],
  json: {
    has: ['"agent_state_changed"', '"action"', '"execution_status"', '"ConversationErrorEvent"'],
    says: (object) => saysOf(object),
  },
});

const ACTIONS = [
  'run',
  'run_ipython',
  'read',
  'write',
  'edit',
  'browse',
  'browse_interactive',
  'delegate',
  'think',
];

const saysOf = (object: JsonObject): ToolSays | undefined => {
  const said = { ...timeOf(object), text: textIn(object, 'message') };
  if (textIn(object, 'observation') === 'agent_state_changed') {
    const extras = objectIn(object, 'extras');
    const state = textIn(extras, 'agent_state') ?? '';
    return stateSays(said, state, textIn(extras, 'reason'));
  }
  const kind = textIn(object, 'kind');
  if (kind === 'ConversationErrorEvent')
    return { ...said, says: 'broken', reason: textIn(object, 'detail') ?? textIn(object, 'code') };
  if (kind === 'ConversationStateUpdateEvent') {
    if (textIn(object, 'key') !== 'execution_status') return undefined;
    return stateSays(said, textIn(object, 'value') ?? '', undefined);
  }
  if (kind === 'ActionEvent') {
    const action = objectIn(object, 'action');
    const tool = textIn(object, 'tool_name');
    return { ...said, says: 'works', step: textIn(action, 'command') ?? textIn(action, 'path') ?? tool };
  }
  const action = textIn(object, 'action');
  if (action === undefined || textIn(object, 'source') !== 'agent' || !ACTIONS.includes(action))
    return undefined;
  const args = objectIn(object, 'args');
  const about =
    textIn(args, 'command') ?? textIn(args, 'path') ?? textIn(args, 'url') ?? textIn(args, 'thought');
  return { ...said, says: 'works', step: about ?? action };
};

const stateSays = (
  said: Pick<ToolSays, 'time' | 'text'>,
  state: string,
  reason: string | undefined,
): ToolSays | undefined => {
  // A conversation that is idle has not begun, or waits for the next message.
  if (state === 'idle') return undefined;
  switch (state === 'loading' || state === 'init' ? 'pending' : statusOfWord(state)) {
    case 'completed':
      return { ...said, says: 'ends', phase: state };
    case 'failed':
      return { ...said, says: 'fails', phase: state, reason };
    case 'cancelled':
      return { ...said, says: 'cancels', phase: state };
    case 'blocked':
      return { ...said, says: 'waits', phase: state };
    default:
      return { ...said, says: 'works', phase: state };
  }
};

/** The time zone is left out of the events: they are in that of the server, which is UTC in its image. */
const timeOf = (object: JsonObject): Pick<ToolSays, 'time'> => {
  const stamp = textIn(object, 'timestamp') ?? '';
  const time = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,6})?Z?$/.test(stamp)
    ? Date.parse(`${stamp.replace(/Z$/, '').replace(/(\.\d{3})\d+$/, '$1')}Z`)
    : Number.NaN;
  return Number.isNaN(time) ? {} : { time };
};
