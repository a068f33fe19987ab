import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';

/** A command on its way: its name, e.g. `QueryCommand`, and its input, which may be changed before it is sent. */
export type Sent = Readonly<{ name: string; input: Record<string, unknown> }>;

/** Answers in the server's place, or sends the command on. */
export type Intercept = (sent: Sent, send: () => Promise<Record<string, unknown>>) => Promise<unknown>;

type Command = Readonly<{ input: Record<string, unknown> }>;

/** A client that lets a test stand between it and the server. */
export const intercepted = (client: DynamoDBClient, intercept: Intercept): DynamoDBClient => {
  const send = (command: Command): Promise<unknown> =>
    intercept({ name: command.constructor.name, input: command.input }, () =>
      Reflect.apply(client.send, client, [command]),
    );
  return new Proxy(client, {
    get: (target, key) => (key === 'send' ? send : Reflect.get(target, key, target)),
  });
};

/** An error such as the SDK throws. */
export const awsError = (name: string, { status = 400, attempts = 1, message = name } = {}): Error =>
  Object.assign(new Error(message), { name, $metadata: { httpStatusCode: status, attempts } });

type Keyed = Record<string, unknown>;

/**
 * A server at its most tiresome, but within its rights: pages of a few items, every other page empty, and half of
 * every batch undone on its first round.
 */
export const tiresome = (client: DynamoDBClient): DynamoDBClient => {
  let queries = 0;
  let batches = 0;
  return intercepted(client, async ({ name, input }, send) => {
    if (name === 'QueryCommand') {
      queries += 1;
      const start = input['ExclusiveStartKey'];
      if (queries % 2 === 0 && start !== undefined) return { Items: [], LastEvaluatedKey: start };
      const limit = input['Limit'];
      input['Limit'] = Math.min(7, typeof limit === 'number' ? limit : 7);
      return send();
    }
    const undone = name === 'BatchGetItemCommand' ? 'UnprocessedKeys' : 'UnprocessedItems';
    if (name === 'BatchGetItemCommand' || name === 'BatchWriteItemCommand') {
      batches += 1;
      if (batches % 2 === 0) return send();
      const later = firstHalfOnly(name, input);
      return later === undefined ? send() : { ...(await send()), [undone]: later };
    }
    return send();
  });
};

/** Leaves the first half of a batch in it and gives back the rest, where there are two items at least. */
const firstHalfOnly = (name: string, input: Keyed): Keyed | undefined => {
  const [table, request] = Object.entries(input['RequestItems'] as Record<string, unknown>)[0] ?? [];
  if (table === undefined) return undefined;
  if (name === 'BatchWriteItemCommand') {
    const writes = request as readonly unknown[];
    if (writes.length < 2) return undefined;
    input['RequestItems'] = { [table]: writes.slice(0, Math.ceil(writes.length / 2)) };
    return { [table]: writes.slice(Math.ceil(writes.length / 2)) };
  }
  const { Keys: keys, ...rest } = request as { Keys: readonly unknown[] };
  if (keys.length < 2) return undefined;
  input['RequestItems'] = { [table]: { ...rest, Keys: keys.slice(0, Math.ceil(keys.length / 2)) } };
  // Without the rest of the request, as some servers give it back.
  return { [table]: { Keys: keys.slice(Math.ceil(keys.length / 2)) } };
};
