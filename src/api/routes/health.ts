import { json } from '../message.ts';
import { jsonAnswer, route } from '../route.ts';
import * as schemas from '../schemas/health.ts';

export const healthRoutes = {
  getHealth: route({
    method: 'GET',
    path: '/health',
    scope: 'open',
    summary: 'Whether the process lives',
    answers: { 200: jsonAnswer('It lives', schemas.health) },
    handle: () => json(200, { status: 'healthy' }),
  }),
  getReadiness: route({
    method: 'GET',
    path: '/health/ready',
    scope: 'open',
    summary: 'Each backend and its latency',
    answers: {
      200: jsonAnswer('Ready, or degraded because an optional backend is down', schemas.readiness),
      503: jsonAnswer('The store is down', schemas.readiness),
    },
    handle: async ({ health }) => {
      const readiness = await health.ready();
      return json(readiness.status === 'unavailable' ? 503 : 200, readiness);
    },
  }),
};
