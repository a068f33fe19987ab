import type * as Sdk from '@modelcontextprotocol/server';
import { explained } from '../server.ts';
import { TOOLS, type ToolContext } from './tools.ts';

const INSTRUCTIONS =
  'Miyabi shows people how far long work is. For work of more than a minute: start_task, report_progress as steps are ' +
  'done, finish_task at the end. To find out why something failed: list_failures or get_task, then read_log.';

const MAX_LISTED = 50;

/** The protocol server of one connection, or of one request over HTTP. */
export const mcpServer = (
  { McpServer, ResourceTemplate, fromJsonSchema }: typeof Sdk,
  context: ToolContext,
  version: string,
): Sdk.McpServer => {
  const { client } = context;
  const server = new McpServer(
    { name: 'miyabi', title: 'Miyabi Progress', version },
    { instructions: INSTRUCTIONS },
  );

  for (const { name, title, description, readOnly, input, call } of TOOLS) {
    const schema = fromJsonSchema<Readonly<Record<string, unknown>>>(structuredClone<object>(input));
    server.registerTool(
      name,
      {
        title,
        description,
        inputSchema: schema,
        annotations: { readOnlyHint: readOnly, destructiveHint: false, openWorldHint: false },
      },
      async (given) => {
        try {
          const structuredContent = await call(context, given);
          return { content: [{ type: 'text', text: JSON.stringify(structuredContent) }], structuredContent };
        } catch (error) {
          const failure = explained(error, client.url);
          if (!(failure instanceof Error)) throw error;
          return { content: [{ type: 'text', text: failure.message }], isError: true };
        }
      },
    );
  }

  server.registerResource(
    'task',
    new ResourceTemplate('miyabi://tasks/{task_id}', {
      list: async () => {
        const { tasks } = await client.request('GET /api/tasks', { query: { limit: String(MAX_LISTED) } });
        return {
          resources: tasks.map(({ task_id, task_name, status }) => ({
            uri: `miyabi://tasks/${encodeURIComponent(task_id)}`,
            name: task_name,
            description: status,
            mimeType: 'application/json',
          })),
        };
      },
    }),
    { title: 'Task', description: 'A task with all its fields', mimeType: 'application/json' },
    async (uri, { task_id }) => {
      const task = await client.request('GET /api/tasks/{task_id}', { path: { task_id: idIn(task_id) } });
      return { contents: [{ uri: uri.href, mimeType: 'application/json', text: JSON.stringify(task) }] };
    },
  );
  return server;
};

const idIn = (value: string | string[] | undefined): string => {
  const [id = ''] = [value ?? ''].flat();
  return decodeURIComponent(id);
};
