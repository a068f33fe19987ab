import { toolFormat } from './kit/tool.ts';

/**
 * Pulumi. Rows name resources as they change, on a terminal in columns and as a tree; `Duration` closes an update, and a preview
 * has none.
 */
export const pulumi = toolFormat({
  name: 'pulumi',
  taskName: 'pulumi',
  taskType: 'deploy',
  counts: 'open',
  hint: {
    begins: [
      ...[
        'Updating (',
        'Destroying (',
        'Refreshing (',
        'Importing (',
        'Previewing ',
        'Duration: ',
        'error: ',
      ],
      ...['+ ', '~ ', '- ', '+-', '-+', '++', '--', '@ ', 'Resources:'],
    ],
  },
  patterns: [
    {
      says: 'works',
      line: /^(?:Updating|Destroying|Refreshing|Importing) \((?<name>[\w./-]{1,128})\):?$/,
      phase: 'update',
    },
    {
      says: 'works',
      line: /^Previewing (?:update|destroy|refresh) \((?<name>[\w./-]{1,128})\):?$/,
      phase: 'preview',
    },
    {
      says: 'one failed',
      line: /^[+~-]{1,2} {1,3}[├└│─ ]{0,12}(?!pulumi:pulumi:Stack )[\w-]{1,60}:[\w/.-]{1,80}:\w{1,80} {1,80}(?<item>\S{1,200}) {1,80}\*{0,2}(?:creating|updating|deleting|replacing) failed\*{0,2}(?: {1,80}(?:\d{1,4} (?:error|warning|message)s?\b.*|(?:error: )?(?<reason>\S.{0,1000})))?$/,
      after: 'update',
    },
    {
      says: 'one done',
      line: /^[+~-]{1,2} {1,3}[├└│─ ]{0,12}(?<step>[\w-]{1,60}:[\w/.-]{1,80}:\w{1,80} {1,80}\S{1,200}) {1,80}(?:created|updated|deleted|replaced|imported)(?: (?:replacement|original))?(?: \([\d.]{1,8}s\))?$/,
      after: 'update',
    },
    {
      says: 'step',
      line: /^[+~-]{1,2} {1,3}[├└│─ ]{0,12}(?<step>[\w-]{1,60}:[\w/.-]{1,80}:\w{1,80} {1,80}\S{1,200}) {1,80}(?:creating|updating|deleting|replacing)\b/,
    },
    { says: 'fails', line: /^error: (?:update|destroy|preview|refresh) failed$/ },
    { says: 'broken', line: /^error: \d{1,4} errors? occurred:$/ },
    { says: 'broken', line: /^error: (?<reason>\S.{0,1000})$/ },
    { says: 'closes for now', line: /^Resources:$/, after: 'preview' },
    { says: 'closes', line: /^Duration: (?:\d{1,4}[hms]){1,3}$/, after: 'update' },
  ],
  because: { begins: /^\* (?<reason>\S.*)$/ },
});
