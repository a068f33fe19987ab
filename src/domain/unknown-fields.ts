/**
 * Fields that another version of Miyabi has stored and this one does not know, by where they were found: `''` is the
 * thing itself, `details` an object in it. The store that read them writes them back; nothing else looks at them.
 */
export type UnknownFields = Readonly<Record<string, Readonly<Record<string, unknown>>>>;
