import { hashOf, randomSecrets } from '../../adapters/system/secrets.ts';
import type { Key } from '../../client/index.ts';
import { type ApiKey, formatApiKey, SCOPES, type Scope } from '../../domain/api-keys.ts';
import { MiyabiError } from '../../domain/errors.ts';
import { ID_RULE, isId } from '../../domain/ids.ts';
import { CommandFailure, EXIT } from '../failure.ts';
import { withServer } from '../session.ts';
import { type Cell, table } from '../terminal/table.ts';

export type KeyOptions = Readonly<{
  scope?: string | undefined;
  project?: string | undefined;
  json?: boolean | undefined;
  expires?: string | undefined;
}>;

/** `miyabi keys create`: a new key for a client, and its entry in `API_KEYS` for the server. */
export const createKey = (options: KeyOptions, write: (text: string) => void = print): void => {
  if (options.expires !== undefined) {
    throw new CommandFailure(
      EXIT.usage,
      'a key of API_KEYS cannot expire; give the key a name, and the server stores it',
    );
  }
  const { key, hash } = randomSecrets().nextKey();
  const entry = formatApiKey(keyFor(hash, options));
  write(
    options.json === true
      ? `${JSON.stringify({ key, api_keys_entry: entry })}\n`
      : `Key, shown only now:      ${key}\nFor API_KEYS (commas between several): ${entry}\n`,
  );
};

/** `miyabi keys create NAME`: a new key that the server stores. */
export const createStoredKey = (name: string, options: KeyOptions): Promise<void> =>
  withServer(async ({ client, print: say, printJson }) => {
    const { scope, project, expires } = options;
    const answer = await client.request('POST /api/keys', {
      body: {
        name,
        scope: scopeOf(scope),
        project_id: project === undefined ? undefined : requireProject(project),
        expires_at: expires === undefined ? undefined : expiryOf(expires, Date.now()),
      },
    });
    if (options.json === true) {
      printJson(answer);
      return;
    }
    say(`Key, shown only now:  ${answer.secret}\nIts id, to revoke it: ${answer.key_id}\n`);
    if (!answer.enforced) say(NOT_ENFORCED);
  });

/** `miyabi keys list` */
export const listKeys = (options: Readonly<{ json?: boolean }>): Promise<void> =>
  withServer(async ({ client, print: say, printJson, look, columns }) => {
    const answer = await client.request('GET /api/keys');
    if (options.json === true) {
      printJson(answer);
      return;
    }
    if (answer.keys.length === 0) say('The server stores no keys. miyabi keys create NAME makes one.\n');
    else {
      const now = Date.now();
      say(
        table(
          [
            { title: 'NAME', shrinks: true },
            { title: 'SCOPE' },
            { title: 'PROJECT', shrinks: true, spare: true },
            { title: 'CREATED', spare: true },
            { title: 'LAST USED', spare: true },
            { title: 'EXPIRES' },
            { title: 'ID' },
          ],
          answer.keys.map((key) => [
            { text: key.name },
            { text: key.scope },
            { text: key.project_id ?? '' },
            { text: dayOf(key.created_at) },
            { text: key.last_used_at === undefined ? 'never' : dayOf(key.last_used_at) },
            expiryCell(key, now),
            { text: key.key_id, paint: 'dim' as const },
          ]),
          { look, columns },
        ),
      );
    }
    if (!answer.enforced) say(NOT_ENFORCED);
  });

/** `miyabi keys revoke` */
export const revokeKey = (id: string, options: Readonly<{ json?: boolean }>): Promise<void> =>
  withServer(async ({ client, print: say, printJson }) => {
    await client.request('DELETE /api/keys/{key_id}', { path: { key_id: id } });
    if (options.json === true) printJson({ key_id: id, status: 'revoked' });
    else say('Revoked. Other processes of the server refuse it within 30 seconds.\n');
  });

const NOT_ENFORCED = 'This server has no API_KEYS, so it asks for no key at all.\n';

const UNITS: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000 };

/** A time as the API takes it: `2027-01-31` as it is, `90d` as epoch milliseconds. */
export const expiryOf = (text: string, now: number): string | number => {
  const [, count, unit] = /^(\d{1,5})([mhd])$/.exec(text) ?? [];
  if (count !== undefined && unit !== undefined) return now + Number(count) * (UNITS[unit] ?? 0);
  // Date.parse also takes texts such as `90`, which the API does not.
  if (!/^\d{4}-\d\d-\d\d/.test(text) || Number.isNaN(Date.parse(text))) {
    throw new CommandFailure(
      EXIT.usage,
      `--expires ${text} must be a time such as 2027-01-31, or a duration such as 90d or 12h`,
    );
  }
  return text;
};

const dayOf = (time: string): string => time.slice(0, 'yyyy-mm-dd'.length);

const expiryCell = ({ expires_at }: Key, now: number): Cell => {
  if (expires_at === undefined) return { text: 'never' };
  return Date.parse(expires_at) <= now ? { text: 'expired', paint: 'red' } : { text: dayOf(expires_at) };
};

/** `miyabi keys hash`: the entry in `API_KEYS` of an existing key. */
export const hashKey = (key: string, options: KeyOptions, write: (text: string) => void = print): void => {
  if (key.length < 16) {
    throw new MiyabiError('configuration', 'the key is too short to be safe; miyabi keys create makes one');
  }
  const entry = formatApiKey(keyFor(hashOf(key), options));
  write(options.json === true ? `${JSON.stringify({ api_keys_entry: entry })}\n` : `${entry}\n`);
};

const keyFor = (hash: string, { scope, project }: KeyOptions): ApiKey => ({
  hash,
  scope: scopeOf(scope),
  ...(project === undefined ? {} : { project_id: requireProject(project) }),
});

const scopeOf = (scope = 'write'): Scope => {
  if (!isScope(scope)) throw new MiyabiError('configuration', `--scope must be one of ${SCOPES.join(', ')}`);
  return scope;
};

const requireProject = (project: string): string => {
  if (!isId(project)) throw new MiyabiError('configuration', `--project ${ID_RULE}`);
  return project;
};

const isScope = (scope: string): scope is Scope => SCOPES.some((one) => one === scope);

const print = (text: string): void => {
  process.stdout.write(text);
};
