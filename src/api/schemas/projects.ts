import * as v from 'valibot';
import { PROJECT_STATUSES } from '../../domain/projects/project.ts';

import {
  cursor,
  id,
  limit,
  line,
  name,
  object,
  oneOf,
  patchOf,
  prose,
  tidy,
  url,
  withoutUndefined,
} from './fields.ts';

const resourcesEntries = {
  github_repo: v.optional(line(256)),
  s3_bucket: v.optional(line(256)),
  cloudfront_distribution: v.optional(line(256)),
  api_endpoint: v.optional(url),
};
const accountId = v.pipe(v.string(), v.regex(/^\d{12}$/, 'must be 12 digits'));

export const newProject = object({
  project_id: v.optional(id),
  project_name: name(256),
  description: v.optional(prose(16_384)),
  status: v.optional(oneOf(PROJECT_STATUSES)),
  owner: v.optional(line(256)),
  account_id: v.optional(accountId),
  resources: v.optional(tidy(resourcesEntries)),
});

/** A JSON merge patch (RFC 7396). What a project must have cannot be null. */
export const projectPatch = v.pipe(
  object({
    project_name: v.optional(name(256)),
    description: v.optional(v.nullable(prose(16_384))),
    status: v.optional(oneOf(PROJECT_STATUSES)),
    owner: v.optional(line(256)),
    account_id: v.optional(v.nullable(accountId)),
    resources: v.optional(v.nullable(patchOf(resourcesEntries))),
  }),
  v.transform((value) => withoutUndefined(value)),
);

export const projectListQuery = object({
  limit: v.optional(limit(100), '50'),
  cursor,
});
