import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { extname, join, sep } from 'node:path';
import { gzipSync } from 'node:zlib';

/** Answers a request for a file of the dashboard. False: there is no such file, and nothing was written. */
export type StaticFiles = (incoming: IncomingMessage, outgoing: ServerResponse) => boolean;

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml; charset=utf-8',
  '.woff2': 'font/woff2',
};

/** The page loads its own files only, talks only to its own origin, and is shown in no frame. */
const PAGE_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "font-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** Sent with every file of the page, wherever it is served from. */
export const SECURITY_HEADERS = {
  'content-security-policy': PAGE_POLICY,
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), geolocation=(), microphone=(), payment=(), usb=()',
} as const;

type Version = Readonly<{ bytes: Buffer; etag: string }>;
type StaticFile = Readonly<{
  plain: Version;
  packed: Version | undefined;
  headers: Readonly<Record<string, string>>;
}>;

/** The paths of the dashboard's own pages: all of them load its one HTML page. */
const CLIENT_ROUTE = /^\/(tasks|projects)\/[^/]+\/?$/;

/**
 * The files of a folder, from memory: a request is looked up among them and never becomes a path. Files under `assets/`
 * have a hash in their names and may be cached permanently. If the folder has no page, `/` says how to build it.
 */
export const staticFiles = async (folder: string): Promise<StaticFiles> => {
  const files = await filesOf(folder);
  const page = files.get('/index.html') ?? NOT_BUILT;

  return (incoming, outgoing) => {
    if (incoming.method !== 'GET' && incoming.method !== 'HEAD') return false;
    const { url = '/' } = incoming;
    // Most requests are for the API, so they are not looked up among the files.
    if (url.startsWith('/api/')) return false;
    const path = url.split('?', 1)[0] ?? '/';
    const file = path === '/' || CLIENT_ROUTE.test(path) ? page : files.get(path);
    if (file === undefined) return false;
    const { bytes, etag } = takesGzip(incoming) && file.packed !== undefined ? file.packed : file.plain;
    const headers = { ...SECURITY_HEADERS, ...file.headers, etag };
    if (isKnown(incoming.headers['if-none-match'], etag)) {
      outgoing.writeHead(304, headers).end();
      return true;
    }
    outgoing.writeHead(200, {
      ...headers,
      ...(bytes === file.packed?.bytes ? { 'content-encoding': 'gzip' } : {}),
      'content-length': String(bytes.length),
    });
    outgoing.end(incoming.method === 'HEAD' ? undefined : bytes);
    return true;
  };
};

const filesOf = async (folder: string): Promise<ReadonlyMap<string, StaticFile>> => {
  const names = await readdir(folder, { recursive: true }).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  const known = names.filter((name) => extname(name) in TYPES);
  return new Map(
    await Promise.all(
      known.map(async (name): Promise<[string, StaticFile]> => {
        const path = `/${name.split(sep).join('/')}`;
        return [path, fileOf(path, await readFile(join(folder, name)))];
      }),
    ),
  );
};

const fileOf = (path: string, bytes: Buffer): StaticFile => {
  const extension = extname(path);
  const hash = createHash('sha256').update(bytes).digest('base64url').slice(0, 22);
  // Fonts are compressed already.
  const packed = extension === '.woff2' ? undefined : gzipSync(bytes, { level: 9 });
  return {
    plain: { bytes, etag: `"${hash}"` },
    packed: packed === undefined ? undefined : { bytes: packed, etag: `"${hash}-gzip"` },
    headers: {
      'content-type': TYPES[extension] ?? 'application/octet-stream',
      'cache-control': path.startsWith('/assets/') ? 'public, max-age=31536000, immutable' : 'no-cache',
      vary: 'accept-encoding',
    },
  };
};

const NOT_BUILT = fileOf(
  '/index.html',
  Buffer.from(
    '<!doctype html><html lang="en"><meta charset="utf-8"><title>Miyabi Progress</title>' +
      '<p>The dashboard is not built yet: run <code>npm run build</code> and start the server again. ' +
      'The API is at <a href="/api/tasks">/api/tasks</a>.</html>\n',
  ),
);

const takesGzip = (incoming: IncomingMessage): boolean =>
  String(incoming.headers['accept-encoding'] ?? '')
    .split(',')
    .some((coding) => /^\s*(gzip|\*)\s*(;\s*q=(?!0(\.0*)?\s*$)|$)/i.test(coding));

const isKnown = (ifNoneMatch: string | undefined, etag: string): boolean =>
  ifNoneMatch?.split(',').some((one) => one.trim() === '*' || one.trim().replace(/^W\//, '') === etag) ??
  false;
