import { writeFileSync } from 'node:fs';
import { PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { createKey } from '../../src/cli/commands/keys-actions.ts';
import { MiyabiError } from '../../src/domain/errors.ts';
import { apiKeysParameterOf } from '../config.ts';
import { type ClientSettings, parameter, translating } from './preflight.ts';
import { say } from './program.ts';

/** The current version of the API keys: 1 before there are any. */
export const apiKeysVersion = async (client: ClientSettings, name: string): Promise<number> =>
  (await parameter(client, apiKeysParameterOf(name)))?.version ?? 1;

/**
 * Creates a first key if there is none, and shows it or writes it to a file: only its hash is stored. Returns the current version, and the key
 * if it is new.
 */
export const ensureApiKeys = async (
  client: ClientSettings,
  name: string,
  keyFile?: string,
): Promise<Readonly<{ version: number; key?: string }>> => {
  const found = await parameter(client, apiKeysParameterOf(name));
  if (found !== undefined) return { version: found.version };
  // Before anything is stored, so that no key is lost to a file that cannot be written.
  if (keyFile !== undefined) reserve(keyFile);
  let made = '';
  createKey({ scope: 'admin', json: true }, (text) => {
    made = text;
  });
  // Printed by our own `miyabi keys create --json`.
  const { key, api_keys_entry: entry } = JSON.parse(made) as { key: string; api_keys_entry: string };
  const { Version = 1 } = await translating(() =>
    new SSMClient(client).send(
      new PutParameterCommand({
        Name: apiKeysParameterOf(name),
        Description: 'Hashes of the API keys of Miyabi: SHA-256:SCOPE, with commas between',
        Type: 'String',
        Value: entry,
      }),
    ),
  );
  if (keyFile === undefined) say(`A first key of the API, scope admin, shown only now: ${key}`);
  else {
    writeFileSync(keyFile, `${key}\n`);
    say(`A first key of the API, scope admin, is in ${keyFile}.`);
  }
  say(
    'More keys, without a deployment: miyabi keys create NAME, with MIYABI_URL and this key as MIYABI_API_KEY.',
  );
  return { version: Version, key };
};

/** An empty file that its owner alone may read. @throws MiyabiError `configuration` if it exists, or cannot be made. */
const reserve = (file: string): void => {
  try {
    writeFileSync(file, '', { flag: 'wx', mode: 0o600 });
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new MiyabiError('configuration', `--key-file ${file} cannot be written: ${reason}`, { cause });
  }
};
