/**
 * Most lines of most logs are no progress, and reading a line is expensive: it is cleaned, then formats look at it. So
 * a text is first searched for the hints of its formats. That costs little if hints are rare, because the whole text is
 * searched at once; what remains for each line is a few comparisons. A line with a hint is then read by the formats
 * whose hints it has: what it costs does not grow with the number of formats.
 *
 * Anything that could hide a hint, such as an escape sequence, counts as one itself.
 */
import { type Find, type Hint, isControl, isDigit, isLetter, type Place, SMALL_LETTERS } from './hint.ts';
import { addAll, type IndexSet, indexSet } from './index-set.ts';
import {
  addHolding,
  addStarting,
  beginsWith,
  endsWith,
  type Owners,
  placesByCharacter,
} from './line-hints.ts';
import { CONTAINER_ENVELOPE, levelStart, mayBeLevel, mayBeTime, prefixEnd } from './lines.ts';
import { wordTable } from './word-starts.ts';

/** One text, whose lines are asked for in their order. */
export type Search = Readonly<{
  /** Whether the line from `start` to `end` has a hint of any format. */
  hasHint(start: number, end: number): boolean;
  /**
   * The formats that may read that line, which comes as they see it, without escapes and prefixes. The set is valid until
   * the next call.
   */
  readersOf(line: string): IndexSet;
}>;

/** Prepares a text whose lines are separated by `\n`. */
export type Prefilter = (text: string) => Search;

/** The prefilter for formats with these hints, known by their position; one without a hint may read every line. */
export const prefilterOf = (hints: readonly (Hint | undefined)[]): Prefilter => {
  const hinted = hints.flatMap((hint, index) => (hint === undefined ? [] : [{ hint, index }]));
  const always = indexSet(
    hints.length,
    hints.flatMap((hint, index) => (hint === undefined ? [index] : [])),
  );
  /** The formats of each value that their hints have. */
  const owners = <Value>(valuesOf: (hint: Hint) => readonly Value[]): Owners<Value> => {
    const found = new Map<Value, number[]>();
    for (const { hint, index } of hinted)
      for (const value of valuesOf(hint)) found.set(value, [...(found.get(value) ?? []), index]);
    return [...found].map(([value, indexes]) => [value, indexSet(hints.length, indexes)]);
  };
  const isAtColon = (each: string | Find): each is string => typeof each === 'string' && each.startsWith(':');
  const searches = owners(({ contains = [] }) => contains.filter((each) => !isAtColon(each))).map(
    ([words, set]) => ({ find: typeof words === 'string' ? nextOf(words) : words, set }),
  );
  const colons = colonHints({
    texts: owners(({ contains = [] }) => contains.filter(isAtColon)),
    keys: owners(({ keys = [] }) => keys),
    places: owners(({ colon }) => (colon === undefined ? [] : [colon])),
  });
  const finds = [...HIDING, colons.next, ...searches.map(({ find }) => find)];
  const begins = beginsWith({
    texts: owners(({ begins: texts = [] }) => texts),
    places: owners(({ mayBegin = [] }) => [mayBegin].flat()),
    all: indexSet(
      hints.length,
      hinted.flatMap(({ hint: { begins, mayBegin }, index }) => ((begins ?? mayBegin) ? [index] : [])),
    ),
  });
  const ends = endsWith(owners(({ ends: texts = [] }) => texts));
  const found = indexSet(hints.length);

  return (text) => {
    const places = placesIn(finds, text);
    const prefixMarks = placesIn(PREFIX_MARKS, text);
    let lineEnd = 0;
    const isInLine = (find: number): boolean => places.at(find) < lineEnd;
    return {
      hasHint(start, end) {
        lineEnd = end;
        if (places.isAnyIn(start, end)) return true;
        let first = start;
        let last = end - 1;
        while (first <= last && text.charCodeAt(first) <= SPACE) first += 1;
        while (last > first && text.charCodeAt(last) <= SPACE) last -= 1;
        if (first > last) return false;
        if (ends(text, last, found)) return true;
        if (!prefixMarks.isAnyIn(first, end) && !mayBePrefixed(text, first))
          return begins(text, first, found);
        const line = text.slice(first, last + 1);
        const textStart = prefixEnd(line);
        if (begins(line, textStart, found)) return true;
        const level = levelStart(line, textStart);
        return level !== -1 && begins(line, level, found);
      },
      readersOf(line) {
        found.set(always);
        let isHidden = false;
        for (let index = 0; index < COLONS; index += 1) isHidden ||= isInLine(index);
        for (let index = 0; index < searches.length; index += 1) {
          const { find, set } = searches[index] as (typeof searches)[number];
          if (isInLine(COLONS + 1 + index) || (isHidden && find(line, 0) !== -1)) addAll(found, set);
        }
        if (isHidden || isInLine(COLONS)) colons.addAll(line, found);
        if (line !== '') {
          begins(line, 0, found);
          ends(line, line.length - 1, found);
        }
        return found;
      },
    };
  };
};

