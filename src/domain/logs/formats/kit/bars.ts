import { cut, TEXT_LIMITS } from './text.ts';

const DRAWN = '#=*>█▓▒░▏▎▍▌▋▊▉■□▇▰▱⣿⣀━╸╺─';
const BAR_BEFORE = new RegExp(`(?:[[|(<][${DRAWN}.·\\- ]{3,150}[\\]|)>]|[${DRAWN}]{3,150}) {0,3}[([]?$`, 'u');
const BAR_AFTER = new RegExp(`^ {0,3}(?:[[|(<][${DRAWN}.·\\- ]{3,150}[\\]|)>]|\\|? ?[${DRAWN}]{3,150})`, 'u');

/** A bar between marks, as tqdm and its kind draw it before or after the counter. */
const DRAWN_BAR = new RegExp(`[|[(<][${DRAWN}.·\\- ]{3,150}[\\]|)>]`, 'u');

/** Whether a counter stands behind or before a bar. */
export const isBar = (before: string, after: string): boolean =>
  BAR_BEFORE.test(before.slice(-160)) || BAR_AFTER.test(after.slice(0, 160));

/** `Indexing:  45%|████▌ `, as tqdm draws it, and `Indexing ━━━━━╺━━  45% ` of rich. */
const NAMED_BAR = /^(?<name>[\p{L}\d][^|━:]{0,79}?)(?::\s{1,4}\d{1,3}%\||\s{1,4}(?=[━╸╺]{5}))/u;

/** `Epoch 3:  45%|████▌ `, as PyTorch Lightning draws it. */
const EPOCH = /^(?:epoch|fold) \d{1,6}$/i;

/** What a line with a bar says beside its counter; of an epoch, that it has begun and is not the whole. */
export const barOf = (line: string): Readonly<{ bar?: true; epoch?: true; begun?: true; name?: string }> => {
  const isDrawn = line.includes('%|') || line.includes('━');
  const name = isDrawn ? NAMED_BAR.exec(line)?.groups?.['name'] : undefined;
  if (name !== undefined && EPOCH.test(name)) return { bar: true, epoch: true, begun: true };
  return {
    ...((name !== undefined || DRAWN_BAR.test(line)) && { bar: true }),
    ...(name !== undefined && { name: cut(name, TEXT_LIMITS.name) }),
  };
};
