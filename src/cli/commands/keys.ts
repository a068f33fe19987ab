import { createHash, randomBytes } from 'node:crypto';
import { type ApiKey, formatApiKey, SCOPES, type Scope } from '../../domain/api-keys.ts';
import { MiyabiError } from '../../domain/errors.ts';
import { ID_RULE, isId } from '../../domain/ids.ts';

export type KeyOptions = Readonly<{
  scope?: string | undefined;
  project?: string | undefined;
  json?: boolean | undefined;
}>;

/** `miyabi keys create`: a new key for a client, and its entry in `API_KEYS` for the server. */
export const createKey = (options: KeyOptions, write: (text: string) => void = print): void => {
  // 256 random bits cannot be guessed, so storing a fast hash is safe.
  const key = `miyabi_${randomBytes(32).toString('base64url')}`;
  const entry = formatApiKey(keyFor(key, options));
  write(
    options.json === true
      ? `${JSON.stringify({ key, api_keys_entry: entry })}\n`
      : `Key, shown only now:      ${key}\nFor API_KEYS (commas between several): ${entry}\n`,
  );
};

/** `miyabi keys hash`: the entry in `API_KEYS` of an existing key. */
export const hashKey = (key: string, options: KeyOptions, write: (text: string) => void = print): void => {
  if (key.length < 16) {
    throw new MiyabiError('configuration', 'the key is too short to be safe; miyabi keys create makes one');
  }
  const entry = formatApiKey(keyFor(key, options));
  write(options.json === true ? `${JSON.stringify({ api_keys_entry: entry })}\n` : `${entry}\n`);
};

const keyFor = (key: string, { scope = 'write', project }: KeyOptions): ApiKey => {
  if (!isScope(scope)) throw new MiyabiError('configuration', `--scope must be one of ${SCOPES.join(', ')}`);
  if (project !== undefined && !isId(project)) throw new MiyabiError('configuration', `--project ${ID_RULE}`);
  return {
    hash: createHash('sha256').update(key).digest('hex'),
    scope,
    ...(project === undefined ? {} : { project_id: project }),
  };
};

const isScope = (scope: string): scope is Scope => SCOPES.some((one) => one === scope);

const print = (text: string): void => {
  process.stdout.write(text);
};
