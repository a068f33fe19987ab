import { requireOwn } from '../../domain/projects/access.ts';
import { isIdentified } from '../auth.ts';
import { json } from '../message.ts';
import { emptyAnswer, jsonAnswer, jsonBody, route } from '../route.ts';
import { NO_CONTENT } from '../route-parts.ts';
import * as schemas from '../schemas/keys.ts';

/** The API keys in the store. A key of a project manages the keys of that project. */
export const keyRoutes = {
  listKeys: route({
    method: 'GET',
    path: '/api/keys',
    scope: 'admin',
    summary: 'List the API keys in the store, oldest first',
    description:
      'Those of `API_KEYS` are not among them. `enforced` is false where the server has no `API_KEYS` and asks for no key.',
    answers: { 200: jsonAnswer('All of them', schemas.keyList) },
    handle: async ({ keys }, { principal }) =>
      json(200, { keys: await keys.list(principal), enforced: isIdentified(principal) }),
  }),
  createKey: route({
    method: 'POST',
    path: '/api/keys',
    scope: 'admin',
    summary: 'Create an API key',
    description:
      'The answer holds it as `secret`; it is stored as a hash and never shown again. A key of a project creates keys of ' +
      'that project. At most 1,000.',
    body: jsonBody(schemas.newKey),
    answers: { 201: jsonAnswer('Created', schemas.keyCreated) },
    handle: async ({ keys }, { principal, body }) => {
      const project_id = body.project_id ?? principal.project_id;
      requireOwn(principal, project_id);
      const { key, secret } = await keys.create({
        ...body,
        ...(project_id === undefined ? {} : { project_id }),
      });
      const { key_id } = key;
      return json(201, { key_id, status: 'created', secret, key, enforced: isIdentified(principal) });
    },
  }),
  revokeKey: route({
    method: 'DELETE',
    path: '/api/keys/{key_id}',
    scope: 'admin',
    summary: 'Revoke an API key',
    description: 'It is refused at once by the process that answers, and by all others within 30 seconds.',
    answers: { 204: emptyAnswer('Revoked') },
    handle: async ({ keys }, { principal, params: { key_id } }) => {
      await keys.revoke(principal, key_id);
      return NO_CONTENT;
    },
  }),
};
