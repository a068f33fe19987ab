import type { LogFormat } from '../../format.ts';
import { cut, headOf, TEXT_LIMITS } from './text.ts';
import type { ToolSignal } from './tool-signal.ts';

/** Where the reason of a failure stands that has none: see `because` of a tool. */
export type Because = Readonly<{
  begins: RegExp;
  between?: RegExp;
  goesOn?: RegExp;
  over?: 'over other lines';
}>;

/** The lines that say that something has failed. */
export const FAILURES: ReadonlySet<ToolSignal['says']> = new Set(['one failed', 'broken', 'fails']);

/** How the reason of a failure is found in the lines below it. */
export const explanation = ({
  begins,
  between,
  goesOn,
  over,
}: Because): Required<Pick<LogFormat<ToolSignal>, 'isContinued' | 'readContinuation'>> => ({
  isContinued({ says, reason, vague }) {
    const isOpen =
      reason === undefined || vague
        ? says === 'because' || FAILURES.has(says)
        : (says === 'because' && goesOn !== undefined) || reason.endsWith(':');
    return isOpen && (over ?? 'over empty lines');
  },

  readContinuation(line, before) {
    const text = headOf(line);
    const begun = before.vague ? undefined : before.reason;
    const said = { says: 'because', text: cut(text, TEXT_LIMITS.message) } as const;
    if (begun !== undefined) {
      const isRest = begun.endsWith(':') || goesOn?.test(text);
      return isRest ? { ...said, reason: cut(`${begun} ${text}`, TEXT_LIMITS.error) } : undefined;
    }
    const { reason, item } = begins.exec(text)?.groups ?? {};
    if (reason !== undefined)
      return {
        ...said,
        reason: cut(reason, TEXT_LIMITS.error),
        ...(item !== undefined && { item: cut(item, TEXT_LIMITS.step) }),
      };
    return between?.test(text) ? said : undefined;
  },
});
