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
    const hasWord = addAt(wordsAt(text, at), isWordAt, text, at, formats);
    const hasShort = addAt(shortBy[code] ?? [], isWordAt, text, at, formats);
    const hasPlace = addAt(byCharacter[code] ?? [], isPlaceAt, text, at, formats);
    const hasNumber =
      isDigit(code) &&
      addAt(byNextCharacter[text.charCodeAt(numberEnd(text, at))] ?? [], isPlaceAt, text, at, formats);
    return hasWord || hasShort || hasPlace || hasNumber;
  };
};

/** Whether a value of a hint is at this position of a text. */
type IsAt<Value> = (value: Value, text: string, at: number) => boolean;
export const isWordAt: IsAt<string> = (word, text, at) => text.startsWith(word, at);
export const isPlaceAt: IsAt<Place> = (place, text, at) => place.holds(text, at);

/**
 * Adds the formats of the values that are at this position. Returns whether there are any. It runs for every line, so what it
 * calls must not be a closure made for that line.
 */
export const addAt = <Value>(
  values: Owners<Value>,
  isAt: IsAt<Value>,
  text: string,
  at: number,
  formats: IndexSet,
): boolean => {
  let isHint = false;
  for (const [value, set] of values) {
    if (!isAt(value, text, at)) continue;
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
