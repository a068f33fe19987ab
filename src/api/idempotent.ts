import { createHash } from 'node:crypto';
import { isKeyText } from '../domain/api-keys.ts';
import { invalidField, MiyabiError } from '../domain/errors.ts';
import { isJsonObject } from '../domain/json.ts';
import type { IdempotencyService, OnceContext } from '../services/idempotency.ts';
import type { Principal } from './auth.ts';
import type { HttpRequest, HttpResponse } from './message.ts';

const HEADER = 'idempotency-key';
const SECRET_PREFIXES = ['whsec_', 'miyabi_'];

/** Answers that another attempt may improve are not kept, nor the refusal of a body for its media type. */
const isFinal = ({ status, body }: HttpResponse): boolean =>
  status < 500 &&
  status !== 429 &&
  status !== 415 &&
  !(status === 409 && typeof body === 'string' && body.includes('"version_conflict"'));

/** Answers a request once: a repetition with the same Idempotency-Key gets the first answer. */
export const answerOnce = async (
  service: IdempotencyService,
  request: HttpRequest,
  principal: Principal,
  answer: (once?: OnceContext) => Promise<HttpResponse>,
): Promise<HttpResponse> => {
  const key = request.headers[HEADER];
  if (key === undefined) return answer();
  if (!/^[\x21-\x7e]{1,255}$/.test(key)) {
    throw invalidField('Idempotency-Key', 'must be 1 to 255 printable characters without spaces');
  }
  const digest = (...parts: readonly string[]) =>
    createHash('sha256').update(JSON.stringify(parts)).digest('base64url');
  const once = {
    key: digest(principal.id, key),
    fingerprint: digest(
      request.method,
      request.path,
      request.search,
      request.bytes === undefined ? (request.body ?? '') : Buffer.from(request.bytes).toString('base64'),
      request.headers['if-match'] ?? '',
    ),
  };
  let given: HttpResponse | undefined;
  const { answer: kept, replayed } = await service.once(once, async (context) => {
    given = await answer(context);
    const body = withoutSecret(String(given.body));
    return { answer: { ...given, body }, keep: isFinal(given) };
  });
  if (!replayed && given !== undefined) return given;
  const response = responseFrom(kept);
  return replayed
    ? { ...response, headers: { ...response.headers, 'idempotent-replayed': 'true' } }
    : response;
};

/** The secret of a webhook and a new API key are shown once, so they are neither kept here nor in a repeated answer. */
const withoutSecret = (body: string): string =>
  SECRET_PREFIXES.some((prefix) => body.includes(`"${prefix}`))
    ? JSON.stringify(JSON.parse(body, (_key, value: unknown) => (isSecret(value) ? undefined : value)))
    : body;

const isSecret = (value: unknown): boolean =>
  typeof value === 'string' && (value.startsWith('whsec_') || isKeyText(value));

const responseFrom = ({ status, headers, body }: Readonly<Record<string, unknown>>): HttpResponse => {
  if (typeof status !== 'number' || typeof body !== 'string' || !isJsonObject(headers)) {
    throw new MiyabiError('internal', 'The answer kept for this Idempotency-Key is damaged; use another key');
  }
  return {
    status,
    headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)])),
    body,
  };
};
