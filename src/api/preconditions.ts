import type { HttpRequest, HttpResponse } from './message.ts';

/** The entity tag of a version. */
export const etagOf = (version: number): string => `"${version}"`;

/** Whether the client has this representation already (If-None-Match, compared weakly). */
export const isFresh = (request: HttpRequest, etag: string): boolean => {
  const header = request.headers['if-none-match'];
  if (header === undefined) return false;
  return header.trim() === '*' || tagsOf(header).some((tag) => tag.replace(/^W\//, '') === etag);
};

/**
 * The versions that If-Match allows, undefined if it allows all. It is compared strongly, so a weak or foreign tag
 * allows none.
 */
export const versionsOf = (request: HttpRequest): readonly number[] | undefined => {
  const header = request.headers['if-match'];
  if (header === undefined || header.trim() === '*') return undefined;
  return tagsOf(header).flatMap((tag) => {
    const version = /^"([1-9]\d{0,14})"$/.exec(tag)?.[1];
    return version === undefined ? [] : [Number(version)];
  });
};

export const notModified = (etag: string): HttpResponse => ({
  status: 304,
  headers: { etag, 'cache-control': 'private, no-cache' },
  body: '',
});

const tagsOf = (header: string): readonly string[] => header.match(/(?:W\/)?"[^"]*"/g) ?? [];
