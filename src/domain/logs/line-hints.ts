import { isDigit, numberEnd, type Place } from './hint.ts';
import { addAll, type IndexSet } from './index-set.ts';
import { wordTable } from './word-starts.ts';

/** Values of hints, each with the formats that have it. */
export type Owners<Value> = readonly (readonly [value: Value, formats: IndexSet])[];

/** The hints to check for each character of ASCII. */
export const placesByCharacter = (places: Owners<Place>): readonly (Owners<Place> | undefined)[] =>
  Array.from({ length: 128 }, (_, code) => {
    const found = places.filter(([{ characters }]) => characters.includes(String.fromCharCode(code)));
    return found.length === 0 ? undefined : found;
  });

const SPACE = 0x20;

type Beginnings = Readonly<{ texts: Owners<string>; places: Owners<Place>; all: IndexSet }>;

/** Whether a line begins with one of several hints. Adds the formats of those that it begins with. */
type AddFormats = (text: string, at: number, formats: IndexSet) => boolean;

/** Words are found by their first four characters, shorter ones by their first. */
export const beginsWith = ({ texts, places, all }: Beginnings): AddFormats => {
  const wordsAt = wordTable(texts.filter(([text]) => text.length >= 4));
  const short = texts.filter(([text]) => text.length < 4);
  const shortBy = Array.from({ length: 128 }, (_, code) =>
    short.filter(([text]) => text.charCodeAt(0) === code),
  );
  const byCharacter = placesByCharacter(places.filter(([{ afterNumber }]) => afterNumber === undefined));
  const byNextCharacter = placesByCharacter(
    places.flatMap(([place, set]) =>
      place.afterNumber === undefined ? [] : [[{ ...place, characters: place.afterNumber }, set] as const],
    ),
  );
  return (text, start, formats) => {
    let at = start;
    while (text.charCodeAt(at) === SPACE) at += 1;
    const code = text.charCodeAt(at);
    if (!(code < 0x7f)) {
      addAll(formats, all);
      return true;
    }
    const hasWord = addStarting(wordsAt(text, at), text, at, formats);
    const hasShort = addStarting(shortBy[code] ?? [], text, at, formats);
    const hasPlace = addHolding(byCharacter[code] ?? [], text, at, formats);
    const hasNumber =
      isDigit(code) &&
      addHolding(byNextCharacter[text.charCodeAt(numberEnd(text, at))] ?? [], text, at, formats);
    return hasWord || hasShort || hasPlace || hasNumber;
  };
};

// These two run for every line. One function that takes the comparison as an argument is almost twice as slow.

/** Adds the formats of the words that begin here. Returns whether there are any. */
export const addStarting = (words: Owners<string>, text: string, at: number, formats: IndexSet): boolean => {
  let isHint = false;
  for (const [word, set] of words) {
    if (!text.startsWith(word, at)) continue;
    addAll(formats, set);
    isHint = true;
  }
  return isHint;
};

/** Adds the formats of the hints that are here. Returns whether there are any. */
export const addHolding = (places: Owners<Place>, text: string, at: number, formats: IndexSet): boolean => {
  let isHint = false;
  for (const [place, set] of places) {
    if (!place.holds(text, at)) continue;
    addAll(formats, set);
    isHint = true;
  }
  return isHint;
};

export const endsWith = (texts: Owners<string>): AddFormats => {
  const byLast = Array.from({ length: 128 }, (_, code) =>
    texts.filter(([text]) => text.charCodeAt(text.length - 1) === code),
  );
  return (text, last, formats) => {
    const code = text.charCodeAt(last);
    const isOther = code > 0x7e;
    let isHint = isOther;
    for (const [words, set] of isOther ? texts : (byLast[code] ?? [])) {
      if (!isOther && !text.endsWith(words, last + 1)) continue;
      addAll(formats, set);
      isHint = true;
    }
    return isHint;
  };
};
