import { toolFormat } from './kit/tool.ts';

/**
 * The log of a job of GitHub Actions, whole or a part of it. Its steps begin with `##[group]Run …`; these and other groups are its
 * phases. It does not say how it ended, so a step that failed decides, also where the log ends after it.
 */
export const githubJob = toolFormat({
  name: 'github-job',
  taskName: 'GitHub Actions',
  taskType: 'ci_job',
  counts: 'open',
  failsSilently: true,
  hint: {
    begins: [
      ...[
        'Current runner version: ',
        'Complete job name: ',
        'Run ',
        'Post job cleanup.',
        'Cleaning up orphan',
      ],
      ...['Process completed with', '##[group]', '::group::'],
      ...['The job running on', "The process '", 'The runner has', 'The operation was'],
    ],
  },
  patterns: [
    { says: 'begins', line: /^Current runner version: '[\d.]{3,20}'$/ },
    { says: 'step', line: /^Complete job name: (?<name>\S.{0,200})$/ },
    {
      says: 'works',
      line: /^##\[group\](?<phase>Run (?<step>(?!.*\d ?(?:\/|of) ?\d)\S.{0,300}))$/,
    },
    {
      says: 'step',
      line: /^(?:::group::)?(?<phase>Run (?<step>(?!.*\d ?(?:\/|of) ?\d)\S.{0,300}))$/,
    },
    { says: 'step', line: /^(?:##\[group\]|::group::)(?<phase>\S.{0,100})$/ },
    { says: 'step', line: /^Post job cleanup\.$/, phase: 'cleanup' },
    { says: 'broken', line: /^(?<reason>Process completed with exit code [1-9]\d{0,4})\.$/ },
    { says: 'broken', line: /^(?<reason>The process '.{1,300}' failed with exit code \d{1,5})$/ },
    {
      says: 'fails',
      line: /^(?<reason>The job running on runner .{1,200} has exceeded the maximum execution time of .{1,40}?)\.?$/,
    },
    { says: 'broken', line: /^(?<reason>The runner has received a shutdown signal)\b/ },
    { says: 'cancels', line: /^The operation was canceled\.$/ },
    { says: 'closes', line: /^Cleaning up orphan processes$/ },
  ],
});

/** The log of a job of GitLab, whose sections are its phases. */
export const gitlabJob = toolFormat({
  name: 'gitlab-job',
  taskName: 'GitLab CI',
  taskType: 'ci_job',
  counts: 'open',
  hint: { begins: ['Running with gitlab-runner ', 'section_start:', 'Job succeeded', 'ERROR: Job failed'] },
  patterns: [
    { says: 'begins', line: /^Running with gitlab-runner \d{1,3}\./ },
    { says: 'step', line: /^section_start:\d{6,12}:(?<phase>[\w.-]{1,80})(?:\[[^\]]{0,80}\])?$/ },
    { says: 'ends', line: /^Job succeeded$/ },
    { says: 'cancels', line: /^ERROR: Job failed: canceled$/ },
    {
      says: 'fails',
      line: /^ERROR: Job failed(?: \([^)]{1,80}\))?: (?<reason>\S.{0,500})$/,
    },
  ],
});
