/**
 * How the first design read a log, for comparison: each line is tried as JSON and against a list of patterns, which are
 * compiled for each line, and each line that fits is a write of its task. It knows three kinds of lines, and of a CDK
 * row no more than the stack's name and its counter.
 */
const PATTERNS = [
  String.raw`^(\S+) \| +(\d+)/(\d+) \| .* \| ([A-Z_]+) +\| `,
  String.raw`(?:^|\s)(\d+)/(\d+)(?:\s|$)`,
  String.raw`(\d+)%`,
];

export type FirstRecord = Readonly<{ task: string; current: number; total: number }>;

export const readAsFirst = (line: string): FirstRecord | undefined => {
  if (line.startsWith('{')) {
    try {
      const { task_id, progress } = JSON.parse(line) as {
        task_id?: string;
        progress?: { current: number; total: number };
      };
      return task_id === undefined || progress === undefined
        ? undefined
        : { task: task_id, current: progress.current, total: progress.total };
    } catch {
      return undefined;
    }
  }
  for (const [index, pattern] of PATTERNS.entries()) {
    const parts = new RegExp(pattern).exec(line);
    if (parts === null) continue;
    if (index === 0) return { task: parts[1] ?? '', current: Number(parts[2]), total: Number(parts[3]) };
    return { task: 'stream', current: Number(parts[1]), total: index === 1 ? Number(parts[2]) : 100 };
  }
  return undefined;
};
