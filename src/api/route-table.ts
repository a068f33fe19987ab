import { JSON_TYPE, type Method, type Route } from './route.ts';

/** A route, with precomputed values: the media types of its answers, and its repeatable parameters. */
export type Operation = Readonly<{ route: Route; types: readonly string[]; repeatable: readonly string[] }>;

type Methods = Readonly<Partial<Record<Method, Operation>>>;

export type Found = Readonly<{ methods: Methods; params: Readonly<Record<string, string>> }>;

/**
 * Finds routes by their path. The few with parameters are tried one after the other: the tree of a router library is
 * made for thousands of routes, and walking it would cost a cached read more than anything else.
 */
export const routeTable = (routes: readonly Route[]) => {
  const fixed = new Map<string, Methods>();
  const patterns: (Pattern & Readonly<{ methods: Methods }>)[] = [];
  for (const [path, methods] of byPath(routes)) {
    if (path.includes('{')) patterns.push({ ...patternOf(path), methods });
    else fixed.set(path, methods);
  }
  return (path: string): Found | undefined => {
    const known = fixed.get(path);
    if (known !== undefined) return { methods: known, params: {} };
    // A trailing slash is ignored.
    const bare = path.endsWith('/') ? path.slice(0, -1) : path;
    for (const pattern of patterns) {
      const params = paramsOf(pattern, bare);
      if (params !== undefined) return { methods: pattern.methods, params };
    }
    return undefined;
  };
};

/**
 * A path with parameters: its beginning, and each parameter with the text after it; `suffix` is the length of that text
 * within the same segment, e.g. 4 for `.svg`.
 */
type Pattern = Readonly<{
  start: string;
  params: readonly Readonly<{ name: string; after: string; suffix: number }>[];
}>;

const patternOf = (path: string): Pattern => {
  const [start = '', ...rest] = path.split('{');
  const params = rest.map((text) => {
    const [name = '', after = ''] = text.split('}');
    const [suffix = ''] = after.split('/');
    return { name, after, suffix: suffix.length };
  });
  return { start, params };
};

/** The parameters of a matching path, none of them empty. A path that does not match is not split. */
const paramsOf = ({ start, params }: Pattern, path: string): Found['params'] | undefined => {
  if (!path.startsWith(start)) return undefined;
  const values: Record<string, string> = {};
  let at = start.length;
  for (const { name, after, suffix } of params) {
    const slash = path.indexOf('/', at);
    const end = (slash === -1 ? path.length : slash) - suffix;
    if (end <= at || !path.startsWith(after, end)) return undefined;
    values[name] = path.slice(at, end);
    at = end + after.length;
  }
  return at === path.length ? values : undefined;
};

const byPath = (routes: readonly Route[]): ReadonlyMap<string, Methods> => {
  const paths = new Map<string, Methods>();
  for (const route of routes) {
    const operation = { route, types: typesOf(route), repeatable: repeatableOf(route) };
    paths.set(route.path, { ...paths.get(route.path), [route.method]: operation });
  }
  return paths;
};

const typesOf = ({ answers }: Route): readonly string[] => {
  const types = Object.values(answers).flatMap(({ content = {} }) => Object.keys(content));
  return types.length === 0 ? [JSON_TYPE] : [...new Set(types)];
};

type Entries = Readonly<Record<string, Readonly<{ type: string; wrapped?: Readonly<{ type: string }> }>>>;

/** The parameters that are lists, by the schema of the query. */
const repeatableOf = ({ query }: Route): readonly string[] => {
  // Valibot types the entries of an unknown object schema as any.
  const entries: Entries = query !== undefined && 'entries' in query ? (query.entries as Entries) : {};
  return Object.keys(entries).filter((name) => entries[name]?.wrapped?.type === 'array');
};
