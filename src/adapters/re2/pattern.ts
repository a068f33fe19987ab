import type { CompilePattern } from '../../domain/logs/formats/custom.ts';

/** Matching costs program × text steps; a pattern of nested counts may have a very large program. */
const MAX_PROGRAM = 5000;

/**
 * Patterns matched by RE2's automata, in time linear in the text for any pattern. Look-around and back-references,
 * which would need backtracking, are refused. The engine is loaded here, so it costs nothing without custom formats.
 */
export const loadPatterns = async (): Promise<CompilePattern> => {
  const { RE2JS } = await import('re2js');
  return (text) => {
    const refused = NEEDS_BACKTRACKING.exec(text)?.[0];
    if (refused !== undefined) {
      throw new Error(`\`${refused}\` (look-around or a back-reference) cannot be matched in linear time`);
    }
    const pattern = RE2JS.compile(text);
    if (pattern.programSize() > MAX_PROGRAM) throw new Error('it is too large: use smaller repeat counts');
    const groups = Object.keys(pattern.namedGroups());
    return {
      groups,
      match(line) {
        const matcher = pattern.matcher(line);
        if (!matcher.find()) return undefined;
        return Object.fromEntries(groups.map((group) => [group, matcher.group(group) ?? undefined]));
      },
    };
  };
};

/** Only for a clear message: the engine refuses these by itself, including those that this misses. */
const NEEDS_BACKTRACKING = /\(\?<?[=!]|\\[1-9]|\\k[<{']/;
