import { Hono } from 'hono';
import { handle } from 'hono/aws-lambda';
import { answerTask, NOT_MEASURED, OTHER_ROUTES } from './tasks.mjs';

const JSON_TYPE = { 'content-type': 'application/json' };
const app = new Hono();
app.get('/api/tasks/:id', async (context) => {
  const { status, body } = await answerTask(context.req.header('authorization'), context.req.param('id'));
  return context.body(body, status, JSON_TYPE);
});
for (const [method, path] of OTHER_ROUTES) {
  app.on(method, path, (context) => context.body(NOT_MEASURED, 501, JSON_TYPE));
}

export const handler = handle(app);
