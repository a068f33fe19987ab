import { isJsonObject, type Json, type JsonObject } from '../json.ts';
import type { LogFormat } from './format.ts';
import { type AnnouncedRun, emptyLedger, type Ledger } from './ledger.ts';
import type { PlacedSignal } from './signals.ts';

/**
 * The version of a stored ledger's own fields; the state of a format has a version of its own. The first release wrote
 * neither: what has none is version 1.
 */
const LEDGER_VERSION = 1;

/**
 * States of this version are read by the first release, which casts what is in `base`: a newer state must not be there.
 */
const FIRST_STATE_VERSION = 1;

/** The parts of a stored ledger that could not be read, by name: a format's state, or a field of the ledger. */
export type ReadLedger = Readonly<{ ledger: Ledger; dropped: readonly string[] }>;

/**
 * A ledger as a store keeps it. States of version 1 are in `base`, newer ones in `states` with their version; those of
 * formats that are not configured now stay as they were read.
 */
export const ledgerToJson = (ledger: Ledger, formats: ReadonlyMap<string, LogFormat>): JsonObject => {
  const base: Record<string, Json> = {};
  const states: Record<string, JsonObject> = {};
  const put = (name: string, version: number, state: Json) => {
    if (version === FIRST_STATE_VERSION) base[name] = state;
    else states[name] = { version, state };
  };
  for (const [name, { version, state }] of Object.entries(ledger.waiting ?? {})) put(name, version, state);
  for (const [name, state] of Object.entries(ledger.base)) {
    const format = formats.get(name);
    if (format !== undefined) put(name, format.stateVersion, state);
  }
  const { base: _base, waiting: _waiting, compacted_at, compacted_ids, compacted_last, ...fields } = ledger;
  return {
    ...fields,
    // The first release gave them these names.
    sealed_at: compacted_at,
    sealed_ids: compacted_ids,
    ...(compacted_last === undefined ? {} : { sealed_last: compacted_last }),
    version: LEDGER_VERSION,
    base,
    ...(Object.keys(states).length === 0 ? {} : { states }),
  };
};

/**
 * A ledger from a store. What cannot be read is dropped, and the recent signals are replayed without it: a ledger of
 * another version loses its states, a format whose state has another version or shape loses that state.
 */
export const ledgerFromJson = (json: Json, formats: ReadonlyMap<string, LogFormat>): ReadLedger => {
  const stored = isJsonObject(json) ? json : {};
  const dropped: string[] = [];
  const field = <T>(name: string, read: (value: Json) => T | undefined, fallback: T): T => {
    const value = stored[name];
    const found = value === undefined ? undefined : read(value);
    if (found === undefined && value !== undefined) dropped.push(name);
    return found ?? fallback;
  };
  if (!isJsonObject(json)) dropped.push('ledger');

  const recent = field('recent', arrayOf(signalFrom), emptyLedger.recent);
  if (Array.isArray(stored['recent']) && recent.length < stored['recent'].length) dropped.push('recent');
  const attempt = field('attempt', count, emptyLedger.attempt);
  const through = field<Ledger['through']>('through', recordOf(text), undefined);
  const announced = field<Ledger['announced']>('announced', arrayOf(announcedFrom), undefined);
  const fresh: Ledger = {
    ...{ ...emptyLedger, recent, attempt },
    ...(through === undefined ? {} : { through }),
    ...(announced === undefined ? {} : { announced }),
  };

  const version = stored['version'] ?? LEDGER_VERSION;
  const compactedAt = field('sealed_at', moment, undefined);
  if (version !== LEDGER_VERSION || compactedAt === undefined) {
    if (version !== LEDGER_VERSION) dropped.push('version');
    return { ledger: fresh, dropped };
  }

  const { base, waiting, unreadable } = statesFrom(stored, formats);
  dropped.push(...unreadable);
  const runs = field('runs', recordOf(arrayOf(text)), emptyLedger.runs);
  const compactedLast = field<string | undefined>('sealed_last', text, undefined);
  return {
    ledger: {
      ...fresh,
      base,
      compacted_at: compactedAt,
      compacted_ids: field('sealed_ids', arrayOf(text), emptyLedger.compacted_ids),
      ...(compactedLast === undefined ? {} : { compacted_last: compactedLast }),
      runs: Object.fromEntries(Object.entries(runs).filter(([name]) => !unreadable.includes(name))),
      ...(Object.keys(waiting).length === 0 ? {} : { waiting }),
    },
    dropped,
  };
};

