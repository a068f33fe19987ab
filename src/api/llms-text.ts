/** The part of an OpenAPI document that the text lists. */
type Document = Readonly<{
  paths: Readonly<
    Record<string, Readonly<Record<string, Readonly<{ summary: string; 'x-scope'?: string }>>>>
  >;
}>;

/** A guide for AI agents by the llms.txt convention (llmstxt.org): what the server is for, then links and requests. */
export const llmsText = (openApi: unknown): string => {
  // Made by openapi.ts, whose schemas are typed loosely.
  const { paths } = openApi as Document;
  const requests = Object.entries(paths).flatMap(([path, item]) =>
    Object.entries(item).map(
      ([method, { summary, 'x-scope': scope }]) =>
        `- \`${method.toUpperCase()} ${path}\`: ${summary}${scope === undefined ? '' : ` (scope ${scope})`}`,
    ),
  );
  return `# Miyabi Progress

> Shows how far long work is and how it ended: deployments, builds, tests, AI agents. A task has a status (pending, running,
> blocked, completed, failed, cancelled), a counter (current of total), a history and a log.

For work of more than a minute, create a task with status running, report as steps are done, and end it:

    POST /api/tasks                       {"task_name": "Refactor", "status": "running", "progress": {"total": 3}}
    POST /api/tasks/{task_id}/progress    {"status": "running", "current": 1, "phase": "tests"}
    POST /api/tasks/{task_id}/progress    {"status": "completed"}

- A report without a status whose count reaches the total completes the task.
- A failure: {"status": "failed", "error_message": "two tests fail"}.
- 409 invalid_transition on a report: someone has ended or cancelled the task. Stop, or reopen it.
- Send the key, if the server wants one, as \`Authorization: Bearer KEY\`. Bodies are JSON with \`Content-Type: application/json\`.
- Repeat a POST safely with the same \`Idempotency-Key\`. Errors are problem documents with a stable \`code\`.
- To find out why something failed: \`GET /api/tasks?status=failed\`, then \`GET /api/tasks/{task_id}/logs?around=failure\`.
- \`miyabi mcp\` offers the same as tools of the Model Context Protocol.

## Documentation

- [The API as a page](/docs): every request, parameter and answer
- [OpenAPI 3.1](/openapi.json): the contract for programs

## Requests

${requests.join('\n')}
`;
};
