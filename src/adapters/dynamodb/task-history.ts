import { defined } from '../../domain/defined.ts';
import type { HistoryPoint } from '../../domain/tasks/progress.ts';
import { fromIso, MAX_TIME } from '../../domain/time.ts';
import type { Clock } from '../../ports/clock.ts';
import type { TaskHistory } from '../../ports/task-store.ts';
import { type Item, text } from './attributes.ts';
import { type TableOptions, tableOf } from './table.ts';
import { pointBounds, pointFromItem, pointToItem } from './task-item.ts';

export type DynamodbTaskHistoryOptions = TableOptions & Readonly<{ clock: Clock }>;

/** The history of tasks, beside their current state in the tasks table. */
export const dynamodbTaskHistory = ({ clock, ...options }: DynamodbTaskHistoryOptions): TaskHistory => {
  const table = tableOf(options);

  const between = (taskId: string, from: number, to: number) => {
    const [first, last] = pointBounds(from, to);
    return {
      KeyConditionExpression: '#id = :id AND #at BETWEEN :first AND :last',
      ExpressionAttributeNames: { '#id': 'task_id', '#at': 'timestamp' },
      ExpressionAttributeValues: { ':id': text(taskId), ':first': first, ':last': last },
      ConsistentRead: true,
    };
  };

  return {
    async append(taskId, points) {
      // A batch may not hold the same key twice.
      const byTime = new Map(
        points.map((point) => [point.timestamp, pointToItem(taskId, point, clock.now())]),
      );
      await table.writeMany([...byTime.values()].map((item) => ({ PutRequest: { Item: item } })));
    },

    async read(taskId, { from = 0, to = MAX_TIME, limit, after = -1 }) {
      const first = Math.max(from, after + 1);
      const last = Math.min(to, MAX_TIME);
      const items: HistoryPoint[] = [];
      if (first > last) return { items };
      let start: Item | undefined;
      do {
        const page = await table.query({
          ...between(taskId, first, last),
          Limit: limit + 1 - items.length,
          ...defined({ ExclusiveStartKey: start }),
        });
        items.push(...page.items.map(pointFromItem));
        start = page.from;
      } while (start !== undefined && items.length <= limit);
      if (items.length <= limit) return { items };
      const held = items.slice(0, limit);
      const end = held.at(-1);
      return { items: held, ...(end === undefined ? {} : { next: fromIso(end.timestamp) }) };
    },

    async remove(taskId) {
      const all = between(taskId, 0, MAX_TIME);
      let start: Item | undefined;
      do {
        const page = await table.query({
          ...all,
          ProjectionExpression: '#id, #at',
          ...defined({ ExclusiveStartKey: start }),
        });
        await table.writeMany(page.items.map((key) => ({ DeleteRequest: { Key: key } })));
        start = page.from;
      } while (start !== undefined);
    },
  };
};
