/**
 * Most lines of most logs are no progress, and reading a line is expensive: it is cleaned, then every format looks at
 * it. So a text is first searched for the hints of its formats. That costs little if hints are rare, because the whole
 * text is searched at once; what remains for each line is a few comparisons.
 *
 * Anything that could hide a hint, such as an escape sequence, counts as one itself.
 */
import { type Find, type Hint, isControl, isDigit, isLetter, type Place, SMALL_LETTERS } from './hint.ts';
import { CONTAINER_ENVELOPE, mayBeLevel, mayBeTime, prefixEnd } from './lines.ts';
import { type WordStarts, wordStarts } from './word-starts.ts';

/** Whether the line from `start` to `end` has a hint. It must be called for lines in their order. */
export type HasHint = (start: number, end: number) => boolean;

/** Prepares a text whose lines are separated by `\n`. */
export type Prefilter = (text: string) => HasHint;

/** The prefilter for lines that may have any of these hints. */
export const prefilterOf = (hints: readonly Hint[]): Prefilter => {
  const finds = findsOf(hints);
  const begins = beginsWith(hints);
  const ends = endsWith(hints.flatMap((hint) => hint.ends ?? []));
  return (text) => {
    const holdsHint = anyOf(finds, text);
    const holdsPrefixMark = anyOf(PREFIX_MARKS, text);
    return (start, end) => {
      if (holdsHint(start, end)) return true;
      let first = start;
      let last = end - 1;
      while (first <= last && text.charCodeAt(first) <= SPACE) first += 1;
      while (last > first && text.charCodeAt(last) <= SPACE) last -= 1;
      if (first > last) return false;
      if (ends(text, last)) return true;
      if (!holdsPrefixMark(first, end) && !mayBePrefixed(text, first)) return begins(text, first);
      const line = text.slice(first, last + 1);
      return begins(line, prefixEnd(line));
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

/**
 * One search for each text, and one for all hints with a colon, which most lines have: texts that begin with it, JSON
 * keys, and what a format looks for around it.
 */
const findsOf = (hints: readonly Hint[]): readonly Find[] => {
  const all = [...new Set([...hints.flatMap(({ contains = [] }) => contains), ...HIDING])];
  const texts = all.filter((each) => typeof each === 'string');
  const colon = nextColon({
    texts: texts.filter((text) => text.startsWith(':')),
    keys: hints.flatMap(({ keys = [] }) => keys),
    places: [...hints.flatMap((hint) => hint.colon ?? []), TASK_OF_PACKAGE],
  });
  return [
    ...texts.filter((text) => !text.startsWith(':')).map(nextOf),
    ...all.filter((each) => typeof each === 'function'),
    colon,
  ];
};

type Colons = Readonly<{ texts: readonly string[]; keys: readonly string[]; places: readonly Place[] }>;

const nextColon = ({ texts, keys, places }: Colons): Find => {
  const second = tableOf(texts.map((text) => text.charAt(1)).join(''));
  const third = tableOf(texts.map((text) => text.charAt(2)).join(''));
  const endings = wordStarts(keys.map((key) => `"${key}`.slice(-KEY_ENDING)));
  const byCharacter = placesByCharacter(places);
  const isHint = (text: string, at: number): boolean => {
    const before = text.charCodeAt(at - 1);
    if ((before <= SPACE || before === QUOTE) && isAfterKey(text, at, endings)) return true;
    const after = text.charCodeAt(at + 1);
    if (after < SPACE) return after !== LINE_FEED;
    if (second[after] === 1 && third[text.charCodeAt(at + 2)] === 1) {
      for (const words of texts) if (text.startsWith(words, at)) return true;
    }
    return after < 0x7f ? isOneOf(byCharacter[after], text, at) : isControl(after);
  };
  return (text, from) => {
    let at = text.indexOf(':', from);
    while (at !== -1 && !isHint(text, at)) at = text.indexOf(':', at + 1);
    return at;
  };
};

/** The hints to check for each character of ASCII. */
const placesByCharacter = (places: readonly Place[]): readonly (readonly Place[] | undefined)[] =>
  Array.from({ length: 128 }, (_, code) => {
    const found = places.filter(({ characters }) => characters.includes(String.fromCharCode(code)));
    return found.length === 0 ? undefined : found;
  });

const isOneOf = (places: readonly Place[] | undefined, text: string, at: number): boolean => {
  if (places === undefined) return false;
  for (let index = 0; index < places.length; index += 1)
    if ((places[index] as Place).holds(text, at)) return true;
  return false;
};

/** How many characters at the end of a key identify it. */
const KEY_ENDING = 4;

const isAfterKey = (text: string, colon: number, endings: WordStarts): boolean => {
  let at = colon - 1;
  while (text.charCodeAt(at) === SPACE) at -= 1;
  if (text.charCodeAt(at) !== QUOTE) return isControl(text.charCodeAt(at));
  at -= 1;
  while (text.charCodeAt(at) === BACKSLASH) at -= 1;
  return endings.mayBegin(text, at - KEY_ENDING + 1);
};

/** Whether one of several hints is in a line. Each is searched for once, from one position to the next. */
const anyOf = (finds: readonly Find[], text: string): HasHint => {
  const places = finds.map((find) => placeOf(find, text, 0));
  let nearest = Math.min(...places);
  return (start, end) => {
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
const HIDING: readonly (string | Find)[] = ['\u001b', '\u009b', nextBareColour, CONTAINER_ENVELOPE];

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

const PREFIX_BEGINNINGS = tableOf('[#:@');

/** Words are identified by their first four characters, shorter ones by their first. */
const beginsWith = (hints: readonly Hint[]): ((text: string, start: number) => boolean) => {
  const texts = hints.flatMap((hint) => hint.begins ?? []);
  const words = texts.filter((text) => text.length >= 4);
  const starts = wordStarts(words);
  const initials = tableOf(words.map((word) => word.charAt(0)).join(''));
  const short = texts.filter((text) => text.length < 4);
  const shortBy = Array.from({ length: 128 }, (_, code) =>
    short.filter((each) => each.charCodeAt(0) === code),
  );
  const others = placesByCharacter(hints.flatMap((hint) => hint.mayBegin ?? []));
  return (text, start) => {
    let at = start;
    while (text.charCodeAt(at) === SPACE) at += 1;
    const code = text.charCodeAt(at);
    if (!(code < 0x7f)) return true;
    if (initials[code] === 1 && starts.begins(text, at)) return true;
    for (const each of shortBy[code] ?? []) if (text.startsWith(each, at)) return true;
    return isOneOf(others[code], text, at);
  };
};

const endsWith = (texts: readonly string[]): ((text: string, last: number) => boolean) => {
  const lastOf = tableOf(texts.map((text) => text.charAt(text.length - 1)).join(''));
  return (text, last) => {
    const code = text.charCodeAt(last);
    if (code > 0x7e) return true;
    return lastOf[code] === 1 && texts.some((words) => text.endsWith(words, last + 1));
  };
};
