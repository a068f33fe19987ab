import { isJsonObject } from '../../domain/json.ts';
import { CommandFailure, EXIT } from '../failure.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** Where a comment goes, and with what. */
export type GitHub = Readonly<{
  /** For instance `https://api.github.com`. */
  api: string;
  /** `owner/name` */
  repository: string;
  token: string;
}>;

/** @throws CommandFailure if a variable is missing or wrong. */
export const readGitHub = (env: Environment): GitHub => {
  const { GITHUB_API_URL: api = '', GITHUB_REPOSITORY: repository = '', GITHUB_TOKEN: token = '' } = env;
  if (token === '') throw new CommandFailure(EXIT.usage, 'a comment needs a token of GitHub in GITHUB_TOKEN');
  if (!/^[\w.-]+\/[\w.-]+$/.test(repository))
    throw new CommandFailure(
      EXIT.usage,
      'a comment needs the repository in GITHUB_REPOSITORY, as owner/name',
    );
  return { api: (api || 'https://api.github.com').replace(/\/+$/, ''), repository, token };
};

export type Comment = Readonly<{
  pullRequest: number;
  /** Letters and digits. A pull request has one comment for each key. */
  key: string;
  /** Markdown */
  text: string;
}>;

const TIMEOUT_MS = 15_000;
const PAGE = 100;
/** A pull request with more comments gets a new one. */
const MAX_PAGES = 50;

/**
 * Updates the comment with this key, or adds it. It is found by a marker that readers do not see.
 *
 * @throws CommandFailure if GitHub refuses or does not answer.
 */
export const keepComment = async (github: GitHub, { pullRequest, key, text }: Comment): Promise<void> => {
  const marker = `<!-- miyabi-progress ${key} -->`;
  const issues = `/repos/${github.repository}/issues`;
  const id = await commentWith(github, `${issues}/${pullRequest}/comments`, marker);
  const body = `${marker}\n${text}`;
  if (id === undefined) await request(github, 'POST', `${issues}/${pullRequest}/comments`, { body });
  else await request(github, 'PATCH', `${issues}/comments/${id}`, { body });
};

/** A reply that quotes the comment has the marker too, but not at its start. */
const commentWith = async (github: GitHub, path: string, marker: string): Promise<number | undefined> => {
  for (let page = 1; page <= MAX_PAGES; page += 1) {
    const answer = await request(github, 'GET', `${path}?per_page=${PAGE}&page=${page}`);
    const comments: readonly unknown[] = Array.isArray(answer) ? answer : [];
    for (const comment of comments) {
      if (!isJsonObject(comment)) continue;
      const { id, body } = comment;
      if (typeof id === 'number' && typeof body === 'string' && body.startsWith(marker)) return id;
    }
    if (comments.length < PAGE) return undefined;
  }
  return undefined;
};

const request = async (
  { api, token }: GitHub,
  method: 'GET' | 'POST' | 'PATCH',
  path: string,
  body?: Readonly<Record<string, string>>,
): Promise<unknown> => {
  let status: number;
  let text: string;
  try {
    const answer = await fetch(`${api}${path}`, {
      method,
      headers: {
        accept: 'application/vnd.github+json',
        authorization: `Bearer ${token}`,
        'content-type': 'application/json',
        'user-agent': 'miyabi-cli',
        'x-github-api-version': '2022-11-28',
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    status = answer.status;
    text = await answer.text();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new CommandFailure(EXIT.unavailable, `no comment: ${api} cannot be reached (${reason})`, {
      cause: error,
    });
  }
  const answer = parsed(text);
  if (status >= 200 && status < 300) return answer;
  const reason =
    isJsonObject(answer) && typeof answer['message'] === 'string' ? `: ${answer['message']}` : '';
  if (status === 401 || status === 403 || status === 404) {
    throw new CommandFailure(
      EXIT.refused,
      `no comment: GitHub refuses it (${status}${reason}); give the job the permission pull-requests: write`,
    );
  }
  throw new CommandFailure(
    status >= 500 || status === 429 ? EXIT.unavailable : EXIT.failed,
    `no comment: GitHub answered ${status}${reason}`,
  );
};

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};
