import * as v from 'valibot';
import { type Answer, route } from '../route.ts';

const TEXT = 'text/plain';
const HEADERS = {
  'content-type': `${TEXT}; version=0.0.4; charset=utf-8`,
  'cache-control': 'no-store',
};
const METRICS: Answer<string> = { description: "Prometheus' text format", content: { [TEXT]: v.string() } };

export const metricsRoutes = {
  getMetrics: route({
    method: 'GET',
    path: '/metrics',
    scope: 'read',
    summary: 'Figures for monitoring, in the text format of Prometheus',
    description:
      'Tasks by project and status, durations, log intake, cache and collector. A key of a project gets the tasks of ' +
      'that project only. Turned on by METRICS; without it the answer is 404.',
    answers: { 200: METRICS },
    handle: async ({ metrics }, { principal }) => {
      const { metricsText } = await import('../metrics-text.ts');
      return { status: 200, headers: HEADERS, body: metricsText(await metrics.read(principal.project_id)) };
    },
  }),
};
