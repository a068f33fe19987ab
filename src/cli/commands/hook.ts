import { Command } from 'commander';

export type HookOptions = Readonly<{ agent: string; project?: string }>;

export const hookCommand = (): Command =>
  new Command('hook')
    .summary('show the work of a coding agent, called by its hooks')
    .description(
      'Take one event of a coding agent and report it: a prompt starts a task, its to-do list is the progress, the end of ' +
        'its answer completes it. Works with the hooks of Claude Code and Codex. It never fails or delays the agent: ' +
        'it always exits with 0, even after an error, and waits at most two seconds for each request.',
    )
    .argument('[event]', 'the event as JSON (by default standard input)')
    .option('--agent <name>', 'what the agent is called', 'Claude Code')
    .option('-p, --project <id>', 'the project of the task (MIYABI_PROJECT)')
    .addHelpText(
      'after',
      `
Example:
  echo '{"hook_event_name":"UserPromptSubmit","session_id":"s1","cwd":"/home/me/shop"}' | miyabi hook`,
    )
    .action(async (event: string | undefined, options: HookOptions) => {
      const { reportHook } = await import('./hook-actions.ts');
      await reportHook(event, options);
    });
