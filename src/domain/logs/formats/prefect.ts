import { toolFormat } from './kit/tool.ts';

/** Prefect: the lines of its runs, `… | INFO    | Flow run 'x' - Finished in state Completed()`. A flow run is a run. */
export const prefect = toolFormat({
  name: 'prefect',
  taskName: 'prefect',
  taskType: 'workflow',
  counts: 'open',
  sharesLast: true,
  hint: { begins: ['| INFO ', '| ERROR ', '| WARNING ', '| CRITICAL '] },
  patterns: [
    {
      says: 'works',
      line: /^\| INFO {1,8}\| (?:prefect\.engine|Flow run '[^']{1,80}') - (?:Created|Beginning) (?:sub)?flow run '(?<lane>[^']{1,80})' for flow '[^']{1,120}'/,
    },
    {
      says: 'works',
      line: /^\| INFO {1,8}\| Flow run '(?<lane>[^']{1,80})' - (?:Created|Submitted) task run '(?<step>[^']{1,120})'/,
    },
    {
      says: 'one done',
      line: /^\| INFO {1,8}\| Task run '(?<step>[^']{1,120})' - Finished in state (?:Completed|Cached)\(/,
    },
    {
      says: 'one failed',
      line: /^\| \w{4,8} {1,8}\| Task run '(?<item>[^']{1,120})' - Finished in state (?:Failed|Crashed|TimedOut)\((?<quote>['"]?)(?<reason>.{0,1000}?)\k<quote>\)$/,
    },
    { says: 'ends', line: /^\| INFO {1,8}\| Flow run '(?<lane>[^']{1,80})' - Finished in state Completed\(/ },
    {
      says: 'fails',
      line: /^\| \w{4,8} {1,8}\| Flow run '(?<lane>[^']{1,80})' - Finished in state (?:Failed|Crashed|TimedOut)\((?<quote>['"]?)(?<reason>.{0,1000}?)\k<quote>\)$/,
    },
    {
      says: 'cancels',
      line: /^\| \w{4,8} {1,8}\| Flow run '(?<lane>[^']{1,80})' - Finished in state Cancell?ed\(/,
    },
  ],
});
