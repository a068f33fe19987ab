import { Command } from 'commander';

export type McpOptions = Readonly<{ http?: string | true }>;

export const mcpCommand = (): Command =>
  new Command('mcp')
    .summary('let AI agents report and read tasks (Model Context Protocol)')
    .description(
      'A Model Context Protocol server for AI agents, on standard input and output: tools to start, report, finish and ' +
        'read tasks, and what runs and what failed with its log. It needs the package @modelcontextprotocol/server.',
    )
    .option('--http [port]', 'serve streamable HTTP at http://127.0.0.1:PORT/mcp instead (8788; 0 is any)')
    .addHelpText(
      'after',
      `
Examples:
  claude mcp add miyabi --env MIYABI_URL=http://127.0.0.1:8787 -- \\
    npx -y -p miyabi-progress -p @modelcontextprotocol/server miyabi mcp
  miyabi mcp --http 8788

Over HTTP each request is made with the key in its own Authorization header, and MIYABI_API_KEY is not used.`,
    )
    .action(async (options: McpOptions) => {
      const { serveMcp } = await import('../mcp/serve.ts');
      await serveMcp(options);
    });
