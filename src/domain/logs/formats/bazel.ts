import { toolFormat } from './kit/tool.ts';

const ACTION =
  /^\[[\d,]{1,12} \/ [\d,]{1,12}\] (?:\d{1,7} (?:\/ \d{1,7} tests?[,;]|actions?\b)|checking cached actions|no actions running|\[(?:Prepa|Sched|Scann|Analy)\w{0,8}\] |Executing genrule |(?:.{1,300}); (?:\d{1,7}s |\[\d|Downloading))/;

/** Bazel (source: src/main/java/com/google/devtools/build/lib/runtime/UiStateTracker.java): actions of a total that grows. */
export const bazel = toolFormat({
  name: 'bazel',
  taskName: 'bazel',
  taskType: 'build',
  counts: 'open',
  hint: {
    begins: ['Analyzed ', 'Build completed', 'FAILED: Build did NOT', 'Build did NOT', 'ERROR: ', '//'],
    mayBegin: { characters: '[', holds: (text, at) => /^\[[\d,]{1,12} \/ \d/.test(text.slice(at, at + 20)) },
  },
  patterns: [
    {
      says: 'works',
      line: /^Analyzed (?:target \S{1,200}|\d{1,6} targets) \(\d{1,6} packages? loaded, .{1,100}\)\.$/,
    },
    {
      says: 'counts',
      line: new RegExp(
        `(?=${ACTION.source})^\\[(?<current>[\\d,]{1,12}) \\/ (?<total>[\\d,]{1,12})\\] (?<step>.+)$`,
      ),
    },
    {
      says: 'broken',
      line: /^ERROR: \S{1,300}\/BUILD(?:\.bazel)?:\d{1,6}:\d{1,6}: (?<reason>.{1,300} failed: .{1,1000})$/,
    },
    {
      says: 'one failed',
      line: /^(?<item>\/\/\S{1,200}) {1,80}(?:FAILED|TIMEOUT|FAILED TO BUILD)(?: in .{1,60})?$/,
    },
    {
      says: 'broken',
      alone: true,
      line: /^ERROR: (?:Skipping '[^']{1,300}': )?(?<reason>no such (?:package|target) '.{1,1000})$/,
    },
    { says: 'fails', line: /^(?:(?:FAILED|ERROR): )?Build did NOT complete successfully\b/ },
    {
      says: 'fails',
      line: /^Build completed, (?<reason>\d{1,6} tests? FAILED), [\d,]{1,12} total actions?$/,
    },
    { says: 'ends', line: /^Build completed successfully, [\d,]{1,12} total actions?$/ },
  ],
});
