import middy from '@middy/core';
import router from '@middy/http-router';
import { answerTask, NOT_MEASURED, OTHER_ROUTES } from './tasks.mjs';

const headers = { 'content-type': 'application/json' };
const routes = [
  {
    method: 'GET',
    path: '/api/tasks/{id}',
    handler: async (event) => {
      const { status, body } = await answerTask(event.headers.authorization, event.pathParameters.id);
      return { statusCode: status, headers, body };
    },
  },
  ...OTHER_ROUTES.map(([method, path]) => ({
    method,
    path: path.replace(':id', '{id}'),
    handler: async () => ({ statusCode: 501, headers, body: NOT_MEASURED }),
  })),
];

export const handler = middy().handler(router(routes));
