import * as v from 'valibot';
import { defined } from '../../domain/defined.ts';
import { PROJECT_STATUSES } from '../../domain/projects/project.ts';
import {
  amount,
  cursor,
  id,
  limit,
  line,
  moment,
  name,
  named,
  nextCursor,
  object,
  oneOf,
  patchOf,
  prose,
  text,
  tidy,
  url,
  whole,
} from './fields.ts';

const resourcesEntries = {
  github_repo: v.optional(line(256)),
  s3_bucket: v.optional(line(256)),
  cloudfront_distribution: v.optional(line(256)),
  api_endpoint: v.optional(url),
};
const accountId = v.pipe(v.string(), v.regex(/^\d{12}$/, 'must be 12 digits'));

export const newProject = named(
  'NewProject',
  object({
    project_id: v.optional(id),
    project_name: name(256),
    description: v.optional(prose(16_384)),
    status: v.optional(oneOf(PROJECT_STATUSES)),
    owner: v.optional(line(256)),
    account_id: v.optional(accountId),
    resources: v.optional(tidy(resourcesEntries)),
  }),
);

/** A JSON merge patch (RFC 7396). Required fields cannot be null. */
export const projectPatch = named(
  'ProjectPatch',
  v.pipe(
    object({
      project_name: v.optional(name(256)),
      description: v.optional(v.nullable(prose(16_384))),
      status: v.optional(oneOf(PROJECT_STATUSES)),
      owner: v.optional(line(256)),
      account_id: v.optional(v.nullable(accountId)),
      resources: v.optional(v.nullable(patchOf(resourcesEntries))),
    }),
    v.transform((value) => defined(value)),
  ),
);

export const projectListQuery = object({ limit: limit(100, 50), cursor });

export const project = named(
  'Project',
  object({
    project_id: text,
    project_name: text,
    description: v.optional(text),
    status: oneOf(PROJECT_STATUSES),
    owner: text,
    account_id: v.optional(text),
    resources: object({
      github_repo: v.optional(text),
      s3_bucket: v.optional(text),
      cloudfront_distribution: v.optional(text),
      api_endpoint: v.optional(text),
    }),
    metrics: object({
      total_tasks: whole,
      active_tasks: whole,
      completed_tasks: whole,
      failed_tasks: whole,
      blocked_tasks: whole,
      success_rate: v.nullable(v.pipe(amount, v.maxValue(1))),
      avg_completion_time_seconds: v.nullable(amount),
      last_updated: moment,
    }),
    version: whole,
    created_at: moment,
    updated_at: moment,
  }),
);

export const projectList = named(
  'ProjectList',
  object({ projects: v.array(project), next_cursor: nextCursor }),
);
export const projectCreated = named(
  'ProjectCreated',
  object({ project_id: text, status: v.literal('created'), project }),
);

export type Project = v.InferOutput<typeof project>;
export type ProjectList = v.InferOutput<typeof projectList>;
