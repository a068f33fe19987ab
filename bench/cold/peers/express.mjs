import express from 'express';
import serverless from 'serverless-http';
import { answerTask, NOT_MEASURED, OTHER_ROUTES } from './tasks.mjs';

const app = express();
app.disable('x-powered-by');
app.get('/api/tasks/:id', async (request, response) => {
  const { status, body } = await answerTask(request.headers.authorization, request.params.id);
  response.status(status).type('application/json').send(body);
});
for (const [method, path] of OTHER_ROUTES) {
  app[method.toLowerCase()](path, (_request, response) => {
    response.status(501).type('application/json').send(NOT_MEASURED);
  });
}

export const handler = serverless(app);
