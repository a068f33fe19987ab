import type { HttpOptions, HttpServices, Route } from './route.ts';
import { contractRoutes } from './routes/contract.ts';
import { eventRoute } from './routes/events.ts';
import { healthRoutes } from './routes/health.ts';
import { logRoutes } from './routes/logs.ts';
import { projectRoutes } from './routes/projects.ts';
import { batchRoutes } from './routes/task-batches.ts';
import { taskRoutes } from './routes/tasks.ts';
import { webhookRoutes } from './routes/webhooks.ts';

/** Every route there is, in the order of the documentation. */
export const routes = (
  services: HttpServices,
  options: Pick<HttpOptions, 'streaming'> = {},
): readonly Route[] => [
  ...healthRoutes(services),
  ...taskRoutes(services),
  ...batchRoutes(services),
  ...projectRoutes(services),
  ...webhookRoutes(services),
  ...logRoutes(services),
  eventRoute(services, options),
  ...contractRoutes(),
];
