import awsLambdaFastify from '@fastify/aws-lambda';
import fastify from 'fastify';
import { answerTask, NOT_MEASURED, OTHER_ROUTES } from './tasks.mjs';

const app = fastify();
app.get('/api/tasks/:id', async (request, reply) => {
  const { status, body } = await answerTask(request.headers.authorization, request.params.id);
  return reply.code(status).type('application/json').send(body);
});
for (const [method, url] of OTHER_ROUTES) {
  app.route({
    method,
    url,
    handler: async (_request, reply) => reply.code(501).type('application/json').send(NOT_MEASURED),
  });
}

export const handler = awsLambdaFastify(app);
await app.ready();
