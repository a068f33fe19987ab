type Environment = Readonly<Record<string, string | undefined>>;

/** A CI service by its variables: the page of the running job, and the branch, which a checkout of a commit does not name. */
type Service = (env: Environment) => Readonly<{ url?: string | undefined; branch?: string | undefined }>;

/** The variables are those in the documentation of each service; its URL is undefined where one of them is missing. */
const SERVICES: readonly Service[] = [
  // GitHub Actions
  (env) => ({
    url: joined`${env['GITHUB_SERVER_URL']}/${env['GITHUB_REPOSITORY']}/actions/runs/${env['GITHUB_RUN_ID']}`,
    branch: env['GITHUB_HEAD_REF'] || env['GITHUB_REF_NAME'],
  }),
  // GitLab
  (env) => ({
    url: env['CI_JOB_URL'],
    branch: env['CI_MERGE_REQUEST_SOURCE_BRANCH_NAME'] || env['CI_COMMIT_BRANCH'],
  }),
  // Buildkite
  (env) => ({
    url: joined`${env['BUILDKITE_BUILD_URL']}#${env['BUILDKITE_JOB_ID']}` ?? env['BUILDKITE_BUILD_URL'],
    branch: env['BUILDKITE_BRANCH'],
  }),
  // CodeBuild
  (env) => ({
    url: env['CODEBUILD_PUBLIC_BUILD_URL'] || env['CODEBUILD_BUILD_URL'],
    branch: env['CODEBUILD_WEBHOOK_HEAD_REF']?.replace(/^refs\/heads\//, ''),
  }),
  // CircleCI
  (env) => ({ url: env['CIRCLE_BUILD_URL'], branch: env['CIRCLE_BRANCH'] }),
  // Azure Pipelines: its collection ends in a slash
  (env) => ({
    url: joined`${env['SYSTEM_COLLECTIONURI']}${env['SYSTEM_TEAMPROJECT']}/_build/results?buildId=${env['BUILD_BUILDID']}`,
    branch: env['BUILD_SOURCEBRANCH']?.replace(/^refs\/heads\//, ''),
  }),
  // Jenkins, whose variable is the least specific
  (env) => ({ url: env['BUILD_URL'], branch: env['CHANGE_BRANCH'] || env['BRANCH_NAME'] }),
];

/** The page of the CI job that this process is a part of, and the branch that it builds. */
export const ciFacts = (env: Environment): Readonly<{ url?: string; branch?: string }> => {
  for (const service of SERVICES) {
    const { url, branch } = service(env);
    if (url === undefined || !/^https?:\/\/[!-~]{1,2000}$/.test(url) || !URL.canParse(url)) continue;
    return branch ? { url, branch } : { url };
  }
  return {};
};

/** A text of parts, undefined if one of them is missing. */
const joined = (
  texts: TemplateStringsArray,
  ...parts: readonly (string | undefined)[]
): string | undefined =>
  parts.every(Boolean) ? texts.map((text, index) => `${text}${parts[index] ?? ''}`).join('') : undefined;
