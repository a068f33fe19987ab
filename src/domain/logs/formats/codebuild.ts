import { toolFormat } from './kit/tool.ts';

/**
 * CodeBuild's log. A build goes on to its POST_BUILD phase where BUILD has failed, so what failed before decides there;
 * artifacts are uploaded after it.
 */
export const codebuild = toolFormat({
  name: 'codebuild',
  taskName: 'CodeBuild',
  taskType: 'build',
  counts: 'open',
  hint: {
    begins: ['Phase complete: ', 'Entering phase ', 'Phase context status code: ', 'Running command '],
  },
  patterns: [
    { says: 'works', line: /^Entering phase (?<phase>[A-Z_]{3,30})$/ },
    {
      says: 'fails',
      line: /^Phase complete: (?:DOWNLOAD_SOURCE|PROVISIONING|INSTALL|PRE_BUILD|UPLOAD_ARTIFACTS) State: (?:FAILED|CLIENT_ERROR|FAULT|TIMED_OUT)\b/,
      alone: true,
    },
    { says: 'cancels', line: /^Phase complete: (?<phase>[A-Z_]{3,30}) State: STOPPED\b/ },
    { says: 'broken', line: /^Phase complete: (?<item>BUILD) State: (?!SUCCEEDED)[A-Z_]{4,20}\b/ },
    { says: 'closes for now', line: /^Phase complete: POST_BUILD State: SUCCEEDED\b/ },
    { says: 'fails', line: /^(?<reason>Phase complete: POST_BUILD State: [A-Z_]{4,20})\b/ },
    { says: 'step', line: /^Phase complete: (?<phase>[A-Z_]{3,30}) State: SUCCEEDED\b/ },
    {
      says: 'broken',
      line: /^Phase context status code: [A-Z_]{3,60} Message: (?<reason>\S.{0,1000})$/,
    },
    { says: 'step', line: /^Running command (?<step>\S.{0,400})$/ },
  ],
});