const statesFrom = (stored: JsonObject, formats: ReadonlyMap<string, LogFormat>) => {
  const first = isJsonObject(stored['base']) ? stored['base'] : {};
  const newer = isJsonObject(stored['states']) ? stored['states'] : {};
  const base: Record<string, Json> = {};
  const waiting: Record<string, Readonly<{ version: number; state: Json }>> = {};
  const unreadable: string[] = [];
  for (const name of new Set([...Object.keys(first), ...Object.keys(newer)])) {
    const found = stateFrom(first[name], newer[name]);
    const format = formats.get(name);
    if (found === undefined) unreadable.push(name);
    else if (format === undefined) waiting[name] = found;
    else if (found.version === format.stateVersion && hasShapeOf(format.initial, found.state))
      base[name] = found.state;
    else unreadable.push(name);
  }
  return { base, waiting, unreadable };
};

/** If both states exist, one is out of date and it is unknown which: an older version has folded after a newer one. */
const stateFrom = (first: Json | undefined, newer: Json | undefined) => {
  if (newer === undefined)
    return first === undefined ? undefined : { version: FIRST_STATE_VERSION, state: first };
  if (first !== undefined || !isJsonObject(newer)) return undefined;
  const { version, state } = newer;
  return typeof version === 'number' && state !== undefined ? { version, state } : undefined;
};

/** Whether a state has the fields of its format's initial one, with the same types. */
const hasShapeOf = (initial: Json, state: Json): boolean =>
  kindOf(state) === kindOf(initial) &&
  (!isJsonObject(initial) ||
    !isJsonObject(state) ||
    Object.entries(initial).every(([key, inner]) => {
      const value = state[key];
      return inner === null || (value !== undefined && kindOf(value) === kindOf(inner));
    }));

const kindOf = (value: Json): string =>
  value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value;

const signalFrom = (json: Json): PlacedSignal | undefined => {
  if (!isJsonObject(json)) return undefined;
  const { id, line, at, format, signal } = json;
  return typeof id === 'string' &&
    typeof line === 'number' &&
    typeof at === 'number' &&
    typeof format === 'string' &&
    signal !== undefined
    ? { id, line, at, format, signal }
    : undefined;
};

const announcedFrom = (json: Json): AnnouncedRun | undefined => {
  if (!isJsonObject(json)) return undefined;
  const { key, newest } = json;
  return typeof key === 'string' && typeof newest === 'string' ? { key, newest } : undefined;
};

const text = (json: Json): string | undefined => (typeof json === 'string' ? json : undefined);
const moment = (json: Json): number | undefined =>
  typeof json === 'number' && json >= emptyLedger.compacted_at ? json : undefined;
const count = (json: Json): number | undefined => (typeof json === 'number' && json >= 1 ? json : undefined);

/** The readable entries of a list. */
const arrayOf =
  <T>(read: (json: Json) => T | undefined) =>
  (json: Json): readonly T[] | undefined => {
    if (!Array.isArray(json)) return undefined;
    return json.map((entry: Json) => read(entry)).filter((entry) => entry !== undefined);
  };

const recordOf =
  <T>(read: (json: Json) => T | undefined) =>
  (json: Json): Readonly<Record<string, T>> | undefined => {
    if (!isJsonObject(json)) return undefined;
    return Object.fromEntries(
      Object.entries(json).flatMap(([key, entry]) => {
        const value = read(entry);
        return value === undefined ? [] : [[key, value] as const];
      }),
    );
  };