const SPACE = 0x20;
const COLON = 0x3a;
const LINE_FEED = 0x0a;
const UNDERSCORE = 0x5f;
const HYPHEN = 0x2d;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** The first position of a text at or after `from`. */
const nextOf =
  (words: string): Find =>
  (text, from) =>
    text.indexOf(words, from);

type Colons = Readonly<{ texts: Owners<string>; keys: Owners<string>; places: Owners<Place> }>;

/**
 * One search for all hints with a colon, which most lines have: texts that begin with it, JSON keys, and what a format
 * looks for around it. `addAll` adds the formats of all of them in a line.
 */
const colonHints = ({
  texts,
  keys,
  places,
}: Colons): Readonly<{ next: Find; addAll(line: string, formats: IndexSet): void }> => {
  const textsAt = wordTable(texts);
  const keysAt = wordTable(keys.map(([key, set]) => [`"${key}`.slice(-KEY_ENDING), { key: `"${key}`, set }]));
  const byCharacter = placesByCharacter(places);
  // A prefix, which the formats do not see.
  const andPrefix = placesByCharacter([...places, [TASK_OF_PACKAGE, new Int32Array()]]);

  const isHint = (text: string, at: number): boolean => {
    const before = text.charCodeAt(at - 1);
    if (before <= SPACE || before === QUOTE) {
      const end = keyEnd(text, at);
      if (end === -1 || keysAt(text, end - KEY_ENDING).length > 0) return true;
    }
    const after = text.charCodeAt(at + 1);
    if (after < SPACE) return after !== LINE_FEED;
    for (const [words] of textsAt(text, at)) if (text.startsWith(words, at)) return true;
    return after < 0x7f ? isOneOf(andPrefix[after], text, at) : isControl(after);
  };

  return {
    next(text, from) {
      let at = text.indexOf(':', from);
      while (at !== -1 && !isHint(text, at)) at = text.indexOf(':', at + 1);
      return at;
    },
    addAll(line, formats) {
      for (let at = line.indexOf(':'); at !== -1; at = line.indexOf(':', at + 1)) {
        const before = line.charCodeAt(at - 1);
        if (before <= SPACE || before === QUOTE) {
          const end = keyEnd(line, at);
          for (const [, { key, set }] of keysAt(line, end - KEY_ENDING))
            if (line.endsWith(key, end)) addAll(formats, set);
        }
        const after = line.charCodeAt(at + 1);
        addStarting(textsAt(line, at), line, at, formats);
        addHolding(byCharacter[after] ?? [], line, at, formats);
      }
    },
  };
};

const isOneOf = (places: Owners<Place> | undefined, text: string, at: number): boolean => {
  if (places === undefined) return false;
  for (const [place] of places) if (place.holds(text, at)) return true;
  return false;
};

