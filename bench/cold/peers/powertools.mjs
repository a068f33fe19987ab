import { Router } from '@aws-lambda-powertools/event-handler/http';
import { answerTask, NOT_MEASURED, OTHER_ROUTES } from './tasks.mjs';

const headers = { 'content-type': 'application/json' };
const app = new Router();
app.get('/api/tasks/:id', async ({ params, req }) => {
  const { status, body } = await answerTask(req.headers.get('authorization') ?? undefined, params.id);
  return new Response(body, { status, headers });
});
for (const [method, path] of OTHER_ROUTES) {
  app.route(async () => new Response(NOT_MEASURED, { status: 501, headers }), { method, path });
}

export const handler = async (event, context) => app.resolve(event, context);
