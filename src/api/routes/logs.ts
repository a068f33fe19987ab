import { defined } from '../../domain/defined.ts';
import { identified } from '../../domain/logs/posted-events.ts';
import { ownLog, requireOwn, requireUnbound } from '../../domain/projects/access.ts';
import { toIso } from '../../domain/time.ts';
import { json } from '../message.ts';
import { jsonAnswer, jsonBody, route, textBody } from '../route.ts';
import { projectGuard } from '../route-parts.ts';
import * as schemas from '../schemas/logs.ts';

export const logRoutes = {
  sendLogs: route({
    method: 'POST',
    path: '/api/logs',
    scope: 'write',
    summary: 'Send log lines',
    description:
      'Sending the same lines again changes nothing. An event without an id is known by its time and text.',
    body: jsonBody(schemas.logBatch, { anyBytes: true }),
    answers: { 200: jsonAnswer('What came of them', schemas.logResult) },
    handle: async ({ postedLogs }, { principal, body: { events, ...batch } }) => {
      requireOwn(principal, batch.project_id);
      return json(200, await postedLogs.ingest({ ...ownLog(principal, batch), events: identified(events) }));
    },
  }),
  sendLogText: route({
    method: 'POST',
    path: '/api/logs/text',
    scope: 'write',
    summary: 'Send a log as raw text, in pieces cut anywhere',
    description:
      '`offset` is the position of the first byte in the whole log: a piece that was accepted before is ignored.',
    query: schemas.logTextQuery,
    body: textBody,
    answers: { 200: jsonAnswer('What came of it', schemas.logTextResult) },
    handle: async ({ logText }, { principal, query, body }) => {
      requireOwn(principal, query.project_id);
      return json(200, await logText.append({ ...ownLog(principal, query), bytes: body }));
    },
  }),
  getTaskLogs: route({
    method: 'GET',
    path: '/api/tasks/{task_id}/logs',
    scope: 'read',
    summary: 'Read the log lines of a task, oldest first',
    description:
      'The lines of the stream in `details.log_group` and `details.log_stream` in the time of the task: of posts, the first and ' +
      'the last that are kept; of log groups and files, what is there. `before` and `after` are cursors of this answer; ' +
      '`around=failure` gives ten lines around the one that shows why the task failed.',
    query: schemas.taskLogsQuery,
    answers: { 200: jsonAnswer('Lines', schemas.taskLogs) },
    handle: async ({ taskLogs }, context) => {
      const { q, ...query } = context.query;
      const { lines, ...logs } = await taskLogs.read(
        context.params.task_id,
        defined({ ...query, contains: q }),
        projectGuard(context),
      );
      return json(200, {
        ...logs,
        lines: lines.map(({ cursor, at, text }) => ({ cursor, timestamp: toIso(at), text })),
      });
    },
  }),
  collect: route({
    method: 'POST',
    path: '/api/collect',
    scope: 'admin',
    summary: 'Collect logs now',
    body: jsonBody(schemas.collectRequest, { isOptional: true }),
    answers: { 200: jsonAnswer('What came of it, by log group', schemas.collectResult) },
    handle: async ({ collector }, { principal, body }) => {
      requireUnbound(principal, 'logs are collected for all projects');
      return json(200, await collector.collect(body));
    },
  }),
};
