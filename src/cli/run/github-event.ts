import { readFile } from 'node:fs/promises';
import { isJsonObject, type JsonObject } from '../../domain/json.ts';
import type { GithubLinks } from '../../domain/tasks/task.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** The pull request that started this job of GitHub Actions; undefined if something else did, or elsewhere. */
export const pullRequestOfJob = async (env: Environment): Promise<GithubLinks | undefined> => {
  const { GITHUB_ACTIONS: isGitHub, GITHUB_EVENT_PATH: file } = env;
  if (isGitHub !== 'true' || file === undefined || file === '') return undefined;
  try {
    return pullRequestIn(JSON.parse(await readFile(file, 'utf8')));
  } catch {
    return undefined;
  }
};

/** `event` is the payload of a webhook of GitHub. A comment on a pull request names it as an issue. */
const pullRequestIn = (event: unknown): GithubLinks | undefined => {
  if (!isJsonObject(event)) return undefined;
  const pull = objectIn(event, 'pull_request');
  const issue = objectIn(event, 'issue');
  const number = pull['number'] ?? issue['number'];
  const url = pull['html_url'] ?? objectIn(issue, 'pull_request')['html_url'];
  // A server refuses a run with anything else.
  if (!Number.isSafeInteger(number) || Number(number) < 1) return undefined;
  if (typeof url !== 'string' || !/^https?:\/\/[!-~]{1,2000}$/.test(url) || !URL.canParse(url))
    return undefined;
  return { pr_number: Number(number), pr_url: url };
};

const objectIn = (object: JsonObject, name: string): JsonObject => {
  const value = object[name];
  return isJsonObject(value) ? value : {};
};
