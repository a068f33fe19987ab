import { Command } from 'commander';
import type * as Actions from './projects-actions.ts';

const actions = (): Promise<typeof Actions> => import('./projects-actions.ts');

export const projectsCommand = (): Command => {
  const command = new Command('projects')
    .summary('list, show and create projects')
    .description('The projects of a server (MIYABI_URL, by default http://127.0.0.1:8787).')
    .addHelpText(
      'after',
      `
Examples:
  miyabi projects
  miyabi projects create "Tea house" --id tea-house --repo example/tea-house
  miyabi projects show tea-house --json`,
    );

  command
    .command('list', { isDefault: true })
    .description('List projects with their metrics.')
    .option('-n, --limit <number>', 'how many at most', '50')
    .option('--json', 'print {"projects":[…],"next_cursor":…} as the API answers')
    .action(async (options) => (await actions()).listProjects(options));

  command
    .command('show')
    .description('Show one project.')
    .argument('<id>', 'its project_id')
    .option('--json', 'print the project as the API answers')
    .action(async (id, options) => (await actions()).showProject(id, options));

  command
    .command('create')
    .description('Create a project.')
    .argument('<name>', 'its name')
    .option('--id <id>', 'its project_id (by default the server chooses one)')
    .option('-d, --description <text>', 'what it is about')
    .option('--owner <name>', 'its owner')
    .option('--account <number>', 'its AWS account, 12 digits')
    .option('--repo <owner/name>', 'its repository on GitHub')
    .option('--json', 'print the answer of the API')
    .action(async (name, options) => (await actions()).createProject(name, options));

  return command;
};
