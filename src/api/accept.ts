/** How an Accept header rates a media type: `quality` from 0 (refused) to 1, `named` from 0 (any) to 2 (by name). */
type Liking = Readonly<{ quality: number; named: number }>;

const EVERYTHING: Liking = { quality: 1, named: 0 };

const likingOf = (accept: string, type: string): Liking => {
  const names = ['*/*', `${type.slice(0, type.indexOf('/'))}/*`, type];
  let best: Liking | undefined;
  for (const range of accept.split(',')) {
    const [name = '', ...parameters] = range.split(';').map((part) => part.trim().toLowerCase());
    const named = names.indexOf(name);
    // The most specific matching range decides.
    if (named === -1 || (best !== undefined && best.named >= named)) continue;
    const quality = parameters.find((parameter) => /^q=[01](\.\d*)?$/.test(parameter))?.slice(2);
    best = { quality: Math.min(1, Number(quality ?? 1)), named };
  }
  return best ?? { quality: 0, named: 0 };
};

/** Whether an Accept header allows any of these media types; errors are sent as problem documents regardless. */
export const acceptsAny = (accept: string | undefined, types: readonly string[]): boolean =>
  accept === undefined ||
  // The usual values need no parsing.
  accept === '*/*' ||
  types.includes(accept) ||
  accept.trim() === '' ||
  types.some((type) => likingOf(accept, type).quality > 0);

/** Which of two media types an Accept header prefers; `usual` if it has no preference. */
export const preferred = (accept: string | undefined, usual: string, other: string): string => {
  const isOpen = accept === undefined || accept.trim() === '';
  const [a, b] = isOpen ? [EVERYTHING, EVERYTHING] : [likingOf(accept, usual), likingOf(accept, other)];
  return b.quality > a.quality || (b.quality === a.quality && b.named > a.named) ? other : usual;
};
