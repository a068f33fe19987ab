import { toolFormat } from './kit/tool.ts';

/** `kubectl rollout status` (source: kubectl's polymorphichelpers/rollout_status.go). */
export const kubectlRollout = toolFormat({
  name: 'kubectl-rollout',
  taskName: 'kubectl rollout',
  taskType: 'deploy',
  counts: 'open',
  sharesLast: true,
  hint: {
    begins: [
      ...[
        'Waiting for deployment ',
        'Waiting for daemon set ',
        'Waiting for partitioned roll',
        'deployment ',
      ],
      ...[
        'Waiting for statefulset ',
        'Waiting for ',
        'daemon set ',
        'statefulset rolling',
        'partitioned roll out',
        'error: ',
      ],
    ],
  },
  patterns: [
    {
      says: 'counts',
      line: /^Waiting for (?:deployment|daemon set) "(?<lane>[\w.-]{1,253})" rollout to finish: (?<current>\d{1,6}) (?:out )?of (?<total>\d{1,6}) (?<phase>(?:new|updated) (?:replicas|pods))\b/,
    },
    {
      says: 'works',
      line: /^Waiting for (?:deployment|daemon set) "(?<lane>[\w.-]{1,253})" (?:rollout to finish: (?<step>.{1,200}?)\.\.\.|spec update to be observed\.\.\.)$/,
    },
    {
      says: 'counts',
      line: /^Waiting for partitioned roll out to finish: (?<current>\d{1,6}) out of (?<total>\d{1,6}) (?<phase>new pods) have been updated\.\.\.$/,
    },
    { says: 'works', line: /^Waiting for (?<step>\d{1,6} pods to be ready)\.\.\.$/ },
    { says: 'works', line: /^Waiting for statefulset (?<step>(?:rolling update|spec update) .{1,200})$/ },
    {
      says: 'ends',
      line: /^(?:deployment|daemon set) "(?<lane>[\w.-]{1,253})" successfully rolled out$/,
      alone: true,
    },
    {
      says: 'ends',
      line: /^(?:partitioned roll out complete: |statefulset rolling update complete )\d{1,6} .{1,300}$/,
      alone: true,
    },
    {
      says: 'fails',
      line: /^error: (?<reason>deployment "(?<lane>[\w.-]{1,253})" exceeded its progress deadline)$/,
      alone: true,
    },
    { says: 'fails', line: /^error: (?<reason>timed out waiting for the condition(?: on \S{1,300})?)$/ },
  ],
});

/** Helm 3 (source: cmd/helm). */
export const helm = toolFormat({
  name: 'helm',
  taskName: 'helm',
  taskType: 'deploy',
  counts: 'open',
  hint: {
    begins: [
      ...[
        'Release "',
        'release "',
        'LAST DEPLOYED: ',
        'STATUS: ',
        'Error: UPGRADE FAILED',
        'Error: INSTALLATION',
      ],
      ...[
        'UPGRADE FAILED',
        'INSTALLATION FAILED',
        'Error: release ',
        'Error: uninstall',
        'Rollback was a success',
      ],
    ],
  },
  patterns: [
    {
      says: 'works',
      line: /^Release "(?<name>[\w.-]{1,53})" does not exist\. Installing it now\.$/,
      phase: 'install',
    },
    {
      says: 'works',
      line: /^Release "(?<name>[\w.-]{1,53})" has been (?:upgraded|installed)\. Happy Helming!$/,
    },
    { says: 'works', line: /^LAST DEPLOYED: \w{3} \w{3} {1,2}\d{1,2} \d\d:\d\d:\d\d \d{4}$/ },
    { says: 'ends', line: /^STATUS: (?<phase>deployed|uninstalled|superseded)$/ },
    { says: 'fails', line: /^(?<reason>STATUS: failed)$/ },
    { says: 'ends', line: /^release "(?<name>[\w.-]{1,53})" uninstalled$/, alone: true },
    { says: 'ends', line: /^Rollback was a success! Happy Helming!$/, alone: true },
    {
      says: 'fails',
      line: /^(?:Error: )?(?<reason>(?:UPGRADE|INSTALLATION) FAILED(?:: .{1,1000})?)$/,
      alone: true,
    },
    {
      says: 'fails',
      line: /^Error: (?<reason>(?:release (?<name>[\w.-]{1,53}) failed, and has been .{1,1000}|uninstall: .{1,400}|uninstallation completed with \d{1,4} error.{1,1000}))$/,
      alone: true,
    },
  ],
  because: { begins: /^\* (?<reason>\S.*)$/ },
});
