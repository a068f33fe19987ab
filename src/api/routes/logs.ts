import { JSON_TYPES, readJson, readOptionalJson, readText, validate } from '../body.ts';
import { eventsOf } from '../log-events.ts';
import { json } from '../message.ts';
import type { HttpServices, Route } from '../route.ts';
import { ownLog, requireOwn, requireUnbound } from '../route-parts.ts';
import * as schemas from '../schemas/logs.ts';

export const logRoutes = ({ progress, logText, collector }: HttpServices): readonly Route[] => [
  {
    path: '/api/logs',
    methods: {
      POST: {
        name: 'sendLogs',
        scope: 'write',
        handle: async ({ request, principal }) => {
          const { events, ...batch } = validate(
            schemas.logBatch,
            readJson(request, JSON_TYPES, { anyBytes: true }),
          );
          requireOwn(principal, batch.project_id);
          return json(200, await progress.ingest({ ...ownLog(principal, batch), events: eventsOf(events) }));
        },
      },
    },
  },
  {
    path: '/api/logs/text',
    methods: {
      POST: {
        name: 'sendLogText',
        scope: 'write',
        handle: async ({ request, principal, query }) => {
          const piece = validate(schemas.logTextQuery, query());
          requireOwn(principal, piece.project_id);
          return json(200, await logText.append({ ...ownLog(principal, piece), bytes: readText(request) }));
        },
      },
    },
  },
  {
    path: '/api/collect',
    methods: {
      POST: {
        name: 'collect',
        scope: 'admin',
        handle: async ({ request, principal }) => {
          const wanted = validate(schemas.collectRequest, readOptionalJson(request));
          requireUnbound(principal, 'logs are collected for all projects');
          return json(200, await collector.collect(wanted));
        },
      },
    },
  },
];
