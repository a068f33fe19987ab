import { toolFormat } from './kit/tool.ts';

/**
 * `npm install` and `npm ci` (source: lib/utils/reify-output.js), which print nothing until they are done. Codes of scripts
 * that npm has run are left to the tools in them.
 */
export const npm = toolFormat({
  name: 'npm',
  taskName: 'npm install',
  taskType: 'build',
  counts: 'open',
  hint: { begins: ['added ', 'removed ', 'changed ', 'up to date', 'npm error ', 'npm ERR! '] },
  patterns: [
    {
      says: 'ends',
      line: /^(?:up to date|added (?=(?<total>\d{1,6}) )(?<current>\d{1,6}) packages?|(?:removed|changed) \d{1,6} packages?)(?:, (?:and )?(?:added|removed|changed|audited) \d{1,6} packages?| from \d{1,6} contributors?(?: and audited \d{1,6} packages)?){0,4} in \d{1,6}(?:\.\d{1,3})?(?:ms|s|m|h)$/,
      alone: true,
    },
    {
      says: 'fails',
      line: /^npm (?:ERR!|error) code (?:E40[134]|E5\d\d|ETARGET|ERESOLVE|EUSAGE|EINTEGRITY|ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|EBADENGINE|EBADPLATFORM|ENOVERSIONS|ENOTCACHED|EJSONPARSE|ENOSPC)$/,
      alone: true,
    },
    // A script of a dependency failed: with its exit code alone, npm's format cannot tell.
    {
      says: 'fails',
      line: /^npm (?:ERR!|error) path (?<item>\S{0,400}[\\/]node_modules[\\/]\S{1,200})$/,
      alone: true,
    },
    {
      says: 'broken',
      line: /^npm (?:ERR!|error) (?!A complete log )(?:(?:notarget|network|[45]\d\d|engine|audit) )?(?<reason>[A-Z].+|command sh -c .+)$/,
    },
  ],
});
