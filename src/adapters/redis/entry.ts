/*
 * An entry of the cache, a string:   t|until|version|json      something that is there, e.g. a task
 *                                    a|until                   absent
 *                                    g|until|at                removed: deleted at that moment
 *
 * The JSON begins with its shape, see SHAPE.
 */

/**
 * Which fields a JSON text has, as blanks before it: none in 0.1.0, one since. A release that changes the fields of a task
 * or project takes another number. Blanks, because 0.1.0 sends everything after the entity's version to its clients.
 */
const SHAPE = ' ';

/** The pattern of the beginning of a JSON text of this shape, in Lua. */
export const LUA_DOCUMENT = `${SHAPE}{"`;

/** An entity's JSON text as it is stored. */
export const toStoredJson = (entity: object): string => SHAPE + JSON.stringify(entity);

/** Lua that reads entries. ARGV[1] is the time. */
export const READ_ENTRY = `
local now = tonumber(ARGV[1])

-- The kind of a text, nil where there is none or its time is over; of what is there its version, else when it was deleted.
local function read(text)
  if type(text) ~= 'string' then return nil, 0 end
  local kind, til, rest = string.match(text, '^(%a)|(%d+)|?(%d*)')
  if not kind or tonumber(til) <= now then return nil, 0 end
  return kind, tonumber(rest) or 0
end

-- Whether an entry has the JSON of another shape: of another release, for which it may be as good.
local function isOfOtherShape(text) return not string.find(text, '^%a|%d+|%d+|${LUA_DOCUMENT}') end

local function isRemoved(kind) return kind == 'g' or kind == 'u' end
`;

/** The content of an entry: a version and its JSON text, or that the entity is absent. */
export type EntryAnswer = Readonly<{ version: number; json: string }> | 'absent' | undefined;

const ENTRY = /^(?:t\|(\d+)\|(\d+)\||a\|(\d+)$)/;

/**
 * The present content of an entry, undefined if it is over, damaged or of another shape. A deleted entity may have been
 * created again: only the store knows.
 */
export const decodeEntry = (text: string, now: number): EntryAnswer => {
  const [head, knownUntil, version, absentUntil] = ENTRY.exec(text) ?? [];
  if (head === undefined || Number(knownUntil ?? absentUntil) <= now) return undefined;
  return version === undefined ? 'absent' : decodeDocument(Number(version), text.slice(head.length));
};

/**
 * What `toStoredJson` has written; undefined if that is damaged or of another shape. The text is sent as it is, so it must
 * be one that can be the JSON of an entity.
 */
export const decodeDocument = (
  version: number,
  stored: string,
): Readonly<{ version: number; json: string }> | undefined => {
  const isGood =
    Number.isSafeInteger(version) && version > 0 && stored.startsWith(LUA_DOCUMENT) && stored.endsWith('}');
  return isGood ? { version, json: stored.slice(SHAPE.length) } : undefined;
};
