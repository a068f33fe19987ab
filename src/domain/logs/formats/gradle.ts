import { percentage } from '../hint.ts';
import { toolFormat } from './kit/tool.ts';

/** Gradle: its bar counts executed work, but a full one is drawn before the tests of the last task fail. */
export const gradle = toolFormat({
  name: 'gradle',
  taskName: 'gradle',
  taskType: 'build',
  counts: 'begun',
  hint: { contains: [percentage], begins: ['> Task :', 'BUILD ', 'FAILURE: '] },
  patterns: [
    {
      says: 'counts',
      line: /^<[=-]{3,120}>? (?<percent>\d{1,3})% (?<phase>INITIALIZING|CONFIGURING|EXECUTING|WAITING)\b/,
    },
    { says: 'broken', line: /^> Task (?<item>:\S{1,200}) FAILED$/ },
    { says: 'works', line: /^> Task (?<step>:\S{1,200})(?: (?:UP-TO-DATE|NO-SOURCE|FROM-CACHE|SKIPPED))?$/ },
    { says: 'fails', line: /^(?<reason>BUILD FAILED) in (?:\d{1,4}(?:h|m|s|ms) ?){1,3}$/ },
    { says: 'fails', line: /^FAILURE: Build (?:failed|completed) with .{1,300}$/ },
    { says: 'ends', line: /^BUILD SUCCESSFUL in (?:\d{1,4}(?:h|m|s|ms) ?){1,3}$/ },
  ],
  because: {
    begins:
      /^(?<reason>(?:Execution failed|Could not|Cannot|A problem|Task '|Project '|Plugin \[|Build file|Settings file|Script '|Unable|Process '|Failed|Circular).{1,500})$/,
    between: /^(?:\* What went wrong:|[-=]{3,80}|\d{1,4}: Task failed with an exception\.)$/,
    goesOn: /^> \S/,
  },
});
