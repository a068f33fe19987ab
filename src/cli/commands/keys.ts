import { Command } from 'commander';
import type * as Actions from './keys-actions.ts';

const actions = (): Promise<typeof Actions> => import('./keys-actions.ts');

const scoped = (command: Command): Command =>
  command
    .option('--scope <scope>', 'its scope: read, write or admin', 'write')
    .option('--project <id>', 'the only project it is valid for')
    .option('--json', 'one JSON object');

export const keysCommand = (): Command => {
  const command = new Command('keys')
    .summary('create, list and revoke API keys')
    .description('The API keys of a server, and new ones for its API_KEYS.')
    .addHelpText(
      'after',
      `
Examples:
  miyabi keys create "CI of the shop" --scope write --project shop --expires 90d
  miyabi keys list
  miyabi keys revoke 2c26b46b68ffc68f
  miyabi keys create --scope admin                  for API_KEYS: asks no server`,
    );

  scoped(command.command('create'))
    .description(
      'Create a key. With a name the server stores its hash and accepts it at once; without one its entry for API_KEYS is ' +
        'printed and no server is asked.',
    )
    .argument('[name]', 'what the key is for')
    .option(
      '--expires <when>',
      'when it expires: a time such as 2027-01-31, or a duration such as 90d or 12h',
    )
    .action(async (name, options) => {
      const { createKey, createStoredKey } = await actions();
      if (name === undefined) createKey(options);
      else await createStoredKey(name, options);
    });

  command
    .command('list')
    .description('List the keys that the server stores. Those of its API_KEYS are not among them.')
    .option('--json', 'print the answer of the API')
    .action(async (options) => (await actions()).listKeys(options));

  command
    .command('revoke')
    .description('Revoke a key. It is refused everywhere within 30 seconds.')
    .argument('<id>', 'its key_id')
    .option('--json', 'one JSON object')
    .action(async (id, options) => (await actions()).revokeKey(id, options));

  scoped(command.command('hash'))
    .description('Print the entry for API_KEYS of an existing key.')
    .argument('<key>', 'the key')
    .action(async (key, options) => (await actions()).hashKey(key, options));

  return command;
};