/** How many characters at the end of a key identify it. */
const KEY_ENDING = 4;

/** The end of the key before a colon; -1 where a control character may hide one, 0 where there is none. */
const keyEnd = (text: string, colon: number): number => {
  let at = colon - 1;
  while (text.charCodeAt(at) <= SPACE) at -= 1;
  if (text.charCodeAt(at) !== QUOTE) return isControl(text.charCodeAt(at)) ? -1 : 0;
  at -= 1;
  while (text.charCodeAt(at) === BACKSLASH) at -= 1;
  return at + 1;
};

/** The next place of each search, and whether any is in a line. Each goes from one place to the next. */
type Places = Readonly<{ isAnyIn(start: number, end: number): boolean; at(find: number): number }>;

const placesIn = (finds: readonly Find[], text: string): Places => {
  const places = finds.map((find) => placeOf(find, text, 0));
  let nearest = Math.min(...places);
  return {
    isAnyIn(start, end) {
      if (nearest < start) {
        let next = text.length;
        for (let index = 0; index < places.length; index += 1) {
          let place = places[index] as number;
          if (place < start) {
            place = placeOf(finds[index] as Find, text, start);
            places[index] = place;
          }
          if (place < next) next = place;
        }
        nearest = next;
      }
      return nearest < end;
    },
    at: (find) => places[find] as number,
  };
};

/** The end of the text means that there is none left. */
const placeOf = (find: Find, text: string, from: number): number => {
  const place = find(text, from);
  return place === -1 ? text.length : place;
};

/** `[32m` that lost its escape character. */
const isBareColour = (text: string, at: number): boolean => {
  let next = at + 1;
  let code = text.charCodeAt(next);
  if (!isDigit(code)) return isControl(code);
  while (isDigit(code) || code === 0x3b) {
    next += 1;
    code = text.charCodeAt(next);
  }
  return code === 0x6d || isControl(code);
};

const nextBareColour: Find = (text, from) => {
  let at = text.indexOf('[', from);
  while (at !== -1 && !isBareColour(text, at)) at = text.indexOf('[', at + 1);
  return at;
};

/** `:deploy: `, which some tools put after a package's name and before each line. */
const TASK_OF_PACKAGE: Place = {
  characters: SMALL_LETTERS,
  holds(text, at) {
    let next = at + 1;
    while (isNamePart(text.charCodeAt(next))) next += 1;
    return text.charCodeAt(next) === COLON;
  },
};

const isNamePart = (code: number): boolean =>
  isLetter(code) || isDigit(code) || code === UNDERSCORE || code === HYPHEN;

/** What may hide a hint: escape sequences, and a line within the line. */
const HIDING: readonly Find[] = [
  nextOf('\u001b'),
  nextOf('\u009b'),
  nextBareColour,
  nextOf(CONTAINER_ENVELOPE),
];

/** The number of the search for colons, after those. */
const COLONS = HIDING.length;

/** A container's column, and those of the GitHub CLI. */
const PREFIX_MARKS: readonly Find[] = [nextOf('|'), nextOf('\t')];

const tableOf = (characters: string): Uint8Array => {
  const table = new Uint8Array(128);
  for (const character of characters) table[character.charCodeAt(0)] = 1;
  return table;
};

/** Whether a logger's prefix may be at the beginning of a line that contains no sign of one. */
const mayBePrefixed = (text: string, at: number): boolean => {
  const code = text.charCodeAt(at);
  if (isLetter(code)) return mayBeLevel(text, at) || isSyslog(text, at);
  return isDigit(code) ? mayBeTime(text, at) : PREFIX_BEGINNINGS[code] === 1;
};

/** `Jan  1 00:00:00 ` */
const isSyslog = (text: string, at: number): boolean =>
  text.charCodeAt(at + 3) === SPACE && text.charCodeAt(at + 9) === COLON;

const PREFIX_BEGINNINGS = tableOf('[#:@(');
