import { isId } from './ids.ts';

/** What a key allows; each includes those before it. */
export const SCOPES = ['read', 'write', 'admin'] as const;
export type Scope = (typeof SCOPES)[number];

/** A key as the configuration holds it: never the key itself. With `project_id` it is good for that project alone. */
export type ApiKey = Readonly<{ hash: string; scope: Scope; project_id?: string }>;

export const includesScope = (held: Scope, needed: Scope): boolean =>
  SCOPES.indexOf(held) >= SCOPES.indexOf(needed);

export const API_KEY_RULE =
  'must be a list of SHA-256:SCOPE or SHA-256:SCOPE:PROJECT, with commas between them; miyabi keys create makes one';

/** A configured key: 64 hexadecimal digits, the scope, and the project if it is bound to one. Undefined where it is none. */
export const parseApiKey = (text: string): ApiKey | undefined => {
  const found = /^([0-9a-f]{64}):(read|write|admin)(?::(.+))?$/i.exec(text.trim());
  if (found === null) return undefined;
  const [, hash = '', scope = '', project_id] = found;
  if (project_id !== undefined && !isId(project_id)) return undefined;
  return {
    hash: hash.toLowerCase(),
    scope: SCOPES.find((one) => one === scope.toLowerCase()) ?? 'read',
    ...(project_id === undefined ? {} : { project_id }),
  };
};

export const formatApiKey = ({ hash, scope, project_id }: ApiKey): string =>
  `${hash}:${scope}${project_id === undefined ? '' : `:${project_id}`}`;
