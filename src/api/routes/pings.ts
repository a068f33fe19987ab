import type * as v from 'valibot';
import { invalidField } from '../../domain/errors.ts';
import { requireOwn } from '../../domain/projects/access.ts';
import type { Ping } from '../../domain/tasks/ping.ts';
import { preferred } from '../accept.ts';
import { type HttpRequest, type HttpResponse, json } from '../message.ts';
import { type Answer, type Context, type HttpServices, JSON_TYPE, route } from '../route.ts';
import { projectGuard } from '../route-parts.ts';
import * as schemas from '../schemas/pings.ts';
import { task } from '../schemas/tasks.ts';

type PingQuery = v.InferOutput<typeof schemas.pingQuery>;

const TEXT = 'text/plain';
const OK: HttpResponse = {
  status: 200,
  headers: { 'content-type': `${TEXT}; charset=utf-8`, 'cache-control': 'no-store' },
  body: 'OK\n',
};

const DEFAULT_GRACE_SECONDS = 60;
/** In characters. Only the end of a longer message is kept, where the failure usually is. */
const MAX_MESSAGE = 4096;

const DESCRIPTION =
  'No JSON is needed; a GET is enough. The first ping creates the task. A body of text, up to 256 KiB, becomes the ' +
  'message; its last 4,096 characters are kept.';

/** The body of a ping is read as text; its content type does not matter. */
const messageOf = ({ body = '' }: Pick<HttpRequest, 'body'>): string | undefined => {
  const text = body.replaceAll('\u0000', '').trim();
  return text === '' ? undefined : text.slice(-MAX_MESSAGE).toWellFormed();
};

const take = async (
  { pings }: HttpServices,
  context: Context<'task_id', PingQuery, unknown>,
  ping: Ping,
): Promise<HttpResponse> => {
  const { principal, params, query, request } = context;
  requireOwn(principal, query.project_id);
  const { every, grace = DEFAULT_GRACE_SECONDS } = query;
  const pinged = await pings(
    params.task_id,
    { ...ping, message: messageOf(request) },
    {
      project_id: query.project_id ?? principal.project_id,
      task_name: query.name,
      expect: every === undefined ? undefined : { every_seconds: every, grace_seconds: grace },
    },
    projectGuard(context),
  );
  return preferred(request.headers['accept'], TEXT, JSON_TYPE) === TEXT ? OK : json(200, pinged);
};

const pingOf = (signal: string): Ping => {
  if (signal === 'start') return { kind: 'start' };
  if (signal === 'fail') return { kind: 'end', status: 'failed' };
  const exit_code = /^\d{1,3}$/.test(signal) ? Number(signal) : 256;
  if (exit_code > 255) throw invalidField('signal', 'must be start, fail or an exit code from 0 to 255');
  return { kind: 'end', status: exit_code === 0 ? 'completed' : 'failed', exit_code };
};

/** A script needs to know that it worked; a program may want the task. */
const ANSWER: Answer<v.InferOutput<typeof task>> = {
  description: '`OK` as text, or the task as JSON',
  content: { [TEXT]: undefined, [JSON_TYPE]: task },
};
const ANSWERS = { 200: ANSWER };
const COMPLETED: Ping = { kind: 'end', status: 'completed' };

export const pingRoutes = {
  ping: route({
    method: 'GET',
    path: '/api/ping/{task_id}',
    scope: 'write',
    summary: 'Report that a script succeeded',
    description: DESCRIPTION,
    query: schemas.pingQuery,
    answers: ANSWERS,
    handle: (services, context) => take(services, context, COMPLETED),
  }),
  sendPing: route({
    method: 'POST',
    path: '/api/ping/{task_id}',
    scope: 'write',
    summary: 'Report that a script succeeded, with a message',
    description: DESCRIPTION,
    query: schemas.pingQuery,
    answers: ANSWERS,
    handle: (services, context) => take(services, context, COMPLETED),
  }),
  pingSignal: route({
    method: 'GET',
    path: '/api/ping/{task_id}/{signal}',
    scope: 'write',
    summary: 'Report that a script started or failed, or its exit code',
    description: `\`signal\` is \`start\`, \`fail\` or an exit code, of which 0 is success. ${DESCRIPTION}`,
    query: schemas.pingQuery,
    answers: ANSWERS,
    handle: (services, context) => take(services, context, pingOf(context.params.signal)),
  }),
  sendPingSignal: route({
    method: 'POST',
    path: '/api/ping/{task_id}/{signal}',
    scope: 'write',
    summary: 'Report that a script started or failed, or its exit code, with a message',
    description: `\`signal\` is \`start\`, \`fail\` or an exit code, of which 0 is success. ${DESCRIPTION}`,
    query: schemas.pingQuery,
    answers: ANSWERS,
    handle: (services, context) => take(services, context, pingOf(context.params.signal)),
  }),
};
