// Generated from the schemas by npm run contract.

/** The contract of the API, an OpenAPI 3.1 document. */
export const OPENAPI: unknown = {
  openapi: '3.1.0',
  info: {
    title: 'Miyabi Progress',
    version: '0.1.0',
    description:
      'Log lines in, live progress out. Errors are problem documents (RFC 9457) with a stable `code`.',
    license: { name: 'MIT', identifier: 'MIT' },
  },
  servers: [{ url: '/' }],
  security: [{ bearer: [] }, { api_key: [] }, {}],
  tags: [
    { name: 'tasks' },
    { name: 'projects' },
    { name: 'webhooks' },
    { name: 'logs' },
    { name: 'live' },
    { name: 'health' },
  ],
  paths: {
    '/health': {
      get: {
        operationId: 'getHealth',
        summary: 'Whether the process lives',
        tags: ['health'],
        security: [],
        responses: {
          '200': {
            description: 'It lives',
            content: { 'application/json': { schema: { $ref: '#/components/schemas/Health' } } },
          },
          '403': {
            description: 'The key does not allow this; without keys: Host or Origin is not allowed',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
          },
          '406': {
            description: 'No media type of the Accept header can be answered',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
          },
        },
      },
    },
    '/health/ready': {
      get: {
        operationId: 'getReadiness',
        summary: 'Each backend and its latency',
        tags: ['health'],
        security: [],
        responses: {
          '200': {
            description: 'Ready, or degraded without what it can do without',
            content: { 'application/json': { schema: { $ref: '#/components/schemas/Readiness' } } },
          },
          '403': {
            description: 'The key does not allow this; without keys: Host or Origin is not allowed',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
          },
          '406': {
            description: 'No media type of the Accept header can be answered',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
          },
          '503': {
            description: 'The store is away',
            content: { 'application/json': { schema: { $ref: '#/components/schemas/Readiness' } } },
          },
        },
      },
    },
    '/api/tasks': {
      get: {
        operationId: 'listTasks',
        summary: 'List tasks, newest update first',
        tags: ['tasks'],
        'x-scope': 'read',
        parameters: [
          {
            name: 'status',
            in: 'query',
            description: 'Any of these: repeated, or with commas between them.',
            schema: {
              type: 'array',
              items: { enum: ['pending', 'running', 'blocked', 'completed', 'failed', 'cancelled'] },
            },
          },
          {
            name: 'project_id',
            in: 'query',
            schema: { type: 'string', pattern: '^[A-Za-z0-9][A-Za-z0-9._:@-]{0,127}$' },
          },
          {
            name: 'task_type',
            in: 'query',
            schema: { type: 'string', pattern: '^[a-z0-9][a-z0-9_-]{0,63}$' },
          },
          {
            name: 'parent_id',
            in: 'query',
            description: 'The parts of this task.',
            schema: { type: 'string', pattern: '^[A-Za-z0-9][A-Za-z0-9._:@-]{0,127}$' },
          },
          {
            name: 'label',
            in: 'query',
            description: 'A label as `name:value`; repeated, all must be there.',
            schema: {
              type: 'array',
              items: { type: 'string', pattern: '^[^:]{1,63}:.{0,256}$' },
              maxItems: 10,
            },
          },
          {
            name: 'q',
            in: 'query',
            description: 'Found in the name, whatever the case.',
            schema: { type: 'string', maxLength: 256, pattern: '^[^\\u0000-\\u001f\\u007f]*$' },
          },
          {
            name: 'updated_since',
            in: 'query',
            description: 'Updated at or after this time: ISO 8601, or epoch milliseconds.',
            schema: { type: 'string' },
          },
          { name: 'limit', in: 'query', schema: { type: 'integer', minimum: 1, maximum: 100, default: 50 } },
          {
            name: 'cursor',
            in: 'query',
            description: 'The `next_cursor` of the page before, of the same list.',
            schema: { type: 'string', maxLength: 12288, pattern: '^[A-Za-z0-9_-]+$' },
          },
        ],
        responses: {
          '200': {
            description: 'A page',
            content: { 'application/json': { schema: { $ref: '#/components/schemas/TaskList' } } },
          },
          '400': {
            description: 'Something in the request is wrong; `fields` says what',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
          },
          '401': {
            description: 'A valid API key is needed',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
            headers: { 'WWW-Authenticate': { $ref: '#/components/headers/WWW-Authenticate' } },
          },
          '403': {
            description: 'The key does not allow this; without keys: Host or Origin is not allowed',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
          },
          '406': {
            description: 'No media type of the Accept header can be answered',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
          },
          '429': {
            description: 'Too many requests; Retry-After says how long to wait',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
            headers: {
              'Retry-After': { $ref: '#/components/headers/Retry-After' },
              'RateLimit-Limit': { $ref: '#/components/headers/RateLimit-Limit' },
              'RateLimit-Remaining': { $ref: '#/components/headers/RateLimit-Remaining' },
              'RateLimit-Reset': { $ref: '#/components/headers/RateLimit-Reset' },
            },
          },
          '503': {
            description: 'A backend is not available; Retry-After says how long to wait',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
            headers: { 'Retry-After': { $ref: '#/components/headers/Retry-After' } },
          },
        },
      },
      post: {
        operationId: 'createTask',
        summary: 'Create a task',
        description:
          'Everything has a default; `task_name` is "Untitled". A part has its project from its parent.',
        tags: ['tasks'],
        'x-scope': 'write',
        parameters: [
          {
            name: 'Idempotency-Key',
            in: 'header',
            description: 'The same key and request are answered as the first time, for 24 hours.',
            schema: { type: 'string', pattern: '^[!-~]{1,255}$' },
          },
        ],
        requestBody: {
          required: true,
          content: { 'application/json': { schema: { $ref: '#/components/schemas/NewTask' } } },
        },
        responses: {
          '201': {
            description: 'Created',
            headers: {
              Location: { schema: { type: 'string' } },
              ETag: { schema: { type: 'string' } },
              'Idempotent-Replayed': { $ref: '#/components/headers/Idempotent-Replayed' },
            },
            content: { 'application/json': { schema: { $ref: '#/components/schemas/TaskCreated' } } },
          },
          '400': {
            description: 'Something in the request is wrong; `fields` says what',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
          },
          '401': {
            description: 'A valid API key is needed',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
            headers: { 'WWW-Authenticate': { $ref: '#/components/headers/WWW-Authenticate' } },
          },
          '403': {
            description: 'The key does not allow this; without keys: Host or Origin is not allowed',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
          },
          '406': {
            description: 'No media type of the Accept header can be answered',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
          },
          '409': {
            description: 'It does not go together with what is there',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
          },
          '413': {
            description: 'The body exceeds 256 KiB',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
          },
          '415': {
            description: 'The media type of the body is not understood',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
          },
          '422': {
            description: 'The Idempotency-Key was used for another request',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
          },
          '429': {
            description: 'Too many requests; Retry-After says how long to wait',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
            headers: {
              'Retry-After': { $ref: '#/components/headers/Retry-After' },
              'RateLimit-Limit': { $ref: '#/components/headers/RateLimit-Limit' },
              'RateLimit-Remaining': { $ref: '#/components/headers/RateLimit-Remaining' },
              'RateLimit-Reset': { $ref: '#/components/headers/RateLimit-Reset' },
            },
          },
          '503': {
            description: 'A backend is not available; Retry-After says how long to wait',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
            headers: { 'Retry-After': { $ref: '#/components/headers/Retry-After' } },
          },
        },
      },
    },
    '/api/tasks/{task_id}': {
      get: {
        operationId: 'getTask',
        summary: 'Read a task',
        tags: ['tasks'],
        'x-scope': 'read',
        parameters: [
          {
            name: 'task_id',
            in: 'path',
            required: true,
            schema: { type: 'string', pattern: '^[A-Za-z0-9][A-Za-z0-9._:@-]{0,127}$' },
          },
          {
            name: 'If-None-Match',
            in: 'header',
            description: 'Not if this is still the version (ETag).',
            schema: { type: 'string' },
          },
        ],
        responses: {
          '200': {
            description: 'The task',
            headers: { ETag: { schema: { type: 'string' } } },
            content: { 'application/json': { schema: { $ref: '#/components/schemas/Task' } } },
          },
          '304': {
            description: 'It is still that version',
            headers: { ETag: { schema: { type: 'string' } } },
          },
          '400': {
            description: 'Something in the request is wrong; `fields` says what',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
          },
          '401': {
            description: 'A valid API key is needed',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
            headers: { 'WWW-Authenticate': { $ref: '#/components/headers/WWW-Authenticate' } },
          },
          '403': {
            description: 'The key does not allow this; without keys: Host or Origin is not allowed',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
          },
          '404': {
            description: 'There is no such thing',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
          },
          '406': {
            description: 'No media type of the Accept header can be answered',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
          },
          '429': {
            description: 'Too many requests; Retry-After says how long to wait',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
            headers: {
              'Retry-After': { $ref: '#/components/headers/Retry-After' },
              'RateLimit-Limit': { $ref: '#/components/headers/RateLimit-Limit' },
              'RateLimit-Remaining': { $ref: '#/components/headers/RateLimit-Remaining' },
              'RateLimit-Reset': { $ref: '#/components/headers/RateLimit-Reset' },
            },
          },
          '503': {
            description: 'A backend is not available; Retry-After says how long to wait',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
            headers: { 'Retry-After': { $ref: '#/components/headers/Retry-After' } },
          },
        },
      },
      patch: {
        operationId: 'patchTask',
        summary: 'Change a task by a merge patch (RFC 7396)',
        description:
          'What is left out stays, null removes. A task that has ended keeps its status and progress: reopen it.',
        tags: ['tasks'],
        'x-scope': 'write',
        parameters: [
          {
            name: 'task_id',
            in: 'path',
            required: true,
            schema: { type: 'string', pattern: '^[A-Za-z0-9][A-Za-z0-9._:@-]{0,127}$' },
          },
          {
            name: 'If-Match',
            in: 'header',
            description: 'Only at this version (ETag).',
            schema: { type: 'string' },
          },
        ],
        requestBody: {
          required: true,
          content: {
            'application/merge-patch+json': { schema: { $ref: '#/components/schemas/TaskPatch' } },
            'application/json': { schema: { $ref: '#/components/schemas/TaskPatch' } },
          },
        },
        responses: {
          '200': {
            description: 'The task as it is now',
            headers: { ETag: { schema: { type: 'string' } } },
            content: { 'application/json': { schema: { $ref: '#/components/schemas/Task' } } },
          },
          '400': {
            description: 'Something in the request is wrong; `fields` says what',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
          },
          '401': {
            description: 'A valid API key is needed',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
            headers: { 'WWW-Authenticate': { $ref: '#/components/headers/WWW-Authenticate' } },
          },
          '403': {
            description: 'The key does not allow this; without keys: Host or Origin is not allowed',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
          },
          '404': {
            description: 'There is no such thing',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
          },
          '406': {
            description: 'No media type of the Accept header can be answered',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
          },
          '409': {
            description: 'It does not go together with what is there',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
          },
          '412': {
            description: 'The version is another',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
          },
          '413': {
            description: 'The body exceeds 256 KiB',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
          },
          '415': {
            description: 'The media type of the body is not understood',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
          },
          '429': {
            description: 'Too many requests; Retry-After says how long to wait',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
            headers: {
              'Retry-After': { $ref: '#/components/headers/Retry-After' },
              'RateLimit-Limit': { $ref: '#/components/headers/RateLimit-Limit' },
              'RateLimit-Remaining': { $ref: '#/components/headers/RateLimit-Remaining' },
              'RateLimit-Reset': { $ref: '#/components/headers/RateLimit-Reset' },
            },
          },
          '503': {
            description: 'A backend is not available; Retry-After says how long to wait',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
            headers: { 'Retry-After': { $ref: '#/components/headers/Retry-After' } },
          },
        },
      },
      delete: {
        operationId: 'deleteTask',
        summary: 'Delete a task and its history',
        description: 'Its parts stay.',
        tags: ['tasks'],
        'x-scope': 'write',
        parameters: [
          {
            name: 'task_id',
            in: 'path',
            required: true,
            schema: { type: 'string', pattern: '^[A-Za-z0-9][A-Za-z0-9._:@-]{0,127}$' },
          },
          {
            name: 'If-Match',
            in: 'header',
            description: 'Only at this version (ETag).',
            schema: { type: 'string' },
          },
        ],
        responses: {
          '204': { description: 'Deleted' },
          '400': {
            description: 'Something in the request is wrong; `fields` says what',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
          },
          '401': {
            description: 'A valid API key is needed',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
            headers: { 'WWW-Authenticate': { $ref: '#/components/headers/WWW-Authenticate' } },
          },
          '403': {
            description: 'The key does not allow this; without keys: Host or Origin is not allowed',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
          },
          '404': {
            description: 'There is no such thing',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
          },
          '406': {
            description: 'No media type of the Accept header can be answered',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
          },
          '409': {
            description: 'It does not go together with what is there',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
          },
          '412': {
            description: 'The version is another',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
          },
          '429': {
            description: 'Too many requests; Retry-After says how long to wait',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
            headers: {
              'Retry-After': { $ref: '#/components/headers/Retry-After' },
              'RateLimit-Limit': { $ref: '#/components/headers/RateLimit-Limit' },
              'RateLimit-Remaining': { $ref: '#/components/headers/RateLimit-Remaining' },
              'RateLimit-Reset': { $ref: '#/components/headers/RateLimit-Reset' },
            },
          },
          '503': {
            description: 'A backend is not available; Retry-After says how long to wait',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
            headers: { 'Retry-After': { $ref: '#/components/headers/Retry-After' } },
          },
        },
      },
    },
    '/api/tasks/{task_id}/progress': {
      post: {
        operationId: 'reportProgress',
        summary: 'Report progress',
        description: 'A count that reaches its total without a status completes the task.',
        tags: ['tasks'],
        'x-scope': 'write',
        parameters: [
          {
            name: 'task_id',
            in: 'path',
            required: true,
            schema: { type: 'string', pattern: '^[A-Za-z0-9][A-Za-z0-9._:@-]{0,127}$' },
          },
          {
            name: 'Idempotency-Key',
            in: 'header',
            description: 'The same key and request are answered as the first time, for 24 hours.',
            schema: { type: 'string', pattern: '^[!-~]{1,255}$' },
          },
          {
            name: 'If-Match',
            in: 'header',
            description: 'Only at this version (ETag).',
            schema: { type: 'string' },
          },
        ],
        requestBody: {
          required: true,
          content: { 'application/json': { schema: { $ref: '#/components/schemas/ProgressReport' } } },
        },
        responses: {
          '200': {
            description: 'The task as it is now',
            headers: {
              ETag: { schema: { type: 'string' } },
              'Idempotent-Replayed': { $ref: '#/components/headers/Idempotent-Replayed' },
            },
            content: { 'application/json': { schema: { $ref: '#/components/schemas/Task' } } },
          },
          '400': {
            description: 'Something in the request is wrong; `fields` says what',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
          },
          '401': {
            description: 'A valid API key is needed',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
            headers: { 'WWW-Authenticate': { $ref: '#/components/headers/WWW-Authenticate' } },
          },
          '403': {
            description: 'The key does not allow this; without keys: Host or Origin is not allowed',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
          },
          '404': {
            description: 'There is no such thing',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
          },
          '406': {
            description: 'No media type of the Accept header can be answered',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
          },
          '409': {
            description: 'It does not go together with what is there',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
          },
          '412': {
            description: 'The version is another',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
          },
          '413': {
            description: 'The body exceeds 256 KiB',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
          },
          '415': {
            description: 'The media type of the body is not understood',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
          },
          '422': {
            description: 'The Idempotency-Key was used for another request',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
          },
          '429': {
            description: 'Too many requests; Retry-After says how long to wait',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
            headers: {
              'Retry-After': { $ref: '#/components/headers/Retry-After' },
              'RateLimit-Limit': { $ref: '#/components/headers/RateLimit-Limit' },
              'RateLimit-Remaining': { $ref: '#/components/headers/RateLimit-Remaining' },
              'RateLimit-Reset': { $ref: '#/components/headers/RateLimit-Reset' },
            },
          },
          '503': {
            description: 'A backend is not available; Retry-After says how long to wait',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
            headers: { 'Retry-After': { $ref: '#/components/headers/Retry-After' } },
          },
        },
      },
    },
    '/api/tasks/{task_id}/cancel': {
      post: {
        operationId: 'cancelTask',
        summary: 'Cancel a task',
        tags: ['tasks'],
        'x-scope': 'write',
        parameters: [
          {
            name: 'task_id',
            in: 'path',
            required: true,
            schema: { type: 'string', pattern: '^[A-Za-z0-9][A-Za-z0-9._:@-]{0,127}$' },
          },
          {
            name: 'Idempotency-Key',
            in: 'header',
            description: 'The same key and request are answered as the first time, for 24 hours.',
            schema: { type: 'string', pattern: '^[!-~]{1,255}$' },
          },
          {
            name: 'If-Match',
            in: 'header',
            description: 'Only at this version (ETag).',
            schema: { type: 'string' },
          },
        ],
        requestBody: {
          required: false,
          content: { 'application/json': { schema: { $ref: '#/components/schemas/CancelRequest' } } },
        },
        responses: {
          '200': {
            description: 'The task as it is now',
            headers: {
              ETag: { schema: { type: 'string' } },
              'Idempotent-Replayed': { $ref: '#/components/headers/Idempotent-Replayed' },
            },
            content: { 'application/json': { schema: { $ref: '#/components/schemas/Task' } } },
          },
          '400': {
            description: 'Something in the request is wrong; `fields` says what',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
          },
          '401': {
            description: 'A valid API key is needed',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
            headers: { 'WWW-Authenticate': { $ref: '#/components/headers/WWW-Authenticate' } },
          },
          '403': {
            description: 'The key does not allow this; without keys: Host or Origin is not allowed',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
          },
          '404': {
            description: 'There is no such thing',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
          },
          '406': {
            description: 'No media type of the Accept header can be answered',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
          },
          '409': {
            description: 'It does not go together with what is there',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
          },
          '412': {
            description: 'The version is another',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
          },
          '413': {
            description: 'The body exceeds 256 KiB',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
          },
          '415': {
            description: 'The media type of the body is not understood',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
          },
          '422': {
            description: 'The Idempotency-Key was used for another request',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
          },
          '429': {
            description: 'Too many requests; Retry-After says how long to wait',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
            headers: {
              'Retry-After': { $ref: '#/components/headers/Retry-After' },
              'RateLimit-Limit': { $ref: '#/components/headers/RateLimit-Limit' },
              'RateLimit-Remaining': { $ref: '#/components/headers/RateLimit-Remaining' },
              'RateLimit-Reset': { $ref: '#/components/headers/RateLimit-Reset' },
            },
          },
          '503': {
            description: 'A backend is not available; Retry-After says how long to wait',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
            headers: { 'Retry-After': { $ref: '#/components/headers/Retry-After' } },
          },
        },
      },
    },
    '/api/tasks/{task_id}/reopen': {
      post: {
        operationId: 'reopenTask',
        summary: 'Begin a task that has ended anew, as its next attempt',
        tags: ['tasks'],
        'x-scope': 'write',
        parameters: [
          {
            name: 'task_id',
            in: 'path',
            required: true,
            schema: { type: 'string', pattern: '^[A-Za-z0-9][A-Za-z0-9._:@-]{0,127}$' },
          },
          {
            name: 'Idempotency-Key',
            in: 'header',
            description: 'The same key and request are answered as the first time, for 24 hours.',
            schema: { type: 'string', pattern: '^[!-~]{1,255}$' },
          },
          {
            name: 'If-Match',
            in: 'header',
            description: 'Only at this version (ETag).',
            schema: { type: 'string' },
          },
        ],
        requestBody: {
          required: false,
          content: { 'application/json': { schema: { $ref: '#/components/schemas/ReopenRequest' } } },
        },
        responses: {
          '200': {
            description: 'The task as it is now',
            headers: {
              ETag: { schema: { type: 'string' } },
              'Idempotent-Replayed': { $ref: '#/components/headers/Idempotent-Replayed' },
            },
            content: { 'application/json': { schema: { $ref: '#/components/schemas/Task' } } },
          },
          '400': {
            description: 'Something in the request is wrong; `fields` says what',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
          },
          '401': {
            description: 'A valid API key is needed',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
            headers: { 'WWW-Authenticate': { $ref: '#/components/headers/WWW-Authenticate' } },
          },
          '403': {
            description: 'The key does not allow this; without keys: Host or Origin is not allowed',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
          },
          '404': {
            description: 'There is no such thing',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
          },
          '406': {
            description: 'No media type of the Accept header can be answered',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
          },
          '409': {
            description: 'It does not go together with what is there',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
          },
          '412': {
            description: 'The version is another',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
          },
          '413': {
            description: 'The body exceeds 256 KiB',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
          },
          '415': {
            description: 'The media type of the body is not understood',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
          },
          '422': {
            description: 'The Idempotency-Key was used for another request',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
          },
          '429': {
            description: 'Too many requests; Retry-After says how long to wait',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
            headers: {
              'Retry-After': { $ref: '#/components/headers/Retry-After' },
              'RateLimit-Limit': { $ref: '#/components/headers/RateLimit-Limit' },
              'RateLimit-Remaining': { $ref: '#/components/headers/RateLimit-Remaining' },
              'RateLimit-Reset': { $ref: '#/components/headers/RateLimit-Reset' },
            },
          },
          '503': {
            description: 'A backend is not available; Retry-After says how long to wait',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
            headers: { 'Retry-After': { $ref: '#/components/headers/Retry-After' } },
          },
        },
      },
    },
    '/api/tasks/{task_id}/history': {
      get: {
        operationId: 'getTaskHistory',
        summary: 'Read the history of a task, oldest first',
        tags: ['tasks'],
        'x-scope': 'read',
        parameters: [
          {
            name: 'task_id',
            in: 'path',
            required: true,
            schema: { type: 'string', pattern: '^[A-Za-z0-9][A-Za-z0-9._:@-]{0,127}$' },
          },
          {
            name: 'from',
            in: 'query',
            description: 'At or after this time: ISO 8601, or epoch milliseconds.',
            schema: { type: 'string' },
          },
          {
            name: 'to',
            in: 'query',
            description: 'At or before this time: ISO 8601, or epoch milliseconds.',
            schema: { type: 'string' },
          },
          {
            name: 'limit',
            in: 'query',
            schema: { type: 'integer', minimum: 1, maximum: 1000, default: 100 },
          },
          {
            name: 'cursor',
            in: 'query',
            description: 'The `next_cursor` of the page before, of the same list.',
            schema: { type: 'string', maxLength: 12288, pattern: '^[A-Za-z0-9_-]+$' },
          },
        ],
        responses: {
          '200': {
            description: 'A page',
            content: { 'application/json': { schema: { $ref: '#/components/schemas/TaskHistory' } } },
          },
          '400': {
            description: 'Something in the request is wrong; `fields` says what',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
          },
          '401': {
            description: 'A valid API key is needed',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
            headers: { 'WWW-Authenticate': { $ref: '#/components/headers/WWW-Authenticate' } },
          },
          '403': {
            description: 'The key does not allow this; without keys: Host or Origin is not allowed',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
          },
          '404': {
            description: 'There is no such thing',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
          },
          '406': {
            description: 'No media type of the Accept header can be answered',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
          },
          '429': {
            description: 'Too many requests; Retry-After says how long to wait',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
            headers: {
              'Retry-After': { $ref: '#/components/headers/Retry-After' },
              'RateLimit-Limit': { $ref: '#/components/headers/RateLimit-Limit' },
              'RateLimit-Remaining': { $ref: '#/components/headers/RateLimit-Remaining' },
              'RateLimit-Reset': { $ref: '#/components/headers/RateLimit-Reset' },
            },
          },
          '503': {
            description: 'A backend is not available; Retry-After says how long to wait',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
            headers: { 'Retry-After': { $ref: '#/components/headers/Retry-After' } },
          },
        },
      },
    },
    '/api/tasks:batch': {
      post: {
        operationId: 'createTasks',
        summary: 'Create up to 100 tasks',
        description: 'Each has a result of its own, in the same order; one that is refused stops no other.',
        tags: ['tasks'],
        'x-scope': 'write',
        parameters: [
          {
            name: 'Idempotency-Key',
            in: 'header',
            description: 'The same key and request are answered as the first time, for 24 hours.',
            schema: { type: 'string', pattern: '^[!-~]{1,255}$' },
          },
        ],
        requestBody: {
          required: true,
          content: { 'application/json': { schema: { $ref: '#/components/schemas/TaskBatch' } } },
        },
        responses: {
          '200': {
            description: 'The results',
            content: { 'application/json': { schema: { $ref: '#/components/schemas/TaskBatchResult' } } },
            headers: { 'Idempotent-Replayed': { $ref: '#/components/headers/Idempotent-Replayed' } },
          },
          '400': {
            description: 'Something in the request is wrong; `fields` says what',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
          },
          '401': {
            description: 'A valid API key is needed',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
            headers: { 'WWW-Authenticate': { $ref: '#/components/headers/WWW-Authenticate' } },
          },
          '403': {
            description: 'The key does not allow this; without keys: Host or Origin is not allowed',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
          },
          '406': {
            description: 'No media type of the Accept header can be answered',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
          },
          '409': {
            description: 'It does not go together with what is there',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
          },
          '413': {
            description: 'The body exceeds 256 KiB',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
          },
          '415': {
            description: 'The media type of the body is not understood',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
          },
          '422': {
            description: 'The Idempotency-Key was used for another request',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
          },
          '429': {
            description: 'Too many requests; Retry-After says how long to wait',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
            headers: {
              'Retry-After': { $ref: '#/components/headers/Retry-After' },
              'RateLimit-Limit': { $ref: '#/components/headers/RateLimit-Limit' },
              'RateLimit-Remaining': { $ref: '#/components/headers/RateLimit-Remaining' },
              'RateLimit-Reset': { $ref: '#/components/headers/RateLimit-Reset' },
            },
          },
          '503': {
            description: 'A backend is not available; Retry-After says how long to wait',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
            headers: { 'Retry-After': { $ref: '#/components/headers/Retry-After' } },
          },
        },
      },
    },
    '/api/tasks:progress': {
      post: {
        operationId: 'reportProgressOfTasks',
        summary: 'Report progress of up to 100 tasks',
        description: 'Each has a result of its own, in the same order; one that is refused stops no other.',
        tags: ['tasks'],
        'x-scope': 'write',
        parameters: [
          {
            name: 'Idempotency-Key',
            in: 'header',
            description: 'The same key and request are answered as the first time, for 24 hours.',
            schema: { type: 'string', pattern: '^[!-~]{1,255}$' },
          },
        ],
        requestBody: {
          required: true,
          content: { 'application/json': { schema: { $ref: '#/components/schemas/ProgressBatch' } } },
        },
        responses: {
          '200': {
            description: 'The results',
            content: { 'application/json': { schema: { $ref: '#/components/schemas/ProgressBatchResult' } } },
            headers: { 'Idempotent-Replayed': { $ref: '#/components/headers/Idempotent-Replayed' } },
          },
          '400': {
            description: 'Something in the request is wrong; `fields` says what',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
          },
          '401': {
            description: 'A valid API key is needed',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
            headers: { 'WWW-Authenticate': { $ref: '#/components/headers/WWW-Authenticate' } },
          },
          '403': {
            description: 'The key does not allow this; without keys: Host or Origin is not allowed',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
          },
          '406': {
            description: 'No media type of the Accept header can be answered',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
          },
          '409': {
            description: 'It does not go together with what is there',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
          },
          '413': {
            description: 'The body exceeds 256 KiB',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
          },
          '415': {
            description: 'The media type of the body is not understood',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
          },
          '422': {
            description: 'The Idempotency-Key was used for another request',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
          },
          '429': {
            description: 'Too many requests; Retry-After says how long to wait',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
            headers: {
              'Retry-After': { $ref: '#/components/headers/Retry-After' },
              'RateLimit-Limit': { $ref: '#/components/headers/RateLimit-Limit' },
              'RateLimit-Remaining': { $ref: '#/components/headers/RateLimit-Remaining' },
              'RateLimit-Reset': { $ref: '#/components/headers/RateLimit-Reset' },
            },
          },
          '503': {
            description: 'A backend is not available; Retry-After says how long to wait',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
            headers: { 'Retry-After': { $ref: '#/components/headers/Retry-After' } },
          },
        },
      },
    },
    '/api/projects': {
      get: {
        operationId: 'listProjects',
        summary: 'List projects',
        tags: ['projects'],
        'x-scope': 'read',
        parameters: [
          { name: 'limit', in: 'query', schema: { type: 'integer', minimum: 1, maximum: 100, default: 50 } },
          {
            name: 'cursor',
            in: 'query',
            description: 'The `next_cursor` of the page before, of the same list.',
            schema: { type: 'string', maxLength: 12288, pattern: '^[A-Za-z0-9_-]+$' },
          },
        ],
        responses: {
          '200': {
            description: 'A page',
            content: { 'application/json': { schema: { $ref: '#/components/schemas/ProjectList' } } },
          },
          '400': {
            description: 'Something in the request is wrong; `fields` says what',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
          },
          '401': {
            description: 'A valid API key is needed',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
            headers: { 'WWW-Authenticate': { $ref: '#/components/headers/WWW-Authenticate' } },
          },
          '403': {
            description: 'The key does not allow this; without keys: Host or Origin is not allowed',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
          },
          '406': {
            description: 'No media type of the Accept header can be answered',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
          },
          '429': {
            description: 'Too many requests; Retry-After says how long to wait',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
            headers: {
              'Retry-After': { $ref: '#/components/headers/Retry-After' },
              'RateLimit-Limit': { $ref: '#/components/headers/RateLimit-Limit' },
              'RateLimit-Remaining': { $ref: '#/components/headers/RateLimit-Remaining' },
              'RateLimit-Reset': { $ref: '#/components/headers/RateLimit-Reset' },
            },
          },
          '503': {
            description: 'A backend is not available; Retry-After says how long to wait',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
            headers: { 'Retry-After': { $ref: '#/components/headers/Retry-After' } },
          },
        },
      },
      post: {
        operationId: 'createProject',
        summary: 'Create a project',
        tags: ['projects'],
        'x-scope': 'write',
        parameters: [
          {
            name: 'Idempotency-Key',
            in: 'header',
            description: 'The same key and request are answered as the first time, for 24 hours.',
            schema: { type: 'string', pattern: '^[!-~]{1,255}$' },
          },
        ],
        requestBody: {
          required: true,
          content: { 'application/json': { schema: { $ref: '#/components/schemas/NewProject' } } },
        },
        responses: {
          '201': {
            description: 'Created',
            headers: {
              Location: { schema: { type: 'string' } },
              ETag: { schema: { type: 'string' } },
              'Idempotent-Replayed': { $ref: '#/components/headers/Idempotent-Replayed' },
            },
            content: { 'application/json': { schema: { $ref: '#/components/schemas/ProjectCreated' } } },
          },
          '400': {
            description: 'Something in the request is wrong; `fields` says what',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
          },
          '401': {
            description: 'A valid API key is needed',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
            headers: { 'WWW-Authenticate': { $ref: '#/components/headers/WWW-Authenticate' } },
          },
          '403': {
            description: 'The key does not allow this; without keys: Host or Origin is not allowed',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
          },
          '406': {
            description: 'No media type of the Accept header can be answered',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
          },
          '409': {
            description: 'It does not go together with what is there',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
          },
          '413': {
            description: 'The body exceeds 256 KiB',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
          },
          '415': {
            description: 'The media type of the body is not understood',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
          },
          '422': {
            description: 'The Idempotency-Key was used for another request',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
          },
          '429': {
            description: 'Too many requests; Retry-After says how long to wait',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
            headers: {
              'Retry-After': { $ref: '#/components/headers/Retry-After' },
              'RateLimit-Limit': { $ref: '#/components/headers/RateLimit-Limit' },
              'RateLimit-Remaining': { $ref: '#/components/headers/RateLimit-Remaining' },
              'RateLimit-Reset': { $ref: '#/components/headers/RateLimit-Reset' },
            },
          },
          '503': {
            description: 'A backend is not available; Retry-After says how long to wait',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
            headers: { 'Retry-After': { $ref: '#/components/headers/Retry-After' } },
          },
        },
      },
    },
    '/api/projects/{project_id}': {
      get: {
        operationId: 'getProject',
        summary: 'Read a project and its metrics',
        tags: ['projects'],
        'x-scope': 'read',
        parameters: [
          {
            name: 'project_id',
            in: 'path',
            required: true,
            schema: { type: 'string', pattern: '^[A-Za-z0-9][A-Za-z0-9._:@-]{0,127}$' },
          },
          {
            name: 'If-None-Match',
            in: 'header',
            description: 'Not if this is still the version (ETag).',
            schema: { type: 'string' },
          },
        ],
        responses: {
          '200': {
            description: 'The project',
            headers: { ETag: { schema: { type: 'string' } } },
            content: { 'application/json': { schema: { $ref: '#/components/schemas/Project' } } },
          },
          '304': {
            description: 'It is still that version',
            headers: { ETag: { schema: { type: 'string' } } },
          },
          '400': {
            description: 'Something in the request is wrong; `fields` says what',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
          },
          '401': {
            description: 'A valid API key is needed',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
            headers: { 'WWW-Authenticate': { $ref: '#/components/headers/WWW-Authenticate' } },
          },
          '403': {
            description: 'The key does not allow this; without keys: Host or Origin is not allowed',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
          },
          '404': {
            description: 'There is no such thing',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
          },
          '406': {
            description: 'No media type of the Accept header can be answered',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
          },
          '429': {
            description: 'Too many requests; Retry-After says how long to wait',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
            headers: {
              'Retry-After': { $ref: '#/components/headers/Retry-After' },
              'RateLimit-Limit': { $ref: '#/components/headers/RateLimit-Limit' },
              'RateLimit-Remaining': { $ref: '#/components/headers/RateLimit-Remaining' },
              'RateLimit-Reset': { $ref: '#/components/headers/RateLimit-Reset' },
            },
          },
          '503': {
            description: 'A backend is not available; Retry-After says how long to wait',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
            headers: { 'Retry-After': { $ref: '#/components/headers/Retry-After' } },
          },
        },
      },
      patch: {
        operationId: 'patchProject',
        summary: 'Change a project by a merge patch (RFC 7396)',
        tags: ['projects'],
        'x-scope': 'write',
        parameters: [
          {
            name: 'project_id',
            in: 'path',
            required: true,
            schema: { type: 'string', pattern: '^[A-Za-z0-9][A-Za-z0-9._:@-]{0,127}$' },
          },
          {
            name: 'If-Match',
            in: 'header',
            description: 'Only at this version (ETag).',
            schema: { type: 'string' },
          },
        ],
        requestBody: {
          required: true,
          content: {
            'application/merge-patch+json': { schema: { $ref: '#/components/schemas/ProjectPatch' } },
            'application/json': { schema: { $ref: '#/components/schemas/ProjectPatch' } },
          },
        },
        responses: {
          '200': {
            description: 'The project as it is now',
            headers: { ETag: { schema: { type: 'string' } } },
            content: { 'application/json': { schema: { $ref: '#/components/schemas/Project' } } },
          },
          '400': {
            description: 'Something in the request is wrong; `fields` says what',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
          },
          '401': {
            description: 'A valid API key is needed',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
            headers: { 'WWW-Authenticate': { $ref: '#/components/headers/WWW-Authenticate' } },
          },
          '403': {
            description: 'The key does not allow this; without keys: Host or Origin is not allowed',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
          },
          '404': {
            description: 'There is no such thing',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
          },
          '406': {
            description: 'No media type of the Accept header can be answered',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
          },
          '409': {
            description: 'It does not go together with what is there',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
          },
          '412': {
            description: 'The version is another',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
          },
          '413': {
            description: 'The body exceeds 256 KiB',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
          },
          '415': {
            description: 'The media type of the body is not understood',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
          },
          '429': {
            description: 'Too many requests; Retry-After says how long to wait',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
            headers: {
              'Retry-After': { $ref: '#/components/headers/Retry-After' },
              'RateLimit-Limit': { $ref: '#/components/headers/RateLimit-Limit' },
              'RateLimit-Remaining': { $ref: '#/components/headers/RateLimit-Remaining' },
              'RateLimit-Reset': { $ref: '#/components/headers/RateLimit-Reset' },
            },
          },
          '503': {
            description: 'A backend is not available; Retry-After says how long to wait',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
            headers: { 'Retry-After': { $ref: '#/components/headers/Retry-After' } },
          },
        },
      },
      delete: {
        operationId: 'deleteProject',
        summary: 'Delete a project that has no tasks',
        tags: ['projects'],
        'x-scope': 'admin',
        parameters: [
          {
            name: 'project_id',
            in: 'path',
            required: true,
            schema: { type: 'string', pattern: '^[A-Za-z0-9][A-Za-z0-9._:@-]{0,127}$' },
          },
          {
            name: 'If-Match',
            in: 'header',
            description: 'Only at this version (ETag).',
            schema: { type: 'string' },
          },
        ],
        responses: {
          '204': { description: 'Deleted' },
          '400': {
            description: 'Something in the request is wrong; `fields` says what',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
          },
          '401': {
            description: 'A valid API key is needed',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
            headers: { 'WWW-Authenticate': { $ref: '#/components/headers/WWW-Authenticate' } },
          },
          '403': {
            description: 'The key does not allow this; without keys: Host or Origin is not allowed',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
          },
          '404': {
            description: 'There is no such thing',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
          },
          '406': {
            description: 'No media type of the Accept header can be answered',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
          },
          '409': {
            description: 'It does not go together with what is there',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
          },
          '412': {
            description: 'The version is another',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
          },
          '429': {
            description: 'Too many requests; Retry-After says how long to wait',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
            headers: {
              'Retry-After': { $ref: '#/components/headers/Retry-After' },
              'RateLimit-Limit': { $ref: '#/components/headers/RateLimit-Limit' },
              'RateLimit-Remaining': { $ref: '#/components/headers/RateLimit-Remaining' },
              'RateLimit-Reset': { $ref: '#/components/headers/RateLimit-Reset' },
            },
          },
          '503': {
            description: 'A backend is not available; Retry-After says how long to wait',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
            headers: { 'Retry-After': { $ref: '#/components/headers/Retry-After' } },
          },
        },
      },
    },
    '/api/projects/{project_id}/webhooks': {
      get: {
        operationId: 'listWebhooks',
        summary: 'List the webhooks of a project, oldest first',
        description: 'Whole URLs are told to keys of scope `admin` only, secrets to nobody.',
        tags: ['webhooks'],
        'x-scope': 'read',
        parameters: [
          {
            name: 'project_id',
            in: 'path',
            required: true,
            schema: { type: 'string', pattern: '^[A-Za-z0-9][A-Za-z0-9._:@-]{0,127}$' },
          },
        ],
        responses: {
          '200': {
            description: 'All of them',
            content: { 'application/json': { schema: { $ref: '#/components/schemas/WebhookList' } } },
          },
          '400': {
            description: 'Something in the request is wrong; `fields` says what',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
          },
          '401': {
            description: 'A valid API key is needed',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
            headers: { 'WWW-Authenticate': { $ref: '#/components/headers/WWW-Authenticate' } },
          },
          '403': {
            description: 'The key does not allow this; without keys: Host or Origin is not allowed',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
          },
          '404': {
            description: 'There is no such thing',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
          },
          '406': {
            description: 'No media type of the Accept header can be answered',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
          },
          '429': {
            description: 'Too many requests; Retry-After says how long to wait',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
            headers: {
              'Retry-After': { $ref: '#/components/headers/Retry-After' },
              'RateLimit-Limit': { $ref: '#/components/headers/RateLimit-Limit' },
              'RateLimit-Remaining': { $ref: '#/components/headers/RateLimit-Remaining' },
              'RateLimit-Reset': { $ref: '#/components/headers/RateLimit-Reset' },
            },
          },
          '503': {
            description: 'A backend is not available; Retry-After says how long to wait',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
            headers: { 'Retry-After': { $ref: '#/components/headers/Retry-After' } },
          },
        },
      },
      post: {
        operationId: 'createWebhook',
        summary: 'Create a webhook',
        description:
          'The answer tells the secret that signs its messages, which is told never again. At most 10 a project. Messages follow the Standard Webhooks specification.',
        tags: ['webhooks'],
        'x-scope': 'admin',
        parameters: [
          {
            name: 'project_id',
            in: 'path',
            required: true,
            schema: { type: 'string', pattern: '^[A-Za-z0-9][A-Za-z0-9._:@-]{0,127}$' },
          },
          {
            name: 'Idempotency-Key',
            in: 'header',
            description: 'The same key and request are answered as the first time, for 24 hours.',
            schema: { type: 'string', pattern: '^[!-~]{1,255}$' },
          },
        ],
        requestBody: {
          required: true,
          content: { 'application/json': { schema: { $ref: '#/components/schemas/NewWebhook' } } },
        },
        responses: {
          '201': {
            description: 'Created',
            headers: {
              Location: { schema: { type: 'string' } },
              ETag: { schema: { type: 'string' } },
              'Idempotent-Replayed': { $ref: '#/components/headers/Idempotent-Replayed' },
            },
            content: { 'application/json': { schema: { $ref: '#/components/schemas/WebhookCreated' } } },
          },
          '400': {
            description: 'Something in the request is wrong; `fields` says what',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
          },
          '401': {
            description: 'A valid API key is needed',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
            headers: { 'WWW-Authenticate': { $ref: '#/components/headers/WWW-Authenticate' } },
          },
          '403': {
            description: 'The key does not allow this; without keys: Host or Origin is not allowed',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
          },
          '404': {
            description: 'There is no such thing',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
          },
          '406': {
            description: 'No media type of the Accept header can be answered',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
          },
          '409': {
            description: 'It does not go together with what is there',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
          },
          '413': {
            description: 'The body exceeds 256 KiB',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
          },
          '415': {
            description: 'The media type of the body is not understood',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
          },
          '422': {
            description: 'The Idempotency-Key was used for another request',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
          },
          '429': {
            description: 'Too many requests; Retry-After says how long to wait',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
            headers: {
              'Retry-After': { $ref: '#/components/headers/Retry-After' },
              'RateLimit-Limit': { $ref: '#/components/headers/RateLimit-Limit' },
              'RateLimit-Remaining': { $ref: '#/components/headers/RateLimit-Remaining' },
              'RateLimit-Reset': { $ref: '#/components/headers/RateLimit-Reset' },
            },
          },
          '503': {
            description: 'A backend is not available; Retry-After says how long to wait',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
            headers: { 'Retry-After': { $ref: '#/components/headers/Retry-After' } },
          },
        },
      },
    },
    '/api/projects/{project_id}/webhooks/{webhook_id}': {
      get: {
        operationId: 'getWebhook',
        summary: 'Read a webhook and what came of its latest delivery',
        tags: ['webhooks'],
        'x-scope': 'read',
        parameters: [
          {
            name: 'project_id',
            in: 'path',
            required: true,
            schema: { type: 'string', pattern: '^[A-Za-z0-9][A-Za-z0-9._:@-]{0,127}$' },
          },
          {
            name: 'webhook_id',
            in: 'path',
            required: true,
            schema: { type: 'string', pattern: '^[A-Za-z0-9][A-Za-z0-9._:@-]{0,127}$' },
          },
        ],
        responses: {
          '200': {
            description: 'The webhook',
            headers: { ETag: { schema: { type: 'string' } } },
            content: { 'application/json': { schema: { $ref: '#/components/schemas/Webhook' } } },
          },
          '400': {
            description: 'Something in the request is wrong; `fields` says what',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
          },
          '401': {
            description: 'A valid API key is needed',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
            headers: { 'WWW-Authenticate': { $ref: '#/components/headers/WWW-Authenticate' } },
          },
          '403': {
            description: 'The key does not allow this; without keys: Host or Origin is not allowed',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
          },
          '404': {
            description: 'There is no such thing',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
          },
          '406': {
            description: 'No media type of the Accept header can be answered',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
          },
          '429': {
            description: 'Too many requests; Retry-After says how long to wait',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
            headers: {
              'Retry-After': { $ref: '#/components/headers/Retry-After' },
              'RateLimit-Limit': { $ref: '#/components/headers/RateLimit-Limit' },
              'RateLimit-Remaining': { $ref: '#/components/headers/RateLimit-Remaining' },
              'RateLimit-Reset': { $ref: '#/components/headers/RateLimit-Reset' },
            },
          },
          '503': {
            description: 'A backend is not available; Retry-After says how long to wait',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
            headers: { 'Retry-After': { $ref: '#/components/headers/Retry-After' } },
          },
        },
      },
      patch: {
        operationId: 'patchWebhook',
        summary: 'Change a webhook by a merge patch (RFC 7396)',
        tags: ['webhooks'],
        'x-scope': 'admin',
        parameters: [
          {
            name: 'project_id',
            in: 'path',
            required: true,
            schema: { type: 'string', pattern: '^[A-Za-z0-9][A-Za-z0-9._:@-]{0,127}$' },
          },
          {
            name: 'webhook_id',
            in: 'path',
            required: true,
            schema: { type: 'string', pattern: '^[A-Za-z0-9][A-Za-z0-9._:@-]{0,127}$' },
          },
          {
            name: 'If-Match',
            in: 'header',
            description: 'Only at this version (ETag).',
            schema: { type: 'string' },
          },
        ],
        requestBody: {
          required: true,
          content: {
            'application/merge-patch+json': { schema: { $ref: '#/components/schemas/WebhookPatch' } },
            'application/json': { schema: { $ref: '#/components/schemas/WebhookPatch' } },
          },
        },
        responses: {
          '200': {
            description: 'The webhook as it is now',
            headers: { ETag: { schema: { type: 'string' } } },
            content: { 'application/json': { schema: { $ref: '#/components/schemas/Webhook' } } },
          },
          '400': {
            description: 'Something in the request is wrong; `fields` says what',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
          },
          '401': {
            description: 'A valid API key is needed',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
            headers: { 'WWW-Authenticate': { $ref: '#/components/headers/WWW-Authenticate' } },
          },
          '403': {
            description: 'The key does not allow this; without keys: Host or Origin is not allowed',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
          },
          '404': {
            description: 'There is no such thing',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
          },
          '406': {
            description: 'No media type of the Accept header can be answered',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
          },
          '409': {
            description: 'It does not go together with what is there',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
          },
          '412': {
            description: 'The version is another',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
          },
          '413': {
            description: 'The body exceeds 256 KiB',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
          },
          '415': {
            description: 'The media type of the body is not understood',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
          },
          '429': {
            description: 'Too many requests; Retry-After says how long to wait',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
            headers: {
              'Retry-After': { $ref: '#/components/headers/Retry-After' },
              'RateLimit-Limit': { $ref: '#/components/headers/RateLimit-Limit' },
              'RateLimit-Remaining': { $ref: '#/components/headers/RateLimit-Remaining' },
              'RateLimit-Reset': { $ref: '#/components/headers/RateLimit-Reset' },
            },
          },
          '503': {
            description: 'A backend is not available; Retry-After says how long to wait',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
            headers: { 'Retry-After': { $ref: '#/components/headers/Retry-After' } },
          },
        },
      },
      delete: {
        operationId: 'deleteWebhook',
        summary: 'Delete a webhook',
        description: 'What is on its way to it is dropped.',
        tags: ['webhooks'],
        'x-scope': 'admin',
        parameters: [
          {
            name: 'project_id',
            in: 'path',
            required: true,
            schema: { type: 'string', pattern: '^[A-Za-z0-9][A-Za-z0-9._:@-]{0,127}$' },
          },
          {
            name: 'webhook_id',
            in: 'path',
            required: true,
            schema: { type: 'string', pattern: '^[A-Za-z0-9][A-Za-z0-9._:@-]{0,127}$' },
          },
          {
            name: 'If-Match',
            in: 'header',
            description: 'Only at this version (ETag).',
            schema: { type: 'string' },
          },
        ],
        responses: {
          '204': { description: 'Deleted' },
          '400': {
            description: 'Something in the request is wrong; `fields` says what',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
          },
          '401': {
            description: 'A valid API key is needed',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
            headers: { 'WWW-Authenticate': { $ref: '#/components/headers/WWW-Authenticate' } },
          },
          '403': {
            description: 'The key does not allow this; without keys: Host or Origin is not allowed',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
          },
          '404': {
            description: 'There is no such thing',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
          },
          '406': {
            description: 'No media type of the Accept header can be answered',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
          },
          '409': {
            description: 'It does not go together with what is there',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
          },
          '412': {
            description: 'The version is another',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
          },
          '429': {
            description: 'Too many requests; Retry-After says how long to wait',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
            headers: {
              'Retry-After': { $ref: '#/components/headers/Retry-After' },
              'RateLimit-Limit': { $ref: '#/components/headers/RateLimit-Limit' },
              'RateLimit-Remaining': { $ref: '#/components/headers/RateLimit-Remaining' },
              'RateLimit-Reset': { $ref: '#/components/headers/RateLimit-Reset' },
            },
          },
          '503': {
            description: 'A backend is not available; Retry-After says how long to wait',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
            headers: { 'Retry-After': { $ref: '#/components/headers/Retry-After' } },
          },
        },
      },
    },
    '/api/projects/{project_id}/webhooks/{webhook_id}/rotate': {
      post: {
        operationId: 'rotateWebhookSecret',
        summary: 'Give a webhook a new secret',
        description: 'The answer tells it. For 24 hours messages are signed with the one before, too.',
        tags: ['webhooks'],
        'x-scope': 'admin',
        parameters: [
          {
            name: 'project_id',
            in: 'path',
            required: true,
            schema: { type: 'string', pattern: '^[A-Za-z0-9][A-Za-z0-9._:@-]{0,127}$' },
          },
          {
            name: 'webhook_id',
            in: 'path',
            required: true,
            schema: { type: 'string', pattern: '^[A-Za-z0-9][A-Za-z0-9._:@-]{0,127}$' },
          },
          {
            name: 'Idempotency-Key',
            in: 'header',
            description: 'The same key and request are answered as the first time, for 24 hours.',
            schema: { type: 'string', pattern: '^[!-~]{1,255}$' },
          },
          {
            name: 'If-Match',
            in: 'header',
            description: 'Only at this version (ETag).',
            schema: { type: 'string' },
          },
        ],
        requestBody: {
          required: false,
          content: { 'application/json': { schema: { $ref: '#/components/schemas/RotateRequest' } } },
        },
        responses: {
          '200': {
            description: 'The webhook as it is now',
            headers: {
              ETag: { schema: { type: 'string' } },
              'Idempotent-Replayed': { $ref: '#/components/headers/Idempotent-Replayed' },
            },
            content: { 'application/json': { schema: { $ref: '#/components/schemas/Webhook' } } },
          },
          '400': {
            description: 'Something in the request is wrong; `fields` says what',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
          },
          '401': {
            description: 'A valid API key is needed',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
            headers: { 'WWW-Authenticate': { $ref: '#/components/headers/WWW-Authenticate' } },
          },
          '403': {
            description: 'The key does not allow this; without keys: Host or Origin is not allowed',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
          },
          '404': {
            description: 'There is no such thing',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
          },
          '406': {
            description: 'No media type of the Accept header can be answered',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
          },
          '409': {
            description: 'It does not go together with what is there',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
          },
          '412': {
            description: 'The version is another',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
          },
          '413': {
            description: 'The body exceeds 256 KiB',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
          },
          '415': {
            description: 'The media type of the body is not understood',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
          },
          '422': {
            description: 'The Idempotency-Key was used for another request',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
          },
          '429': {
            description: 'Too many requests; Retry-After says how long to wait',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
            headers: {
              'Retry-After': { $ref: '#/components/headers/Retry-After' },
              'RateLimit-Limit': { $ref: '#/components/headers/RateLimit-Limit' },
              'RateLimit-Remaining': { $ref: '#/components/headers/RateLimit-Remaining' },
              'RateLimit-Reset': { $ref: '#/components/headers/RateLimit-Reset' },
            },
          },
          '503': {
            description: 'A backend is not available; Retry-After says how long to wait',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
            headers: { 'Retry-After': { $ref: '#/components/headers/Retry-After' } },
          },
        },
      },
    },
    '/api/projects/{project_id}/webhooks/{webhook_id}/test': {
      post: {
        operationId: 'testWebhook',
        summary: 'Send a webhook a message `webhook.test`',
        tags: ['webhooks'],
        'x-scope': 'admin',
        parameters: [
          {
            name: 'project_id',
            in: 'path',
            required: true,
            schema: { type: 'string', pattern: '^[A-Za-z0-9][A-Za-z0-9._:@-]{0,127}$' },
          },
          {
            name: 'webhook_id',
            in: 'path',
            required: true,
            schema: { type: 'string', pattern: '^[A-Za-z0-9][A-Za-z0-9._:@-]{0,127}$' },
          },
          {
            name: 'Idempotency-Key',
            in: 'header',
            description: 'The same key and request are answered as the first time, for 24 hours.',
            schema: { type: 'string', pattern: '^[!-~]{1,255}$' },
          },
        ],
        responses: {
          '202': {
            description: 'On its way',
            content: { 'application/json': { schema: { $ref: '#/components/schemas/WebhookTest' } } },
            headers: { 'Idempotent-Replayed': { $ref: '#/components/headers/Idempotent-Replayed' } },
          },
          '400': {
            description: 'Something in the request is wrong; `fields` says what',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
          },
          '401': {
            description: 'A valid API key is needed',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
            headers: { 'WWW-Authenticate': { $ref: '#/components/headers/WWW-Authenticate' } },
          },
          '403': {
            description: 'The key does not allow this; without keys: Host or Origin is not allowed',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
          },
          '404': {
            description: 'There is no such thing',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
          },
          '406': {
            description: 'No media type of the Accept header can be answered',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
          },
          '409': {
            description: 'It does not go together with what is there',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
          },
          '422': {
            description: 'The Idempotency-Key was used for another request',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
          },
          '429': {
            description: 'Too many requests; Retry-After says how long to wait',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
            headers: {
              'Retry-After': { $ref: '#/components/headers/Retry-After' },
              'RateLimit-Limit': { $ref: '#/components/headers/RateLimit-Limit' },
              'RateLimit-Remaining': { $ref: '#/components/headers/RateLimit-Remaining' },
              'RateLimit-Reset': { $ref: '#/components/headers/RateLimit-Reset' },
            },
          },
          '503': {
            description: 'A backend is not available; Retry-After says how long to wait',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
            headers: { 'Retry-After': { $ref: '#/components/headers/Retry-After' } },
          },
        },
      },
    },
    '/api/logs': {
      post: {
        operationId: 'sendLogs',
        summary: 'Send log lines',
        description:
          'Sending the same lines again changes nothing. An event without an id is known by its time and text.',
        tags: ['logs'],
        'x-scope': 'write',
        parameters: [
          {
            name: 'Idempotency-Key',
            in: 'header',
            description: 'The same key and request are answered as the first time, for 24 hours.',
            schema: { type: 'string', pattern: '^[!-~]{1,255}$' },
          },
        ],
        requestBody: {
          required: true,
          content: { 'application/json': { schema: { $ref: '#/components/schemas/LogBatch' } } },
        },
        responses: {
          '200': {
            description: 'What came of them',
            content: { 'application/json': { schema: { $ref: '#/components/schemas/LogResult' } } },
            headers: { 'Idempotent-Replayed': { $ref: '#/components/headers/Idempotent-Replayed' } },
          },
          '400': {
            description: 'Something in the request is wrong; `fields` says what',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
          },
          '401': {
            description: 'A valid API key is needed',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
            headers: { 'WWW-Authenticate': { $ref: '#/components/headers/WWW-Authenticate' } },
          },
          '403': {
            description: 'The key does not allow this; without keys: Host or Origin is not allowed',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
          },
          '406': {
            description: 'No media type of the Accept header can be answered',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
          },
          '409': {
            description: 'It does not go together with what is there',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
          },
          '413': {
            description: 'The body exceeds 256 KiB',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
          },
          '415': {
            description: 'The media type of the body is not understood',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
          },
          '422': {
            description: 'The Idempotency-Key was used for another request',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
          },
          '429': {
            description: 'Too many requests; Retry-After says how long to wait',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
            headers: {
              'Retry-After': { $ref: '#/components/headers/Retry-After' },
              'RateLimit-Limit': { $ref: '#/components/headers/RateLimit-Limit' },
              'RateLimit-Remaining': { $ref: '#/components/headers/RateLimit-Remaining' },
              'RateLimit-Reset': { $ref: '#/components/headers/RateLimit-Reset' },
            },
          },
          '503': {
            description: 'A backend is not available; Retry-After says how long to wait',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
            headers: { 'Retry-After': { $ref: '#/components/headers/Retry-After' } },
          },
        },
      },
    },
    '/api/logs/text': {
      post: {
        operationId: 'sendLogText',
        summary: 'Send a log as raw text, in pieces cut anywhere',
        description:
          '`offset` is the place of the first byte in the whole log: a piece that was taken already is passed over.',
        tags: ['logs'],
        'x-scope': 'write',
        parameters: [
          {
            name: 'log_group',
            in: 'query',
            schema: { type: 'string', maxLength: 512, pattern: '^[^\\u0000-\\u001f\\u007f]*$', minLength: 1 },
          },
          {
            name: 'log_stream',
            in: 'query',
            schema: { type: 'string', maxLength: 512, pattern: '^[^\\u0000-\\u001f\\u007f]*$', minLength: 1 },
          },
          {
            name: 'project_id',
            in: 'query',
            schema: { type: 'string', pattern: '^[A-Za-z0-9][A-Za-z0-9._:@-]{0,127}$' },
          },
          { name: 'offset', in: 'query', schema: { type: 'string', pattern: '^\\d{1,15}$' } },
          {
            name: 'last',
            in: 'query',
            schema: { enum: ['true', 'false'], type: 'string', default: 'false' },
          },
          {
            name: 'Idempotency-Key',
            in: 'header',
            description: 'The same key and request are answered as the first time, for 24 hours.',
            schema: { type: 'string', pattern: '^[!-~]{1,255}$' },
          },
        ],
        requestBody: { required: true, content: { 'text/plain': { schema: { type: 'string' } } } },
        responses: {
          '200': {
            description: 'What came of it',
            content: { 'application/json': { schema: { $ref: '#/components/schemas/LogTextResult' } } },
            headers: { 'Idempotent-Replayed': { $ref: '#/components/headers/Idempotent-Replayed' } },
          },
          '400': {
            description: 'Something in the request is wrong; `fields` says what',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
          },
          '401': {
            description: 'A valid API key is needed',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
            headers: { 'WWW-Authenticate': { $ref: '#/components/headers/WWW-Authenticate' } },
          },
          '403': {
            description: 'The key does not allow this; without keys: Host or Origin is not allowed',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
          },
          '406': {
            description: 'No media type of the Accept header can be answered',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
          },
          '409': {
            description: 'It does not go together with what is there',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
          },
          '413': {
            description: 'The body exceeds 256 KiB',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
          },
          '415': {
            description: 'The media type of the body is not understood',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
          },
          '422': {
            description: 'The Idempotency-Key was used for another request',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
          },
          '429': {
            description: 'Too many requests; Retry-After says how long to wait',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
            headers: {
              'Retry-After': { $ref: '#/components/headers/Retry-After' },
              'RateLimit-Limit': { $ref: '#/components/headers/RateLimit-Limit' },
              'RateLimit-Remaining': { $ref: '#/components/headers/RateLimit-Remaining' },
              'RateLimit-Reset': { $ref: '#/components/headers/RateLimit-Reset' },
            },
          },
          '503': {
            description: 'A backend is not available; Retry-After says how long to wait',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
            headers: { 'Retry-After': { $ref: '#/components/headers/Retry-After' } },
          },
        },
      },
    },
    '/api/collect': {
      post: {
        operationId: 'collect',
        summary: 'Collect logs now',
        tags: ['logs'],
        'x-scope': 'admin',
        parameters: [
          {
            name: 'Idempotency-Key',
            in: 'header',
            description: 'The same key and request are answered as the first time, for 24 hours.',
            schema: { type: 'string', pattern: '^[!-~]{1,255}$' },
          },
        ],
        requestBody: {
          required: false,
          content: { 'application/json': { schema: { $ref: '#/components/schemas/CollectRequest' } } },
        },
        responses: {
          '200': {
            description: 'What came of it, by log group',
            content: { 'application/json': { schema: { $ref: '#/components/schemas/CollectResult' } } },
            headers: { 'Idempotent-Replayed': { $ref: '#/components/headers/Idempotent-Replayed' } },
          },
          '400': {
            description: 'Something in the request is wrong; `fields` says what',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
          },
          '401': {
            description: 'A valid API key is needed',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
            headers: { 'WWW-Authenticate': { $ref: '#/components/headers/WWW-Authenticate' } },
          },
          '403': {
            description: 'The key does not allow this; without keys: Host or Origin is not allowed',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
          },
          '406': {
            description: 'No media type of the Accept header can be answered',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
          },
          '409': {
            description: 'It does not go together with what is there',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
          },
          '413': {
            description: 'The body exceeds 256 KiB',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
          },
          '415': {
            description: 'The media type of the body is not understood',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
          },
          '422': {
            description: 'The Idempotency-Key was used for another request',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
          },
          '429': {
            description: 'Too many requests; Retry-After says how long to wait',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
            headers: {
              'Retry-After': { $ref: '#/components/headers/Retry-After' },
              'RateLimit-Limit': { $ref: '#/components/headers/RateLimit-Limit' },
              'RateLimit-Remaining': { $ref: '#/components/headers/RateLimit-Remaining' },
              'RateLimit-Reset': { $ref: '#/components/headers/RateLimit-Reset' },
            },
          },
          '503': {
            description: 'A backend is not available; Retry-After says how long to wait',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
            headers: { 'Retry-After': { $ref: '#/components/headers/Retry-After' } },
          },
        },
      },
    },
    '/api/events': {
      get: {
        operationId: 'getEvents',
        summary: 'Changes of tasks and projects as they happen',
        description:
          'Server-sent events `task` and `project`; their `id` is where to resume; `reset` says that events were missed. Asked for `application/json`, or where the server has no streams, it answers at once with what came behind `since`.',
        tags: ['live'],
        'x-scope': 'read',
        parameters: [
          {
            name: 'since',
            in: 'query',
            description: 'The id of an event: what came behind it.',
            schema: { type: 'string', pattern: '^[\\x21-\\x7e]{1,200}$' },
          },
          {
            name: 'project_id',
            in: 'query',
            schema: { type: 'string', pattern: '^[A-Za-z0-9][A-Za-z0-9._:@-]{0,127}$' },
          },
          {
            name: 'task_id',
            in: 'query',
            schema: { type: 'string', pattern: '^[A-Za-z0-9][A-Za-z0-9._:@-]{0,127}$' },
          },
          {
            name: 'Last-Event-ID',
            in: 'header',
            description: 'As `since`; what a browser sends when it reconnects.',
            schema: { type: 'string', pattern: '^[!-~]{1,200}$' },
          },
        ],
        responses: {
          '200': {
            description: 'A stream, or a page of events',
            content: {
              'text/event-stream': { schema: { type: 'string' } },
              'application/json': { schema: { $ref: '#/components/schemas/EventPage' } },
            },
          },
          '304': {
            description: 'Nothing has happened since',
            headers: { ETag: { schema: { type: 'string' } } },
          },
          '400': {
            description: 'Something in the request is wrong; `fields` says what',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
          },
          '401': {
            description: 'A valid API key is needed',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
            headers: { 'WWW-Authenticate': { $ref: '#/components/headers/WWW-Authenticate' } },
          },
          '403': {
            description: 'The key does not allow this; without keys: Host or Origin is not allowed',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
          },
          '406': {
            description: 'No media type of the Accept header can be answered',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
          },
          '429': {
            description: 'Too many requests; Retry-After says how long to wait',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
            headers: {
              'Retry-After': { $ref: '#/components/headers/Retry-After' },
              'RateLimit-Limit': { $ref: '#/components/headers/RateLimit-Limit' },
              'RateLimit-Remaining': { $ref: '#/components/headers/RateLimit-Remaining' },
              'RateLimit-Reset': { $ref: '#/components/headers/RateLimit-Reset' },
            },
          },
          '503': {
            description: 'A backend is not available; Retry-After says how long to wait',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
            headers: { 'Retry-After': { $ref: '#/components/headers/Retry-After' } },
          },
        },
      },
    },
    '/openapi.json': {
      get: {
        operationId: 'getOpenApi',
        summary: 'This contract',
        tags: ['health'],
        security: [],
        responses: {
          '200': {
            description: 'An OpenAPI 3.1 document',
            content: { 'application/json': { schema: { type: 'object' } } },
          },
          '403': {
            description: 'The key does not allow this; without keys: Host or Origin is not allowed',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
          },
          '406': {
            description: 'No media type of the Accept header can be answered',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
          },
        },
      },
    },
    '/docs': {
      get: {
        operationId: 'getDocs',
        summary: 'This contract as a page',
        tags: ['health'],
        security: [],
        responses: {
          '200': { description: 'A page', content: { 'text/html': { schema: { type: 'string' } } } },
          '403': {
            description: 'The key does not allow this; without keys: Host or Origin is not allowed',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
          },
          '406': {
            description: 'No media type of the Accept header can be answered',
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
          },
        },
      },
    },
  },
  components: {
    headers: {
      'Idempotent-Replayed': {
        description: '`true` where this is the answer that was given the first time.',
        schema: { type: 'string' },
      },
      'RateLimit-Limit': {
        description: 'How many requests a minute the key may make. Other answers say so too.',
        schema: { type: 'string' },
      },
      'RateLimit-Remaining': { description: 'How many of them are left.', schema: { type: 'string' } },
      'RateLimit-Reset': {
        description: 'In how many seconds they are counted anew.',
        schema: { type: 'string' },
      },
      'Retry-After': {
        description: 'After how many seconds another attempt is worth it.',
        required: true,
        schema: { type: 'string' },
      },
      'WWW-Authenticate': { description: 'How to say who asks.', required: true, schema: { type: 'string' } },
    },
    securitySchemes: {
      bearer: {
        type: 'http',
        scheme: 'bearer',
        description: 'An API key. Where the server has none configured, it asks for none.',
      },
      api_key: { type: 'apiKey', in: 'header', name: 'X-Api-Key' },
    },
    schemas: {
      Task: {
        type: 'object',
        properties: {
          task_id: { type: 'string' },
          task_name: { type: 'string' },
          task_type: { type: 'string' },
          description: { type: 'string' },
          project_id: { type: 'string' },
          parent_id: { type: 'string' },
          status: {
            type: 'string',
            enum: ['pending', 'running', 'blocked', 'completed', 'failed', 'cancelled'],
          },
          priority: { type: 'string', enum: ['P0', 'P1', 'P2', 'P3'] },
          progress: {
            type: 'object',
            properties: {
              current: { anyOf: [{ type: 'integer', minimum: 0 }, { type: 'null' }] },
              total: { anyOf: [{ type: 'integer', minimum: 0 }, { type: 'null' }] },
              percentage: { anyOf: [{ type: 'integer', minimum: 0, maximum: 100 }, { type: 'null' }] },
            },
            required: ['current', 'total', 'percentage'],
            additionalProperties: false,
          },
          progress_from: { const: 'parts' },
          details: {
            type: 'object',
            properties: {
              phase: { type: 'string' },
              current_step: { type: 'string' },
              operation: {
                type: 'string',
                examples: ['create', 'update', 'destroy', 'hotswap', 'rollback', 'none'],
              },
              outcome: {
                type: 'string',
                enum: [
                  'completed',
                  'no_changes',
                  'failed',
                  'rolled_back',
                  'rollback_failed',
                  'rolling_back',
                  'in_progress',
                ],
              },
              stack_state: { type: 'string' },
              failed_resources: { type: 'array', items: { type: 'string' } },
              retained_resources: { type: 'array', items: { type: 'string' } },
              log_group: { type: 'string' },
              log_stream: { type: 'string' },
              error_message: { type: 'string' },
            },
            required: [],
            additionalProperties: false,
          },
          labels: { type: 'object', additionalProperties: { type: 'string' } },
          metadata: { type: 'object', additionalProperties: true },
          github: {
            type: 'object',
            properties: {
              issue_number: { type: 'integer', minimum: 0 },
              issue_url: { type: 'string' },
              pr_number: { type: 'integer', minimum: 0 },
              pr_url: { type: 'string' },
            },
            required: [],
            additionalProperties: false,
          },
          attempt: { type: 'integer', minimum: 0 },
          version: { type: 'integer', minimum: 0 },
          created_at: { type: 'string', format: 'date-time' },
          updated_at: { type: 'string', format: 'date-time' },
          started_at: { type: 'string', format: 'date-time' },
          completed_at: { type: 'string', format: 'date-time' },
          duration_seconds: { type: 'number', minimum: 0 },
          eta_seconds: { type: 'number', minimum: 0 },
          stale: { type: 'boolean' },
          reported_at: { type: 'string', format: 'date-time' },
          last_event_at: { type: 'string', format: 'date-time' },
        },
        required: [
          'task_id',
          'task_name',
          'task_type',
          'project_id',
          'status',
          'priority',
          'progress',
          'details',
          'labels',
          'metadata',
          'attempt',
          'version',
          'created_at',
          'updated_at',
          'stale',
        ],
        additionalProperties: false,
      },
      HistoryPoint: {
        type: 'object',
        properties: {
          timestamp: { type: 'string', format: 'date-time' },
          current: { anyOf: [{ type: 'integer', minimum: 0 }, { type: 'null' }] },
          total: { anyOf: [{ type: 'integer', minimum: 0 }, { type: 'null' }] },
          percentage: { anyOf: [{ type: 'integer', minimum: 0, maximum: 100 }, { type: 'null' }] },
          status: {
            type: 'string',
            enum: ['pending', 'running', 'blocked', 'completed', 'failed', 'cancelled'],
          },
          phase: { type: 'string' },
          message: { type: 'string' },
        },
        required: ['timestamp', 'current', 'total', 'percentage', 'status'],
        additionalProperties: false,
      },
      Project: {
        type: 'object',
        properties: {
          project_id: { type: 'string' },
          project_name: { type: 'string' },
          description: { type: 'string' },
          status: { type: 'string', enum: ['active', 'paused', 'completed', 'archived'] },
          owner: { type: 'string' },
          account_id: { type: 'string' },
          resources: {
            type: 'object',
            properties: {
              github_repo: { type: 'string' },
              s3_bucket: { type: 'string' },
              cloudfront_distribution: { type: 'string' },
              api_endpoint: { type: 'string' },
            },
            required: [],
            additionalProperties: false,
          },
          metrics: {
            type: 'object',
            properties: {
              total_tasks: { type: 'integer', minimum: 0 },
              active_tasks: { type: 'integer', minimum: 0 },
              completed_tasks: { type: 'integer', minimum: 0 },
              failed_tasks: { type: 'integer', minimum: 0 },
              blocked_tasks: { type: 'integer', minimum: 0 },
              success_rate: { anyOf: [{ type: 'number', minimum: 0, maximum: 1 }, { type: 'null' }] },
              avg_completion_time_seconds: { anyOf: [{ type: 'number', minimum: 0 }, { type: 'null' }] },
              last_updated: { type: 'string', format: 'date-time' },
            },
            required: [
              'total_tasks',
              'active_tasks',
              'completed_tasks',
              'failed_tasks',
              'blocked_tasks',
              'success_rate',
              'avg_completion_time_seconds',
              'last_updated',
            ],
            additionalProperties: false,
          },
          version: { type: 'integer', minimum: 0 },
          created_at: { type: 'string', format: 'date-time' },
          updated_at: { type: 'string', format: 'date-time' },
        },
        required: [
          'project_id',
          'project_name',
          'status',
          'owner',
          'resources',
          'metrics',
          'version',
          'created_at',
          'updated_at',
        ],
        additionalProperties: false,
      },
      Webhook: {
        type: 'object',
        properties: {
          webhook_id: { type: 'string' },
          project_id: { type: 'string' },
          url: { type: 'string' },
          events: {
            type: 'array',
            items: { type: 'string', enum: ['task.completed', 'task.failed', 'task.stale'] },
          },
          active: { type: 'boolean' },
          secret: { type: 'string' },
          version: { type: 'integer', minimum: 0 },
          created_at: { type: 'string', format: 'date-time' },
          updated_at: { type: 'string', format: 'date-time' },
          last_delivery: {
            anyOf: [
              {
                type: 'object',
                properties: {
                  delivery_id: { type: 'string' },
                  event: {
                    type: 'string',
                    enum: ['task.completed', 'task.failed', 'task.stale', 'webhook.test'],
                  },
                  task_id: { type: 'string' },
                  attempts: { type: 'integer', minimum: 0 },
                  at: { type: 'string', format: 'date-time' },
                  outcome: { type: 'string', enum: ['delivered', 'retrying', 'failed'] },
                  status_code: { type: 'integer', minimum: 0 },
                  error: { type: 'string' },
                  next_attempt_at: { type: 'string', format: 'date-time' },
                },
                required: ['delivery_id', 'event', 'attempts', 'at', 'outcome'],
                additionalProperties: false,
              },
              { type: 'null' },
            ],
          },
        },
        required: [
          'webhook_id',
          'project_id',
          'url',
          'events',
          'active',
          'version',
          'created_at',
          'updated_at',
          'last_delivery',
        ],
        additionalProperties: false,
      },
      Problem: {
        type: 'object',
        properties: {
          type: { type: 'string' },
          title: { type: 'string' },
          status: { type: 'integer' },
          code: { type: 'string' },
          error: { type: 'string' },
          detail: { type: 'string' },
          fields: {
            type: 'array',
            items: {
              type: 'object',
              properties: { path: { type: 'string' }, reason: { type: 'string' } },
              required: ['path', 'reason'],
              additionalProperties: false,
            },
          },
        },
        required: ['type', 'title', 'status', 'code', 'error', 'detail'],
        additionalProperties: false,
        description: 'A problem document (RFC 9457). `code` is stable and for programs.',
      },
      TaskList: {
        type: 'object',
        properties: {
          tasks: { type: 'array', items: { $ref: '#/components/schemas/Task' } },
          next_cursor: { anyOf: [{ type: 'string' }, { type: 'null' }] },
        },
        required: ['tasks', 'next_cursor'],
        additionalProperties: false,
      },
      TaskCreated: {
        type: 'object',
        properties: {
          task_id: { type: 'string' },
          status: { const: 'created' },
          task: { $ref: '#/components/schemas/Task' },
        },
        required: ['task_id', 'status', 'task'],
        additionalProperties: false,
      },
      TaskBatchResult: {
        type: 'object',
        properties: {
          results: {
            type: 'array',
            items: {
              anyOf: [
                {
                  type: 'object',
                  properties: {
                    status: { const: 201 },
                    task_id: { type: 'string' },
                    task: { $ref: '#/components/schemas/Task' },
                  },
                  required: ['status', 'task_id', 'task'],
                  additionalProperties: false,
                },
                {
                  type: 'object',
                  properties: {
                    status: { type: 'integer' },
                    problem: { $ref: '#/components/schemas/Problem' },
                  },
                  required: ['status', 'problem'],
                  additionalProperties: false,
                },
              ],
            },
          },
        },
        required: ['results'],
        additionalProperties: false,
      },
      ProgressBatchResult: {
        type: 'object',
        properties: {
          results: {
            type: 'array',
            items: {
              anyOf: [
                {
                  type: 'object',
                  properties: {
                    status: { const: 200 },
                    task_id: { type: 'string' },
                    task: { $ref: '#/components/schemas/Task' },
                  },
                  required: ['status', 'task_id', 'task'],
                  additionalProperties: false,
                },
                {
                  type: 'object',
                  properties: {
                    status: { type: 'integer' },
                    problem: { $ref: '#/components/schemas/Problem' },
                  },
                  required: ['status', 'problem'],
                  additionalProperties: false,
                },
              ],
            },
          },
        },
        required: ['results'],
        additionalProperties: false,
      },
      TaskHistory: {
        type: 'object',
        properties: {
          task_id: { type: 'string' },
          history: { type: 'array', items: { $ref: '#/components/schemas/HistoryPoint' } },
          next_cursor: { anyOf: [{ type: 'string' }, { type: 'null' }] },
        },
        required: ['task_id', 'history', 'next_cursor'],
        additionalProperties: false,
      },
      ProjectList: {
        type: 'object',
        properties: {
          projects: { type: 'array', items: { $ref: '#/components/schemas/Project' } },
          next_cursor: { anyOf: [{ type: 'string' }, { type: 'null' }] },
        },
        required: ['projects', 'next_cursor'],
        additionalProperties: false,
      },
      ProjectCreated: {
        type: 'object',
        properties: {
          project_id: { type: 'string' },
          status: { const: 'created' },
          project: { $ref: '#/components/schemas/Project' },
        },
        required: ['project_id', 'status', 'project'],
        additionalProperties: false,
      },
      WebhookList: {
        type: 'object',
        properties: { webhooks: { type: 'array', items: { $ref: '#/components/schemas/Webhook' } } },
        required: ['webhooks'],
        additionalProperties: false,
      },
      WebhookCreated: {
        type: 'object',
        properties: {
          webhook_id: { type: 'string' },
          status: { const: 'created' },
          webhook: { $ref: '#/components/schemas/Webhook' },
        },
        required: ['webhook_id', 'status', 'webhook'],
        additionalProperties: false,
      },
      WebhookTest: {
        type: 'object',
        properties: { delivery_id: { type: 'string' }, status: { const: 'queued' } },
        required: ['delivery_id', 'status'],
        additionalProperties: false,
      },
      LogResult: {
        type: 'object',
        properties: {
          events: { type: 'integer', minimum: 0 },
          lines: { type: 'integer', minimum: 0 },
          records: { type: 'integer', minimum: 0 },
          duplicates: { type: 'integer', minimum: 0 },
          late: { type: 'integer', minimum: 0 },
          oversized: { type: 'integer', minimum: 0 },
          tasks: { type: 'array', items: { $ref: '#/components/schemas/Task' } },
        },
        required: ['events', 'lines', 'records', 'duplicates', 'late', 'oversized', 'tasks'],
        additionalProperties: false,
      },
      LogTextResult: {
        type: 'object',
        properties: {
          events: { type: 'integer', minimum: 0 },
          lines: { type: 'integer', minimum: 0 },
          records: { type: 'integer', minimum: 0 },
          duplicates: { type: 'integer', minimum: 0 },
          late: { type: 'integer', minimum: 0 },
          oversized: { type: 'integer', minimum: 0 },
          tasks: { type: 'array', items: { $ref: '#/components/schemas/Task' } },
          next_offset: { type: 'integer', minimum: 0 },
        },
        required: ['events', 'lines', 'records', 'duplicates', 'late', 'oversized', 'tasks', 'next_offset'],
        additionalProperties: false,
      },
      CollectResult: {
        type: 'object',
        properties: {
          message: { type: 'string' },
          records: { type: 'integer', minimum: 0 },
          groups: { type: 'array', items: { type: 'object', additionalProperties: true } },
        },
        required: ['message', 'records', 'groups'],
        additionalProperties: true,
      },
      Event: {
        type: 'object',
        properties: {
          id: { type: 'string' },
          event: { type: 'string', enum: ['task', 'project'] },
          action: { type: 'string', enum: ['saved', 'deleted'] },
          task_id: { type: 'string' },
          project_id: { type: 'string' },
          version: { type: 'integer', minimum: 0 },
          task: { $ref: '#/components/schemas/Task' },
          project: { $ref: '#/components/schemas/Project' },
        },
        required: ['id', 'event', 'action', 'project_id', 'version'],
        additionalProperties: false,
      },
      EventPage: {
        type: 'object',
        properties: {
          events: { type: 'array', items: { $ref: '#/components/schemas/Event' } },
          next: { type: 'string' },
          reset: { type: 'boolean' },
        },
        required: ['events', 'next', 'reset'],
        additionalProperties: false,
      },
      Health: {
        type: 'object',
        properties: { status: { const: 'healthy' } },
        required: ['status'],
        additionalProperties: false,
      },
      Readiness: {
        type: 'object',
        properties: {
          status: { type: 'string', enum: ['ready', 'degraded', 'unavailable'] },
          backends: {
            type: 'object',
            additionalProperties: {
              type: 'object',
              properties: {
                status: { type: 'string', enum: ['up', 'down'] },
                latency_ms: { type: 'number', minimum: 0 },
              },
              required: ['status', 'latency_ms'],
              additionalProperties: false,
            },
          },
        },
        required: ['status', 'backends'],
        additionalProperties: false,
      },
      NewTask: {
        type: 'object',
        properties: {
          task_id: { type: 'string', pattern: '^[A-Za-z0-9][A-Za-z0-9._:@-]{0,127}$' },
          task_name: {
            type: 'string',
            maxLength: 512,
            pattern: '^[^\\u0000-\\u001f\\u007f]*$',
            minLength: 1,
          },
          task_type: { type: 'string', pattern: '^[a-z0-9][a-z0-9_-]{0,63}$' },
          description: { type: 'string', maxLength: 16384, pattern: '^[^\\u0000]*$' },
          project_id: { type: 'string', pattern: '^[A-Za-z0-9][A-Za-z0-9._:@-]{0,127}$' },
          parent_id: { type: 'string', pattern: '^[A-Za-z0-9][A-Za-z0-9._:@-]{0,127}$' },
          status: {
            enum: ['pending', 'running', 'blocked', 'completed', 'failed', 'cancelled'],
            type: 'string',
          },
          priority: { enum: ['P0', 'P1', 'P2', 'P3'], type: 'string' },
          progress: {
            type: 'object',
            properties: {
              current: { type: 'integer', minimum: 0, maximum: 1000000000000 },
              total: { anyOf: [{ type: 'integer', minimum: 1, maximum: 1000000000000 }, { type: 'null' }] },
            },
            additionalProperties: false,
          },
          details: {
            type: 'object',
            properties: {
              phase: { type: 'string', maxLength: 256, pattern: '^[^\\u0000-\\u001f\\u007f]*$' },
              current_step: { type: 'string', maxLength: 1024, pattern: '^[^\\u0000-\\u001f\\u007f]*$' },
              operation: {
                enum: ['create', 'update', 'destroy', 'hotswap', 'rollback', 'none'],
                type: 'string',
              },
              outcome: {
                enum: [
                  'completed',
                  'no_changes',
                  'failed',
                  'rolled_back',
                  'rollback_failed',
                  'rolling_back',
                  'in_progress',
                ],
                type: 'string',
              },
              stack_state: { type: 'string', maxLength: 128, pattern: '^[^\\u0000-\\u001f\\u007f]*$' },
              failed_resources: {
                type: 'array',
                items: { type: 'string', maxLength: 256, pattern: '^[^\\u0000-\\u001f\\u007f]*$' },
                maxItems: 100,
              },
              retained_resources: {
                type: 'array',
                items: { type: 'string', maxLength: 256, pattern: '^[^\\u0000-\\u001f\\u007f]*$' },
                maxItems: 100,
              },
              log_group: { type: 'string', maxLength: 512, pattern: '^[^\\u0000-\\u001f\\u007f]*$' },
              log_stream: { type: 'string', maxLength: 512, pattern: '^[^\\u0000-\\u001f\\u007f]*$' },
              error_message: { type: 'string', maxLength: 4096, pattern: '^[^\\u0000]*$' },
            },
            additionalProperties: false,
          },
          labels: {},
          metadata: {},
          github: {
            type: 'object',
            properties: {
              issue_number: { type: 'integer', minimum: 1, maximum: 1000000000000 },
              issue_url: {
                type: 'string',
                maxLength: 2048,
                pattern: '^[^\\u0000-\\u001f\\u007f]*$',
                format: 'uri',
              },
              pr_number: { type: 'integer', minimum: 1, maximum: 1000000000000 },
              pr_url: {
                type: 'string',
                maxLength: 2048,
                pattern: '^[^\\u0000-\\u001f\\u007f]*$',
                format: 'uri',
              },
            },
            additionalProperties: false,
          },
        },
        additionalProperties: false,
      },
      TaskPatch: {
        type: 'object',
        properties: {
          task_name: {
            type: 'string',
            maxLength: 512,
            pattern: '^[^\\u0000-\\u001f\\u007f]*$',
            minLength: 1,
          },
          task_type: { type: 'string', pattern: '^[a-z0-9][a-z0-9_-]{0,63}$' },
          description: {
            anyOf: [{ type: 'string', maxLength: 16384, pattern: '^[^\\u0000]*$' }, { type: 'null' }],
          },
          project_id: { type: 'string', pattern: '^[A-Za-z0-9][A-Za-z0-9._:@-]{0,127}$' },
          status: {
            enum: ['pending', 'running', 'blocked', 'completed', 'failed', 'cancelled'],
            type: 'string',
          },
          priority: { enum: ['P0', 'P1', 'P2', 'P3'], type: 'string' },
          progress: {
            type: 'object',
            properties: {
              current: { type: 'integer', minimum: 0, maximum: 1000000000000 },
              total: { anyOf: [{ type: 'integer', minimum: 1, maximum: 1000000000000 }, { type: 'null' }] },
            },
            additionalProperties: false,
          },
          details: {
            anyOf: [
              {
                type: 'object',
                properties: {
                  phase: {
                    anyOf: [
                      { type: 'string', maxLength: 256, pattern: '^[^\\u0000-\\u001f\\u007f]*$' },
                      { type: 'null' },
                    ],
                  },
                  current_step: {
                    anyOf: [
                      { type: 'string', maxLength: 1024, pattern: '^[^\\u0000-\\u001f\\u007f]*$' },
                      { type: 'null' },
                    ],
                  },
                  operation: {
                    anyOf: [
                      {
                        enum: ['create', 'update', 'destroy', 'hotswap', 'rollback', 'none'],
                        type: 'string',
                      },
                      { type: 'null' },
                    ],
                  },
                  outcome: {
                    anyOf: [
                      {
                        enum: [
                          'completed',
                          'no_changes',
                          'failed',
                          'rolled_back',
                          'rollback_failed',
                          'rolling_back',
                          'in_progress',
                        ],
                        type: 'string',
                      },
                      { type: 'null' },
                    ],
                  },
                  stack_state: {
                    anyOf: [
                      { type: 'string', maxLength: 128, pattern: '^[^\\u0000-\\u001f\\u007f]*$' },
                      { type: 'null' },
                    ],
                  },
                  failed_resources: {
                    anyOf: [
                      {
                        type: 'array',
                        items: { type: 'string', maxLength: 256, pattern: '^[^\\u0000-\\u001f\\u007f]*$' },
                        maxItems: 100,
                      },
                      { type: 'null' },
                    ],
                  },
                  retained_resources: {
                    anyOf: [
                      {
                        type: 'array',
                        items: { type: 'string', maxLength: 256, pattern: '^[^\\u0000-\\u001f\\u007f]*$' },
                        maxItems: 100,
                      },
                      { type: 'null' },
                    ],
                  },
                  log_group: {
                    anyOf: [
                      { type: 'string', maxLength: 512, pattern: '^[^\\u0000-\\u001f\\u007f]*$' },
                      { type: 'null' },
                    ],
                  },
                  log_stream: {
                    anyOf: [
                      { type: 'string', maxLength: 512, pattern: '^[^\\u0000-\\u001f\\u007f]*$' },
                      { type: 'null' },
                    ],
                  },
                  error_message: {
                    anyOf: [{ type: 'string', maxLength: 4096, pattern: '^[^\\u0000]*$' }, { type: 'null' }],
                  },
                },
                additionalProperties: false,
              },
              { type: 'null' },
            ],
          },
          labels: { anyOf: [{}, { type: 'null' }] },
          metadata: { anyOf: [{}, { type: 'null' }] },
          github: {
            anyOf: [
              {
                type: 'object',
                properties: {
                  issue_number: {
                    anyOf: [{ type: 'integer', minimum: 1, maximum: 1000000000000 }, { type: 'null' }],
                  },
                  issue_url: {
                    anyOf: [
                      {
                        type: 'string',
                        maxLength: 2048,
                        pattern: '^[^\\u0000-\\u001f\\u007f]*$',
                        format: 'uri',
                      },
                      { type: 'null' },
                    ],
                  },
                  pr_number: {
                    anyOf: [{ type: 'integer', minimum: 1, maximum: 1000000000000 }, { type: 'null' }],
                  },
                  pr_url: {
                    anyOf: [
                      {
                        type: 'string',
                        maxLength: 2048,
                        pattern: '^[^\\u0000-\\u001f\\u007f]*$',
                        format: 'uri',
                      },
                      { type: 'null' },
                    ],
                  },
                },
                additionalProperties: false,
              },
              { type: 'null' },
            ],
          },
        },
        additionalProperties: false,
      },
      TaskBatch: {
        type: 'object',
        properties: {
          tasks: {
            type: 'array',
            items: { $ref: '#/components/schemas/NewTask' },
            minItems: 1,
            maxItems: 100,
          },
        },
        required: ['tasks'],
        additionalProperties: false,
      },
      ProgressReport: {
        type: 'object',
        properties: {
          current: { type: 'integer', minimum: 0, maximum: 1000000000000 },
          total: { anyOf: [{ type: 'integer', minimum: 1, maximum: 1000000000000 }, { type: 'null' }] },
          status: {
            enum: ['pending', 'running', 'blocked', 'completed', 'failed', 'cancelled'],
            type: 'string',
          },
          phase: { type: 'string', maxLength: 256, pattern: '^[^\\u0000-\\u001f\\u007f]*$' },
          message: { type: 'string', maxLength: 4096, pattern: '^[^\\u0000]*$' },
          timestamp: { anyOf: [{ type: 'string' }, { type: 'number' }] },
        },
        additionalProperties: false,
        minProperties: 1,
      },
      TaskReport: {
        type: 'object',
        properties: {
          task_id: { type: 'string', pattern: '^[A-Za-z0-9][A-Za-z0-9._:@-]{0,127}$' },
          current: { type: 'integer', minimum: 0, maximum: 1000000000000 },
          total: { anyOf: [{ type: 'integer', minimum: 1, maximum: 1000000000000 }, { type: 'null' }] },
          status: {
            enum: ['pending', 'running', 'blocked', 'completed', 'failed', 'cancelled'],
            type: 'string',
          },
          phase: { type: 'string', maxLength: 256, pattern: '^[^\\u0000-\\u001f\\u007f]*$' },
          message: { type: 'string', maxLength: 4096, pattern: '^[^\\u0000]*$' },
          timestamp: { anyOf: [{ type: 'string' }, { type: 'number' }] },
        },
        required: ['task_id'],
        additionalProperties: false,
        minProperties: 2,
      },
      ProgressBatch: {
        type: 'object',
        properties: {
          reports: {
            type: 'array',
            items: { $ref: '#/components/schemas/TaskReport' },
            minItems: 1,
            maxItems: 100,
          },
        },
        required: ['reports'],
        additionalProperties: false,
      },
      CancelRequest: {
        type: 'object',
        properties: { message: { type: 'string', maxLength: 4096, pattern: '^[^\\u0000]*$' } },
        additionalProperties: false,
      },
      ReopenRequest: {
        type: 'object',
        properties: {
          status: { enum: ['pending', 'running'], type: 'string' },
          message: { type: 'string', maxLength: 4096, pattern: '^[^\\u0000]*$' },
        },
        additionalProperties: false,
      },
      NewProject: {
        type: 'object',
        properties: {
          project_id: { type: 'string', pattern: '^[A-Za-z0-9][A-Za-z0-9._:@-]{0,127}$' },
          project_name: {
            type: 'string',
            maxLength: 256,
            pattern: '^[^\\u0000-\\u001f\\u007f]*$',
            minLength: 1,
          },
          description: { type: 'string', maxLength: 16384, pattern: '^[^\\u0000]*$' },
          status: { enum: ['active', 'paused', 'completed', 'archived'], type: 'string' },
          owner: { type: 'string', maxLength: 256, pattern: '^[^\\u0000-\\u001f\\u007f]*$' },
          account_id: { type: 'string', pattern: '^\\d{12}$' },
          resources: {
            type: 'object',
            properties: {
              github_repo: { type: 'string', maxLength: 256, pattern: '^[^\\u0000-\\u001f\\u007f]*$' },
              s3_bucket: { type: 'string', maxLength: 256, pattern: '^[^\\u0000-\\u001f\\u007f]*$' },
              cloudfront_distribution: {
                type: 'string',
                maxLength: 256,
                pattern: '^[^\\u0000-\\u001f\\u007f]*$',
              },
              api_endpoint: {
                type: 'string',
                maxLength: 2048,
                pattern: '^[^\\u0000-\\u001f\\u007f]*$',
                format: 'uri',
              },
            },
            additionalProperties: false,
          },
        },
        required: ['project_name'],
        additionalProperties: false,
      },
      ProjectPatch: {
        type: 'object',
        properties: {
          project_name: {
            type: 'string',
            maxLength: 256,
            pattern: '^[^\\u0000-\\u001f\\u007f]*$',
            minLength: 1,
          },
          description: {
            anyOf: [{ type: 'string', maxLength: 16384, pattern: '^[^\\u0000]*$' }, { type: 'null' }],
          },
          status: { enum: ['active', 'paused', 'completed', 'archived'], type: 'string' },
          owner: { type: 'string', maxLength: 256, pattern: '^[^\\u0000-\\u001f\\u007f]*$' },
          account_id: { anyOf: [{ type: 'string', pattern: '^\\d{12}$' }, { type: 'null' }] },
          resources: {
            anyOf: [
              {
                type: 'object',
                properties: {
                  github_repo: {
                    anyOf: [
                      { type: 'string', maxLength: 256, pattern: '^[^\\u0000-\\u001f\\u007f]*$' },
                      { type: 'null' },
                    ],
                  },
                  s3_bucket: {
                    anyOf: [
                      { type: 'string', maxLength: 256, pattern: '^[^\\u0000-\\u001f\\u007f]*$' },
                      { type: 'null' },
                    ],
                  },
                  cloudfront_distribution: {
                    anyOf: [
                      { type: 'string', maxLength: 256, pattern: '^[^\\u0000-\\u001f\\u007f]*$' },
                      { type: 'null' },
                    ],
                  },
                  api_endpoint: {
                    anyOf: [
                      {
                        type: 'string',
                        maxLength: 2048,
                        pattern: '^[^\\u0000-\\u001f\\u007f]*$',
                        format: 'uri',
                      },
                      { type: 'null' },
                    ],
                  },
                },
                additionalProperties: false,
              },
              { type: 'null' },
            ],
          },
        },
        additionalProperties: false,
      },
      NewWebhook: {
        type: 'object',
        properties: {
          url: { type: 'string', maxLength: 2048, pattern: '^[^\\u0000-\\u001f\\u007f]*$', format: 'uri' },
          events: {
            type: 'array',
            items: { enum: ['task.completed', 'task.failed', 'task.stale'], type: 'string' },
            minItems: 1,
            maxItems: 20,
          },
          active: { type: 'boolean' },
          secret: {
            type: 'string',
            pattern: '^whsec_([A-Za-z0-9+/]{4}){8,22}([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$',
          },
        },
        required: ['url'],
        additionalProperties: false,
      },
      WebhookPatch: {
        type: 'object',
        properties: {
          url: { type: 'string', maxLength: 2048, pattern: '^[^\\u0000-\\u001f\\u007f]*$', format: 'uri' },
          events: {
            type: 'array',
            items: { enum: ['task.completed', 'task.failed', 'task.stale'], type: 'string' },
            minItems: 1,
            maxItems: 20,
          },
          active: { type: 'boolean' },
        },
        additionalProperties: false,
      },
      RotateRequest: {
        type: 'object',
        properties: {
          secret: {
            type: 'string',
            pattern: '^whsec_([A-Za-z0-9+/]{4}){8,22}([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$',
          },
        },
        additionalProperties: false,
      },
      LogBatch: {
        type: 'object',
        properties: {
          project_id: { type: 'string', pattern: '^[A-Za-z0-9][A-Za-z0-9._:@-]{0,127}$' },
          log_group: {
            type: 'string',
            maxLength: 512,
            pattern: '^[^\\u0000-\\u001f\\u007f]*$',
            minLength: 1,
          },
          log_stream: {
            type: 'string',
            maxLength: 512,
            pattern: '^[^\\u0000-\\u001f\\u007f]*$',
            minLength: 1,
          },
          events: {
            type: 'array',
            items: {
              type: 'object',
              properties: {
                id: { type: 'string', maxLength: 256, pattern: '^[^\\u0000-\\u001f\\u007f]*$', minLength: 1 },
                timestamp: { anyOf: [{ type: 'string' }, { type: 'number' }] },
                message: { type: 'string' },
              },
              required: ['timestamp', 'message'],
              additionalProperties: false,
            },
            maxItems: 10000,
          },
        },
        required: ['log_group', 'log_stream', 'events'],
        additionalProperties: false,
      },
      CollectRequest: {
        type: 'object',
        properties: {
          log_group: {
            type: 'string',
            maxLength: 512,
            pattern: '^[^\\u0000-\\u001f\\u007f]*$',
            minLength: 1,
          },
          start_time: { anyOf: [{ type: 'string' }, { type: 'number' }] },
          end_time: { anyOf: [{ type: 'string' }, { type: 'number' }] },
        },
        additionalProperties: false,
      },
    },
  },
};
