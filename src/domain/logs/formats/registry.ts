import { MiyabiError } from '../../errors.ts';
import type { LogFormat } from '../format.ts';
import { agentJson } from './agent-json.ts';
import { airflow } from './airflow.ts';
import { ansible } from './ansible.ts';
import { bazel } from './bazel.ts';
import { buildkit } from './buildkit.ts';
import { cargo } from './cargo.ts';
import { cdk } from './cdk/cdk.ts';
import { celery } from './celery.ts';
import { githubJob, gitlabJob } from './ci-jobs.ts';
import { claudeCode } from './claude-code.ts';
import { cloudformation } from './cloudformation.ts';
import { awsDeploy, cloudformationAction, rain, serverless } from './cloudformation-tools.ts';
import { codebuild } from './codebuild.ts';
import { codex } from './codex.ts';
import { ctest } from './ctest.ts';
import { curl } from './curl.ts';
import { dockerBuild, dockerCompose } from './docker.ts';
import { ffmpeg } from './ffmpeg.ts';
import { goTest } from './go-test.ts';
import { gradle } from './gradle.ts';
import { jest } from './jest.ts';
import { helm, kubectlRollout } from './kubernetes.ts';
import { langgraph } from './langgraph.ts';
import { maven } from './maven.ts';
import { mocha } from './mocha.ts';
import { ninja } from './ninja.ts';
import { nodeTest } from './node-test.ts';
import { npm } from './npm.ts';
import { nx } from './nx.ts';
import { openhands } from './openhands.ts';
import { pip } from './pip.ts';
import { plain } from './plain.ts';
import { playwright } from './playwright.ts';
import { pnpm } from './pnpm.ts';
import { prefect } from './prefect.ts';
import { pulumi } from './pulumi.ts';
import { pytest } from './pytest.ts';
import { rclone } from './rclone.ts';
import { rsync } from './rsync.ts';
import { terraform } from './terraform.ts';
import { turbo } from './turbo.ts';
import { vitest } from './vitest.ts';
import { wget } from './wget.ts';
import { yarn } from './yarn.ts';

/**
 * The built-in formats, the most specific first: a line belongs only to the first one that reads it. So exact feeds
 * come before output for people, and a bare counter comes last.
 */
export const builtInFormats: readonly LogFormat[] = [
  cloudformation,
  helm,
  serverless,
  // Their errors begin like those of Terraform.
  awsDeploy,
  dockerBuild,
  terraform,
  claudeCode,
  codex,
  langgraph,
  openhands,
  agentJson,
  cdk,
  buildkit,
  pytest,
  cargo,
  ninja,
  turbo,
  playwright,
  gradle,
  yarn,
  dockerCompose,
  bazel,
  ctest,
  curl,
  ffmpeg,
  goTest,
  jest,
  maven,
  mocha,
  nodeTest,
  npm,
  nx,
  pip,
  pnpm,
  rclone,
  rsync,
  vitest,
  airflow,
  ansible,
  celery,
  cloudformationAction,
  codebuild,
  githubJob,
  gitlabJob,
  kubectlRollout,
  prefect,
  pulumi,
  rain,
  wget,
  plain,
];

/**
 * The built-in formats, preceded by custom ones, which take precedence.
 *
 * @throws MiyabiError `configuration` where a custom format has the name of a built-in one.
 */
export const formatsWith = (own: readonly LogFormat[]): readonly LogFormat[] => {
  const taken = own.find(({ name }) => builtInFormats.some((format) => format.name === name));
  if (taken === undefined) return [...own, ...builtInFormats];
  throw new MiyabiError('configuration', `own log format "${taken.name}" has the name of a built-in format`);
};
