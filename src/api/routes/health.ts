import { json } from '../message.ts';
import type { HttpServices, Route } from '../route.ts';

export const healthRoutes = ({ health }: HttpServices): readonly Route[] => [
  {
    path: '/health',
    methods: { GET: { name: 'getHealth', scope: 'open', handle: () => json(200, { status: 'healthy' }) } },
  },
  {
    path: '/health/ready',
    methods: {
      GET: {
        name: 'getReadiness',
        scope: 'open',
        handle: async () => {
          const readiness = await health.ready();
          return json(readiness.status === 'unavailable' ? 503 : 200, readiness);
        },
      },
    },
  },
];
