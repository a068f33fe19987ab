/** More than this is shown as one more with a plus. */
export const MOST_COUNTED = 9;

/** What the icon of the tab counts: failures that one has not seen, else running tasks. */
export type Counted = 'failed' | 'running';

/** The file of the icon with a count, beside `seal.svg`; the build writes one for each (see vite.config.ts). */
export const iconName = (counted: Counted, count: number): string =>
  count === 0 ? 'seal.svg' : `seal-${counted}-${Math.min(count, MOST_COUNTED + 1)}.svg`;

const COLOURS = {
  failed: { disc: '#fffaf2', ink: '#b3352a' },
  running: { disc: '#24527f', ink: '#ffffff' },
} as const;

/** The seal with a count on a disc. `seal` is the SVG of a square of 1200 units. */
export const iconWith = (seal: string, counted: Counted, count: number): string => {
  const { disc, ink } = COLOURS[counted];
  const text = count > MOST_COUNTED ? `${MOST_COUNTED}+` : String(count);
  const size = text.length > 1 ? 460 : 600;
  return seal.replace(
    '</svg>',
    `<circle cx="830" cy="830" r="370" fill="${disc}" stroke="#26231f" stroke-width="40"/><text x="830" y="${830 + size * 0.36}" text-anchor="middle" font-family="sans-serif" font-weight="700" font-size="${size}" fill="${ink}">${text}</text></svg>`,
  );
};
