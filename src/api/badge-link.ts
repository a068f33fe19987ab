import { createHmac, timingSafeEqual } from 'node:crypto';
import type { BadgeStyle, BadgeSubject } from '../domain/badge.ts';
import { markup } from './markup.ts';

/** A badge's address, and how to show it in Markdown and HTML. */
export type BadgeLink = Readonly<{ url: string; markdown: string; html: string }>;

/** The signature of a link. A key of its own: no other use of the secret makes the same text. */
export const signatureOf = (secret: string, { kind, id }: BadgeSubject): string => {
  const key = createHmac('sha256', secret).update('badges').digest();
  return createHmac('sha256', key).update(`${kind} ${id}`).digest('base64url');
};

/** Whether a signature is that of the subject, compared in constant time. */
export const isSigned = (secret: string, subject: BadgeSubject, signature: string): boolean => {
  const expected = Buffer.from(signatureOf(secret, subject));
  const given = Buffer.from(signature);
  return given.length === expected.length && timingSafeEqual(given, expected);
};

/** The link to a badge, below the address of the server; without one it is a path. */
export const badgeLink = (
  secret: string,
  subject: BadgeSubject,
  name: string,
  { base_url = '', style }: Readonly<{ base_url?: string | undefined; style?: BadgeStyle | undefined }>,
): BadgeLink => {
  const query = new URLSearchParams({
    ...(style === undefined ? {} : { style }),
    sig: signatureOf(secret, subject),
  });
  const path = `/badge/${subject.kind}/${encodeURIComponent(subject.id)}.svg?${query}`;
  const url = `${base_url.replace(/\/+$/, '')}${path}`;
  return {
    url,
    markdown: `![${markdownText(name)}](${url})`,
    html: `<img src="${markup(url)}" alt="${markup(name)}">`,
  };
};

/** Text in which Markdown finds no syntax. */
const markdownText = (text: string): string =>
  text.replace(/\s+/g, ' ').replace(/[\\`*_{}[\]<>()#!|~&]/g, '\\$&');
