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

/** The content of an entry: a version and its JSON text, or that the entity is absent. */
export type EntryAnswer = Readonly<{ version: number; json: string }> | 'absent' | undefined;

const ENTRY = /^(?:t\|(\d+)\|(\d+)\||a\|(\d+)$)/;

/** The present content of an entry. A deleted entity may have been created again: only the store knows. */
export const decodeEntry = (text: string, now: number): EntryAnswer => {
  const [head, knownUntil, version, absentUntil] = ENTRY.exec(text) ?? [];
  if (head === undefined || Number(knownUntil ?? absentUntil) <= now) return undefined;
  if (version === undefined) return 'absent';
  const document = { version: Number(version), json: text.slice(head.length) };
  return isDocument(document) ? document : undefined;
};

/** Whether a text can be the JSON of an entity: it is sent as it is, so a damaged one must be rejected. */
export const isDocument = ({ version, json }: Readonly<{ version: number; json: string }>): boolean =>
  Number.isSafeInteger(version) && version > 0 && json.startsWith('{"') && json.endsWith('}');
