/**
 * Fields that another version of Miyabi has stored and this one does not have, by where they were found: `''` is the
 * entity itself, `details` an object in it. The store that read them writes them back; no other code uses them.
 */
export type UnknownFields = Readonly<Record<string, Readonly<Record<string, unknown>>>>;
