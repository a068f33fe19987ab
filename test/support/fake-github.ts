import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

type Comment = { id: number; body: string };

/**
 * The part of GitHub's API that writes comments of pull requests, for the repository acme/shop and one token. Lists come
 * in pages, at most 100 comments each.
 */
export const fakeGitHub = async (token: string) => {
  const comments = new Map<string, Comment[]>();
  const writes: string[] = [];
  let status: number | undefined;
  let lastId = 0;
  const add = (pull: string, body: string): Comment => {
    lastId += 1;
    const comment = { id: lastId, body };
    comments.set(pull, [...(comments.get(pull) ?? []), comment]);
    return comment;
  };
  const answer = (method: string, url: URL, body: string): readonly [status: number, body: unknown] => {
    const list = /^\/repos\/acme\/shop\/issues\/(\d+)\/comments$/.exec(url.pathname)?.[1];
    const one = /^\/repos\/acme\/shop\/issues\/comments\/(\d+)$/.exec(url.pathname)?.[1];
    if (list !== undefined && method === 'GET') {
      const size = Math.min(100, Number(url.searchParams.get('per_page') ?? 30));
      const from = (Number(url.searchParams.get('page') ?? 1) - 1) * size;
      return [200, (comments.get(list) ?? []).slice(from, from + size)];
    }
    const sent = JSON.parse(body) as { body: string };
    if (list !== undefined && method === 'POST') {
      writes.push(`POST ${list}`);
      return [201, add(list, sent.body)];
    }
    const comment = [...comments.values()].flat().find(({ id }) => String(id) === one);
    if (comment === undefined || method !== 'PATCH') return [404, { message: 'Not Found' }];
    writes.push(`PATCH ${one}`);
    comment.body = sent.body;
    return [200, comment];
  };
  const server = createServer(async (request, response) => {
    const body = await text(request);
    const url = new URL(request.url ?? '', 'http://localhost');
    const [code, sent] =
      request.headers.authorization !== `Bearer ${token}`
        ? [401, { message: 'Bad credentials' }]
        : status !== undefined
          ? [status, { message: 'Resource not accessible by integration' }]
          : answer(request.method ?? '', url, body);
    response.writeHead(code, { 'content-type': 'application/json' });
    response.end(JSON.stringify(sent));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    writes,
    /** The texts of the comments of a pull request. */
    comments: (pull: number): readonly string[] => (comments.get(String(pull)) ?? []).map(({ body }) => body),
    /** Someone else writes a comment. */
    add: (pull: number, body: string) => void add(String(pull), body),
    /** From now on each request is refused with this status. */
    refuse: (code: number) => {
      status = code;
    },
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
};
