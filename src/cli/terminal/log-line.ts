import { plainLine, shownLine } from '../../domain/logs/line-text.ts';
import type { Look } from './terminal.ts';

/**
 * A log line for the terminal: its own colours where there may be any, ended with it; and nothing else that drives a
 * terminal, no matter what the server sends.
 */
export const logLine = (text: string, { colour }: Look): string => {
  const shown = shownLine(text);
  if (!shown.includes('\u001b')) return shown;
  return colour ? `${shown}\u001b[0m` : plainLine(shown);
};
