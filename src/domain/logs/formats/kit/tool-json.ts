import type { JsonObject } from '../../../json.ts';
import { parseObject } from './json-line.ts';
import { cut, TEXT_LIMITS } from './text.ts';
import type { Added, Counts, ToolLine, ToolSignal } from './tool-signal.ts';

/** What a JSON line of a tool says; texts may have any length. `time` is epoch milliseconds. */
export type ToolSays = Counts &
  Added &
  Readonly<{
    says: ToolLine;
    alone?: true;
    time?: number;
    text?: string | undefined;
    phase?: string | undefined;
    step?: string | undefined;
    item?: string | undefined;
    reason?: string | undefined;
    lane?: string | undefined;
    name?: string | undefined;
  }>;

/** How a tool's JSON lines are read: a line has one of the texts in `has`, or it is not parsed. */
export type ToolJson = Readonly<{
  has: readonly string[];
  says(object: JsonObject): ToolSays | undefined;
}>;

/** The signal of a line that is a JSON object; undefined if it is not of the tool. */
export const readJson = ({ has, says }: ToolJson, line: string): ToolSignal | undefined => {
  if (!has.some((text) => line.includes(text))) return undefined;
  const object = parseObject(line);
  const said = object === undefined ? undefined : says(object);
  if (said === undefined) return undefined;
  const { phase, step, item, reason, lane, name, text, ...rest } = said;
  const words = Object.entries({ phase, step, item, reason, lane, name }).flatMap(([key, value]) => {
    const found = value?.trim().replaceAll(/\s{1,200}/g, ' ') ?? '';
    return found === '' ? [] : [[key, cut(found, LIMITS[key] ?? TEXT_LIMITS.step)] as const];
  });
  const message = (text ?? reason ?? step ?? said.says).trim();
  return { ...rest, ...Object.fromEntries(words), text: cut(message, TEXT_LIMITS.message) };
};

const LIMITS: Readonly<Record<string, number>> = {
  phase: TEXT_LIMITS.phase,
  reason: TEXT_LIMITS.error,
  lane: TEXT_LIMITS.name,
  name: TEXT_LIMITS.name,
};
