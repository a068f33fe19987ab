import { isJsonObject } from '../../domain/json.ts';
import { COUNTED_KINDS, type Counted, type Tally } from '../../domain/projects/metrics.ts';
import { PROJECT_STATUSES, type StoredProject } from '../../domain/projects/project.ts';
import {
  flag,
  type Item,
  itemReader,
  json,
  maybeNumber,
  number,
  present,
  type Reader,
  schema,
  text,
  withUnknown,
} from './attributes.ts';

/** The only partition of the list of projects: see that index. */
export const LISTED = 'projects';

export const projectKey = (projectId: string): Item => ({ project_id: text(projectId) });

/** `writeId` identifies a write. */
export const projectToItem = (project: StoredProject, writeId: string): Item =>
  withUnknown(
    {
      ...projectKey(project.project_id),
      ...schema,
      listing: text(LISTED),
      project_name: text(project.project_name),
      status: text(project.status),
      owner: text(project.owner),
      ...present({ description: project.description, account_id: project.account_id }, text),
      resources: { M: present(project.resources, text) },
      metrics: {
        M: {
          total_tasks: number(project.metrics.total_tasks),
          active_tasks: number(project.metrics.active_tasks),
          completed_tasks: number(project.metrics.completed_tasks),
          failed_tasks: number(project.metrics.failed_tasks),
          blocked_tasks: number(project.metrics.blocked_tasks),
          success_rate: maybeNumber(project.metrics.success_rate),
          avg_completion_time_seconds: maybeNumber(project.metrics.avg_completion_time_seconds),
          last_updated: text(project.metrics.last_updated),
        },
      },
      ...present({ tally: project.tally }, json),
      ...present({ has_webhooks: project.has_webhooks }, flag),
      version: number(project.version),
      created_at: text(project.created_at),
      updated_at: text(project.updated_at),
      write_id: text(writeId),
    },
    project.unknown,
  );

/** Attributes that `projectFromItem` does not read: the key of the index, and the write id. */
const UNREAD = ['listing', 'write_id'];

/** @throws MiyabiError `internal` that names the project and its damaged attribute. */
export const projectFromItem = (item: Item): StoredProject => {
  const read = itemReader(`Project ${item['project_id']?.S ?? ''}`, item);
  const resources = read.map('resources');
  const metrics = read.map('metrics');
  const project: StoredProject = {
    project_id: read.text('project_id'),
    project_name: read.text('project_name'),
    ...read.present(read.text, 'description'),
    status: read.oneOf('status', PROJECT_STATUSES),
    owner: read.text('owner'),
    ...read.present(read.text, 'account_id'),
    resources: resources.present(
      resources.text,
      'github_repo',
      's3_bucket',
      'cloudfront_distribution',
      'api_endpoint',
    ),
    metrics: {
      total_tasks: metrics.number('total_tasks'),
      active_tasks: metrics.number('active_tasks'),
      completed_tasks: metrics.number('completed_tasks'),
      failed_tasks: metrics.number('failed_tasks'),
      blocked_tasks: metrics.number('blocked_tasks'),
      success_rate: metrics.maybeNumber('success_rate'),
      avg_completion_time_seconds: metrics.maybeNumber('avg_completion_time_seconds'),
      last_updated: metrics.text('last_updated'),
    },
    ...read.present((name) => tallyOf(read, name), 'tally'),
    ...(read.has('has_webhooks') ? { has_webhooks: true } : {}),
    version: read.number('version'),
    created_at: read.text('created_at'),
    updated_at: read.text('updated_at'),
  };
  return { ...project, ...read.unread(UNREAD) };
};

const tallyOf = (read: Reader, name: string): Tally => {
  const value = read.json(name);
  if (!isJsonObject(value) || typeof value['seconds'] !== 'number' || !isJsonObject(value['recent'])) {
    throw read.broken(name, 'is no tally');
  }
  const recent = Object.entries(value['recent']).map(([taskId, counted]) => {
    if (counted !== null && !isCountedJson(counted))
      throw read.broken(name, 'holds something other than counts');
    return [taskId, counted] as const;
  });
  return { seconds: value['seconds'], recent: Object.fromEntries(recent) };
};

const isCountedJson = (value: unknown): value is Counted =>
  isJsonObject(value) &&
  typeof value['project_id'] === 'string' &&
  COUNTED_KINDS.some((kind) => kind === value['kind']) &&
  typeof value['seconds'] === 'number';
