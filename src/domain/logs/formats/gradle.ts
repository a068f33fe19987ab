import { percentage } from '../hint.ts';
import { toolFormat } from './kit/tool.ts';

/**
 * Gradle: its bar counts executed work, but a full one is drawn before the tests of the last task fail. While it waits, also
 * after its end, the bar is empty. Before version 4.7, tasks in a pipe are bare paths (`:compile`).
 */
export const gradle = toolFormat({
  name: 'gradle',
  taskName: 'gradle',
  taskType: 'build',
  counts: 'begun',
  hint: { contains: [percentage], begins: ['> Task :', ':', 'BUILD ', 'FAILURE: '] },
  patterns: [
    {
      says: 'counts',
      line: /^<[=-]{3,120}>? (?<percent>\d{1,3})% (?<phase>INITIALIZING|CONFIGURING|EXECUTING)\b/,
    },
    { says: 'step', line: /^<[=-]{3,120}>? \d{1,3}% WAITING\b/ },
    { says: 'broken', line: /^(?:> Task )?(?<item>:[\w.:-]{1,200}) FAILED$/ },
    { says: 'works', line: /^> Task (?<step>:\S{1,200})(?: (?:UP-TO-DATE|NO-SOURCE|FROM-CACHE|SKIPPED))?$/ },
    { says: 'works', line: /^(?<step>:\w[\w.:-]{0,200}) (?:UP-TO-DATE|NO-SOURCE|FROM-CACHE|SKIPPED)$/ },
    { says: 'step', line: /^(?<step>:[a-zA-Z][\w.:-]{0,200})$/ },
    { says: 'fails', line: /^(?<reason>BUILD FAILED) in (?:\d{1,4}(?:h|m|s|ms) ?){1,3}$/ },
    { says: 'fails', line: /^FAILURE: Build (?:failed|completed) with .{1,300}$/, alone: true },
    { says: 'ends', line: /^BUILD SUCCESSFUL in (?:\d{1,4}(?:h|m|s|ms) ?){1,3}$/, alone: true },
  ],
  because: {
    begins:
      /^(?<reason>(?:Execution failed for task '(?<item>:[^']{1,200})'|(?!(?:Build file|Settings file|Script|Initialization script) '.{1,400}' line: \d)(?:Execution failed|Could not|Cannot|A problem|Task '|Project '|Plugin \[|Build file|Settings file|Script '|Unable|Process '|Failed|Circular)).{1,500})$/,
    between:
      /^(?:\* (?:What went wrong|Where):|[-=]{3,80}|\d{1,4}: Task failed with an exception\.|(?:Build file|Settings file|Script|Initialization script) '.{1,400}' line: \d{1,6})$/,
    goesOn: /^> \S/,
  },
});
