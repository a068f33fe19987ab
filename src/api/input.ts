import { invalidField } from '../domain/errors.ts';
import { ID_RULE, isId } from '../domain/ids.ts';
import { readBody, validate } from './body.ts';
import type { HttpRequest } from './message.ts';
import type { Found, Operation } from './route-table.ts';

type Input = Readonly<{ params: Found['params']; query: unknown; body: unknown }>;

/**
 * The input of a request, checked by its route.
 *
 * @throws MiyabiError `invalid_input`, `payload_too_large`, `unsupported_media_type`
 */
export const inputOf = (
  { route: { query, body }, repeatable }: Operation,
  request: HttpRequest,
  found: Found['params'],
): Input => {
  const params = request.path.includes('%') ? decoded(found) : found;
  for (const name of Object.keys(params)) if (!isId(params[name] ?? '')) throw invalidField(name, ID_RULE);
  return {
    params,
    query: query === undefined ? undefined : validate(query, queryOf(request.search, repeatable)),
    body: body === undefined ? undefined : readBody(request, body),
  };
};

const decoded = (params: Readonly<Record<string, string>>): Readonly<Record<string, string>> => {
  const texts: Record<string, string> = {};
  for (const name of Object.keys(params)) {
    const { [name]: value = '' } = params;
    try {
      texts[name] = value.includes('%') ? decodeURIComponent(value) : value;
    } catch {
      throw invalidField(name, 'is not valid percent-encoding');
    }
  }
  return texts;
};

/** Any name is safe, since only own properties count; a repeatable parameter is a list. */
const queryOf = (
  search: string,
  repeatable: readonly string[],
): Readonly<Record<string, string | readonly string[]>> => {
  const query = new Map<string, string | string[]>();
  for (const [name, value] of new URLSearchParams(search)) {
    const before = query.get(name);
    if (repeatable.includes(name)) query.set(name, [...(before ?? []), value]);
    else if (before !== undefined) throw invalidField(name, 'is given more than once');
    else query.set(name, value);
  }
  return Object.fromEntries(query);
};
