import { toolFormat } from './kit/tool.ts';

/** Nx: `nx run`, `run-many` and `affected` name each task when it is done, and redraw their sums on a terminal. */
export const nx = toolFormat({
  name: 'nx',
  taskName: 'nx',
  taskType: 'build',
  counts: 'open',
  hint: { begins: ['NX  ', '>  NX  ', 'Run duration: ', '> nx run ', '- nx run ', '✔ ', '✖ '] },
  patterns: [
    { says: 'fails', line: /^(?:> {1,2})?NX {2,4}(?<reason>Running targets? .{1,300} failed)$/ },
    { says: 'fails', line: /^(?:> {1,2})?NX {2,4}Ran targets? .{1,300}$/ },
    { says: 'ends', line: /^(?:> {1,2})?NX {2,4}Successfully ran targets? .{1,300}$/, alone: true },
    {
      says: 'works',
      line: /^(?:> {1,2})?NX {2,4}Running targets? (?<phase>\S.{0,120}?) for (?:(?<total>\d{1,6}) projects?|project \S{1,120})\b.{0,100}$/,
    },
    { says: 'works', line: /^> nx run (?<step>\S{1,200})/ },
    { says: 'step', line: /^✔ {1,4}(?<current>\d{1,6})\/(?<total>\d{1,6}) succeeded\b.{0,80}$/ },
    { says: 'step', line: /^✖ {1,4}(?<failed>\d{1,6})\/\d{1,6} failed\b.{0,80}$/ },
    { says: 'broken', line: /^✖ {1,4}(?<reason>(?<failed>\d{1,6})\/\d{1,6} targets failed)\b.{0,80}$/ },
    { says: 'one done', line: /^✔ {1,4}nx run (?<step>\S{1,200})(?: .{0,100})?$/ },
    { says: 'one failed', line: /^✖ {1,4}nx run (?<item>\S{1,200})(?: .{0,100})?$/ },
    { says: 'step', line: /^Run duration: {1,12}\S{1,20}$/ },
    { says: 'broken', line: /^- nx run (?<item>\S{1,200})$/ },
  ],
});
