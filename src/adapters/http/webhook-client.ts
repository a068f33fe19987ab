import { createHmac } from 'node:crypto';
import { lookup as resolveName } from 'node:dns';
import { type ClientRequest, type IncomingMessage, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import { defined } from '../../domain/defined.ts';
import { type AddressRange, kindOfAddress } from '../../domain/webhooks/address.ts';
import { type Answer, signedContent } from '../../domain/webhooks/delivery.ts';
import type { WebhookClient, WebhookPost } from '../../ports/webhook-client.ts';

export type WebhookClientOptions = Readonly<{
  /** Addresses that may be called even if they are not public, also by plain HTTP. */
  allowed: readonly AddressRange[];
  /** The time limit from name resolution to the end of the answer, in milliseconds. */
  timeoutMs?: number;
  /** Resolves names, as `dns.lookup` with `all`. Tests replace it. */
  resolve?: (hostname: string, callback: (error: Error | null, found: readonly Found[]) => void) => void;
}>;

type Found = Readonly<{ address: string; family: number }>;

const TIMEOUT_MS = 10_000;
/** How much of an answer is read and discarded. */
const MAX_ANSWER_BYTES = 64 * 1024;

/** Why a connection was not made. */
class Refusal extends Error {}

const systemResolve: NonNullable<WebhookClientOptions['resolve']> = (hostname, callback) =>
  resolveName(hostname, { all: true }, (error, found) => callback(error, found ?? []));

/**
 * Posts over HTTP(S) as the Standard Webhooks specification defines it. Names are resolved here, and the connection
 * goes to exactly the addresses that were checked: no second look-up could return others. Each message uses a new
 * connection.
 */
export const httpWebhookClient = ({
  allowed,
  timeoutMs = TIMEOUT_MS,
  resolve = systemResolve,
}: WebhookClientOptions): WebhookClient => {
  const isOpen = (address: string, isPlain: boolean): boolean => {
    const kind = kindOfAddress(address, allowed);
    return kind === 'allowed' || (kind === 'public' && !isPlain);
  };

  const guardedLookup =
    (isPlain: boolean): LookupFunction =>
    (hostname, { all }, callback) => {
      resolve(hostname, (error, found) => {
        const open = found.filter(({ address }) => isOpen(address, isPlain));
        const [first] = open;
        if (error !== null) callback(error, '');
        else if (first === undefined) callback(new Refusal(refusalOf(isPlain)), '');
        else if (all === true) callback(null, [...open]);
        else callback(null, first.address, first.family);
      });
    };

  return {
    post(message) {
      return new Promise<Answer>((done) => {
        let request: ClientRequest | undefined;
        const timer = setTimeout(
          () => finish({ kind: 'unreached', reason: `no answer within ${timeoutMs} ms` }),
          timeoutMs,
        );
        const finish = (answer: Answer) => {
          clearTimeout(timer);
          done(answer);
          request?.destroy();
        };
        try {
          const url = new URL(message.url);
          const isPlain = url.protocol !== 'https:';
          const host = url.hostname.replace(/^\[|\]$/g, '');
          // Node looks up names only: an address is connected to directly.
          if (isIP(host) !== 0 && !isOpen(host, isPlain)) throw new Refusal(refusalOf(isPlain));
          const send = isPlain ? requestHttp : requestHttps;
          request = send(url, {
            method: 'POST',
            headers: headersOf(message),
            agent: false,
            lookup: guardedLookup(isPlain),
          });
          request.on('response', (response) => {
            const { statusCode: status = 0, headers } = response;
            const retryAfter = headers['retry-after'];
            drained(response, () =>
              finish({
                kind: 'answered',
                status,
                ...defined({ retry_after: retryAfter }),
              }),
            );
          });
          request.on('error', (error) => finish({ kind: 'unreached', reason: reasonOf(error) }));
          request.end(message.body);
        } catch (error) {
          finish({ kind: 'unreached', reason: reasonOf(error) });
        }
      });
    },
  };
};

/** The status counts: an answer that is long or breaks off has still arrived. */
const drained = (response: IncomingMessage, then: () => void): void => {
  let bytes = 0;
  response.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > MAX_ANSWER_BYTES) then();
  });
  response.on('end', then);
  response.on('error', then);
  response.on('close', then);
};

const headersOf = ({ id, timestamp, body, secrets }: WebhookPost): Record<string, string> => ({
  'content-type': 'application/json',
  'content-length': String(Buffer.byteLength(body)),
  'user-agent': 'miyabi-progress',
  'webhook-id': id,
  'webhook-timestamp': String(timestamp),
  'webhook-signature': secrets.map((secret) => `v1,${signatureOf(secret, id, timestamp, body)}`).join(' '),
});

const signatureOf = (secret: string, id: string, timestamp: number, body: string): string =>
  createHmac('sha256', Buffer.from(secret.replace(/^whsec_/, ''), 'base64'))
    .update(signedContent(id, timestamp, body))
    .digest('base64');

const refusalOf = (isPlain: boolean): string =>
  isPlain
    ? 'plain http leads to an address that is not allowed'
    : 'the name leads to a private, loopback or reserved address';

/** The reason as shown to those who may see the webhook: no address, nothing about the internal network. */
const reasonOf = (error: unknown): string => {
  if (error instanceof Refusal) return error.message;
  const code = typeof error === 'object' && error !== null ? Reflect.get(error, 'code') : undefined;
  return typeof code === 'string' ? (REASONS[code] ?? code) : 'the request could not be made';
};

const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'the connection was refused',
  ECONNRESET: 'the connection was broken off',
  EAI_AGAIN: 'the name could not be resolved',
  ENOTFOUND: 'there is no such name',
  CERT_HAS_EXPIRED: 'the certificate has expired',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'the certificate is not trusted',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'the certificate is not trusted',
  ERR_TLS_CERT_ALTNAME_INVALID: 'the certificate is for another name',
};
