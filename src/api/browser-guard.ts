import { MiyabiError } from '../domain/errors.ts';
import type { HttpRequest } from './message.ts';

export type BrowserRules = Readonly<{
  /** Host names of the server besides those of this machine: `name`, or `name:port` for one port. */
  allowedHosts: readonly string[];
  /** Origins whose pages may call; `*` is any. */
  corsOrigins: readonly string[];
}>;

/** @throws MiyabiError `invalid_input` (no Host), `host_not_allowed`, `origin_not_allowed` */
export type BrowserGuard = (request: Pick<HttpRequest, 'method' | 'path' | 'headers'>) => void;

const THIS_MACHINE = /^(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d{1,5})?$/i;

/**
 * Protects a server without keys from other pages in its user's browser. A page whose name was rebound to this machine
 * is recognised by its Host, a page of another origin by Origin and Sec-Fetch-Site. Programs send neither of these.
 * Links to pages of the server (GET, outside /api/) work from anywhere, and so do badges, whose links are signed.
 */
export const browserGuard = ({ allowedHosts, corsOrigins }: BrowserRules): BrowserGuard => {
  const names = new Set(allowedHosts.map((name) => name.toLowerCase()));
  const origins = new Set(corsOrigins.map((origin) => origin.toLowerCase()));

  const isAllowedHost = (host: string): boolean =>
    THIS_MACHINE.test(host) || names.has(host) || names.has(host.replace(/:\d{1,5}$/, ''));

  return ({ method, path, headers }) => {
    const host = headers['host']?.toLowerCase() ?? '';
    if (host === '') {
      throw new MiyabiError('invalid_input', 'The Host header is missing; send the name of the server in it');
    }
    if (!isAllowedHost(host)) {
      throw new MiyabiError(
        'host_not_allowed',
        `Without API_KEYS this server answers only as 127.0.0.1, localhost or [::1], not as ${shown(host)}; ` +
          'use one of those, add the name to MIYABI_ALLOWED_HOSTS, or set API_KEYS',
      );
    }
    const site = headers['sec-fetch-site'];
    if (site === undefined && isBrowserPing(method, path, headers)) {
      throw new MiyabiError(
        'origin_not_allowed',
        'Without API_KEYS a browser may not ping; use curl, or set API_KEYS',
      );
    }
    // Browsers set this header themselves; pages cannot change it.
    if (site === 'same-origin' || site === 'none' || origins.has('*')) return;
    const origin = headers['origin']?.toLowerCase();
    if (origin === undefined) {
      if (site === undefined || isLink(method, path, headers) || isBadge(method, path)) return;
    } else if (origins.has(origin) || hostOf(origin) === host) return;
    throw new MiyabiError(
      'origin_not_allowed',
      `Without API_KEYS pages of other origins may not call${origin === undefined ? '' : ` (this one is ${shown(origin)})`}; ` +
        'add the origin to CORS_ORIGINS, or set API_KEYS',
    );
  };
};

/**
 * A GET that writes. Browsers send Sec-Fetch-Site only to addresses that they trust, which a name in a local network is
 * not, and no Origin with an image: there they are known by their User-Agent alone.
 */
const isBrowserPing = (method: string, path: string, headers: HttpRequest['headers']): boolean =>
  (method === 'GET' || method === 'HEAD') &&
  path.startsWith('/api/ping/') &&
  headers['user-agent']?.startsWith('Mozilla/') === true;

const isLink = (method: string, path: string, headers: HttpRequest['headers']): boolean =>
  method === 'GET' &&
  headers['sec-fetch-mode'] === 'navigate' &&
  headers['sec-fetch-dest'] === 'document' &&
  !path.startsWith('/api/');

/** An image that pages of others are meant to show. A script of theirs, which would send an Origin, does not read it. */
const isBadge = (method: string, path: string): boolean =>
  (method === 'GET' || method === 'HEAD') && path.startsWith('/badge/');

const hostOf = (origin: string): string | undefined => /^https?:\/\/(.+)$/.exec(origin)?.[1];

/**
 * A header in a form that is safe in a message: short, and without characters that a terminal or a log would interpret.
 */
const shown = (value: string): string => value.replace(/[^\x21-\x7e]/g, '?').slice(0, 100);
