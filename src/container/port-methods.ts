import type { CachePorts, FeedPorts, LogSourcePorts, StorePorts } from '../ports/backend.ts';
import type { Methods } from './lazy.ts';

type NamesOf<Provided> = Readonly<{
  [Port in keyof Provided]: Readonly<Record<keyof Provided[Port], true>>;
}>;

type MethodsOf<Provided> = Readonly<{ [Name in keyof Provided]: Methods<Provided[Name]> }>;

/** The methods of the ports of each kind of backend. The compiler checks that none is missing. */
export const STORE_METHODS: MethodsOf<Omit<StorePorts, 'taskCommits'>> = {
  taskStore: { find: 'promise', findMany: 'promise', save: 'promise', list: 'promise', remove: 'promise' },
  taskTally: { uncounted: 'promise', mark: 'promise', markAccounted: 'promise' },
  taskHistory: { append: 'promise', read: 'promise', remove: 'promise' },
  projectStore: { find: 'promise', save: 'promise', list: 'promise', remove: 'promise' },
  checkpoints: { read: 'promise', write: 'promise', remove: 'promise' },
  webhookStore: { find: 'promise', save: 'promise', remove: 'promise' },
  outbox: { add: 'promise', pending: 'promise', reschedule: 'promise', end: 'promise' },
  outboxQueues: { due: 'promise', claim: 'promise', release: 'promise', last: 'promise' },
  lineStore: { find: 'promise', chunks: 'promise', write: 'promise', remove: 'promise' },
  keyStore: { find: 'promise', add: 'promise', list: 'promise', recordUse: 'promise', remove: 'promise' },
};

export const CACHE_METHODS: NamesOf<CachePorts> = {
  taskCache: { find: true, save: true, markAbsent: true, remove: true },
  taskListCache: { page: true, fill: true },
  projectCache: { find: true, save: true, markAbsent: true, remove: true },
  rateLimiter: { take: true },
};

export const FEED_METHODS: NamesOf<FeedPorts> = {
  changeFeed: { publish: true, position: true, read: true, wait: true, hasLost: true },
};

/** A log source may leave out `look`. */
export const LOG_SOURCE_METHODS: NamesOf<
  Omit<LogSourcePorts, 'logSource'> & Readonly<{ logSource: Omit<LogSourcePorts['logSource'], 'look'> }>
> = {
  logSource: { groups: true, read: true },
  logReader: { read: true },
};
