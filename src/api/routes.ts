import { badgeRoutes } from './routes/badges.ts';
import { contractRoutes } from './routes/contract.ts';
import { eventRoutes } from './routes/events.ts';
import { healthRoutes } from './routes/health.ts';
import { keyRoutes } from './routes/keys.ts';
import { logRoutes } from './routes/logs.ts';
import { metricsRoutes } from './routes/metrics.ts';
import { pingRoutes } from './routes/pings.ts';
import { projectRoutes } from './routes/projects.ts';
import { batchRoutes } from './routes/task-batches.ts';
import { taskRoutes } from './routes/tasks.ts';
import { webhookRoutes } from './routes/webhooks.ts';

/** Every route, by its tag and its name in the contract, in the order of the documentation. */
export const ROUTES = {
  tasks: { ...taskRoutes, ...batchRoutes },
  pings: pingRoutes,
  projects: projectRoutes,
  webhooks: webhookRoutes,
  keys: keyRoutes,
  logs: logRoutes,
  live: eventRoutes,
  badges: badgeRoutes,
  health: { ...healthRoutes, ...metricsRoutes, ...contractRoutes },
};
