// What every peer answers with: the same check of the key and of the id, the task from Redis first and from DynamoDB
// behind it, written back to Redis. Only what lies between Lambda and this differs between the peers. The stored item
// holds the answer as it is, so that no peer pays for a format of ours.
import { createHash, timingSafeEqual } from 'node:crypto';
import { Redis } from 'ioredis';

const { REDIS_ENDPOINT, REDIS_PORT, DYNAMODB_ENDPOINT, AWS_REGION, PEER_TABLE_NAME, API_KEY_HASH } =
  process.env;

// As is usual: outside the handler, so that it connects while the function is being initialised.
const redis = new Redis({
  host: REDIS_ENDPOINT,
  port: Number(REDIS_PORT),
  maxRetriesPerRequest: 1,
  connectTimeout: 500,
  // On a seventh of a slow core, loading the SDK alone may block the process for a second.
  commandTimeout: 10_000,
});
redis.on('error', () => undefined);

const hash = Buffer.from(API_KEY_HASH, 'hex');
export const isAuthorized = (authorization = '') => {
  const key = /^Bearer +(\S+) *$/i.exec(authorization)?.[1] ?? '';
  return timingSafeEqual(hash, createHash('sha256').update(key).digest());
};

const ID = /^[A-Za-z0-9][A-Za-z0-9._:-]{0,127}$/;

// Loaded when it is first needed, from a file of its own.
let store;
const openStore = async () => {
  const { DynamoDBClient, GetItemCommand } = await import('@aws-sdk/client-dynamodb');
  const client = new DynamoDBClient({
    endpoint: DYNAMODB_ENDPOINT,
    region: AWS_REGION,
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  });
  return async (id) => {
    const { Item } = await client.send(
      new GetItemCommand({ TableName: PEER_TABLE_NAME, Key: { task_id: { S: id } } }),
    );
    return Item?.answer.S;
  };
};

/** The task as the text of its JSON, undefined where there is none, null where the id cannot be one. */
export const findTask = async (id) => {
  if (!ID.test(id)) return null;
  const key = `peer:task:${id}`;
  const known = await redis.get(key);
  if (known !== null) return known;
  store ??= openStore();
  const found = await (await store)(id);
  if (found !== undefined) await redis.set(key, found, 'PX', 60_000);
  return found;
};

/** Status and text of the answer to GET /api/tasks/{id}. */
export const answerTask = async (authorization, id) => {
  if (!isAuthorized(authorization)) return { status: 401, body: '{"error":"A valid API key is needed"}' };
  const found = await findTask(id);
  if (found === null) return { status: 400, body: '{"error":"task_id is not valid"}' };
  if (found === undefined) return { status: 404, body: '{"error":"Task not found"}' };
  return { status: 200, body: found };
};

/** The other routes that ours has. They stand in the router and are not measured. */
export const OTHER_ROUTES = [
  ['GET', '/health'],
  ['GET', '/health/ready'],
  ['GET', '/api/tasks'],
  ['POST', '/api/tasks'],
  ['PATCH', '/api/tasks/:id'],
  ['DELETE', '/api/tasks/:id'],
  ['POST', '/api/tasks/:id/progress'],
  ['GET', '/api/tasks/:id/history'],
  ['GET', '/api/projects'],
  ['POST', '/api/projects'],
  ['GET', '/api/projects/:id'],
  ['PATCH', '/api/projects/:id'],
  ['DELETE', '/api/projects/:id'],
  ['POST', '/api/logs'],
  ['POST', '/api/collect'],
  ['GET', '/openapi.json'],
];

export const NOT_MEASURED = '{"error":"Not part of the comparison"}';
