import { toolFormat } from './kit/tool.ts';

/** Pulumi without a terminal. Rows name resources as they change; `Duration` closes an update, and a preview has none. */
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
      line: /^[+~-]{1,2} {1,3}[\w-]{1,60}:[\w/.-]{1,80}:\w{1,80} (?<item>\S{1,200}) \*{0,2}(?:creating|updating|deleting|replacing) failed\*{0,2}(?: {1,4}(?:error: )?(?<reason>\S.{0,1000}))?$/,
      after: 'update',
    },
    {
      says: 'one done',
      line: /^[+~-]{1,2} {1,3}(?<step>[\w-]{1,60}:[\w/.-]{1,80}:\w{1,80} \S{1,200}) (?:created|updated|deleted|replaced|imported)(?: (?:replacement|original))?(?: \([\d.]{1,8}s\))?$/,
      after: 'update',
    },
    {
      says: 'step',
      line: /^[+~-]{1,2} {1,3}(?<step>[\w-]{1,60}:[\w/.-]{1,80}:\w{1,80} \S{1,200}) (?:creating|updating|deleting|replacing)\b/,
    },
    { says: 'fails', line: /^error: (?<reason>(?:update|destroy|preview|refresh) failed)$/ },
    { says: 'concludes', line: /^Resources:$/, after: 'preview' },
    { says: 'closes', line: /^Duration: (?:\d{1,4}[hms]){1,3}$/, after: 'update' },
  ],
});
