/*
 * An entry of the cache, a string:   t|until|version|json      something that is there, e.g. a task
 *                                    a|until                   absent
 *                                    g|until|at                removed: deleted at that moment
 */

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

local function isRemoved(kind) return kind == 'g' or kind == 'u' end
`;

/** What an entry says: a version and its JSON text, or that there is no such thing. */
export type EntryAnswer = Readonly<{ version: number; json: string }> | 'absent' | undefined;

const ENTRY = /^(?:t\|(\d+)\|(\d+)\||a\|(\d+)$)/;

/** What an entry says now: what was deleted may have been created again, so of it only the store knows. */
export const decodeEntry = (text: string, now: number): EntryAnswer => {
  const [head, knownUntil, version, absentUntil] = ENTRY.exec(text) ?? [];
  if (head === undefined || Number(knownUntil ?? absentUntil) <= now) return undefined;
  if (version === undefined) return 'absent';
  const document = { version: Number(version), json: text.slice(head.length) };
  return isDocument(document) ? document : undefined;
};

/** Whether a text can be the JSON of a thing: it is answered as it is, so that a damaged one must not be believed. */
export const isDocument = ({ version, json }: Readonly<{ version: number; json: string }>): boolean =>
  Number.isSafeInteger(version) && version > 0 && json.startsWith('{"') && json.endsWith('}');
