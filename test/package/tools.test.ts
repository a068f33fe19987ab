// What teams connect to Miyabi, each driven from the installed package as its users drive it.
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { delimiter, join } from 'node:path';
import { Client, StreamableHTTPClientTransport, type Transport } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { transformSync } from 'esbuild';
import parse from 'parse-prometheus-text-format';
import * as assert from 'uvu/assert';
import { type Fence, fencesOf } from '../docs/fences.ts';
import { DOCUMENTED_URL } from '../docs/readers-folder.ts';
import { cleanEnv } from '../support/cli.ts';
import { openCollector } from '../support/otlp-collector.ts';
import { installed, ROOT, type Serving, serving, succeeds } from '../support/packed.ts';
import { eventually } from '../support/server.ts';
import { shared, suite } from '../support/suite.ts';

const test = suite('The tools of the installed package');
const slow = (title: string, run: () => unknown): void =>
  test(title, run, { timeoutMs: 600_000, slow: true });

const server = shared(
  'the installed server',
  async () => serving(await installed(), { WEBHOOK_ALLOW: '127.0.0.1' }),
  ({ stop }: Serving) => stop(),
);

/** The variables of a shell in which `miyabi` is found, as after a global installation. */
const shellEnv = async (): Promise<Record<string, string>> => {
  const bin = join((await installed()).path, 'node_modules/.bin');
  return { MIYABI_URL: (await server()).url, PATH: `${bin}${delimiter}${process.env['PATH']}` };
};

/** Runs a shell command in the folder of the installed package; what it prints. */
const sh = async (command: string): Promise<string> => {
  const { shell } = await installed();
  return succeeds(await shell(command, await shellEnv()), command).stdout;
};

type McpServers = Readonly<
  Record<string, Readonly<{ command: string; args: string[]; env: Record<string, string> }>>
>;

const useClient = async (transport: Transport, act: (client: Client) => Promise<void>): Promise<void> => {
  const client = new Client({ name: 'an agent', version: '1.0.0' });
  await client.connect(transport);
  try {
    await act(client);
  } finally {
    await client.close();
  }
};

/** An agent fails at a task, and reads why. */
const works = (name: string) => async (client: Client) => {
  // biome-ignore lint/suspicious/noExplicitAny: a test says what it expects of an answer
  const call = async (tool: string, input: Record<string, unknown>): Promise<any> => {
    const { structuredContent, isError, content } = await client.callTool({ name: tool, arguments: input });
    assert.is(isError ?? false, false, JSON.stringify(content));
    return structuredContent;
  };
  const { task } = await call('start_task', { name, total: 3 });
  const { task_id } = task;
  await call('report_progress', { task_id, current: 2, phase: 'tests' });
  const { tasks: running } = await call('list_running', {});
  assert.ok(running.some((one: { task_id: string }) => one.task_id === task_id));
  await call('finish_task', { task_id, status: 'failed', message: 'two tests fail' });
  const { tasks: failures } = await call('list_failures', {});
  const failure = failures.find((one: { task_id: string }) => one.task_id === task_id);
  assert.equal([failure?.error, failure?.current], ['two tests fail', 2]);
  const { contents } = await client.readResource({ uri: `miyabi://tasks/${task_id}` });
  assert.match(JSON.stringify(contents), name);
};

slow('an agent works over stdio, started by the lines that docs/agents.md shows', async () => {
  const { path } = await installed();
  const shown = fencesOf('docs/agents.md').find(({ text }) => text.includes('"mcpServers"'));
  const { mcpServers } = JSON.parse(shown?.text ?? '{}') as { mcpServers: McpServers };
  const { command = '', args = [], env = {} } = mcpServers['miyabi'] ?? {};
  assert.is(env['MIYABI_URL'], DOCUMENTED_URL);
  const variables = { ...cleanEnv(), ...env, MIYABI_URL: (await server()).url, npm_config_offline: 'true' };
  // No value is undefined.
  const stdio = { command, args, env: variables as Record<string, string>, cwd: path };
  await useClient(new StdioClientTransport(stdio), works('Over stdio'));
});

slow('an agent works over HTTP', async () => {
  const { started } = await installed();
  const running = started('npx miyabi mcp --http 0', await shellEnv());
  try {
    const address = await eventually(async () => /http:\S+\/mcp/.exec(running.stdout())?.[0], 60_000);
    await useClient(new StreamableHTTPClientTransport(new URL(address)), works('Over HTTP'));
  } finally {
    process.kill(-running.pid, 'SIGTERM');
    await running.done;
  }
});

slow('/metrics is text that a parser of Prometheus reads', async () => {
  const { url } = await server();
  await sh('npx miyabi run --project metered -- true');
  const answer = await fetch(`${url}/metrics`);
  assert.is(answer.headers.get('content-type'), 'text/plain; version=0.0.4; charset=utf-8');
  const families = parse(await answer.text());
  const tasks = families.find(({ name }) => name === 'miyabi_tasks');
  const completed = tasks?.metrics.find(
    ({ labels }) => labels?.['project'] === 'metered' && labels['status'] === 'completed',
  );
  assert.is(completed?.value, '1');
  assert.is(families.find(({ name }) => name === 'miyabi_task_duration_seconds')?.type, 'HISTOGRAM');
});

slow('a badge is an image that anyone who has its link can see', async () => {
  await sh('npx miyabi run --project badged --name steep -- true');
  const markdown = await sh('npx miyabi badge project badged');
  const [, link = ''] = /^\[?!\[[^\]]*\]\((http[^)]+)\)/.exec(markdown) ?? [];
  const image = await fetch(link);
  assert.equal([image.status, image.headers.get('content-type')], [200, 'image/svg+xml; charset=utf-8']);
  assert.match(await image.text(), /<svg [\s\S]*badged[\s\S]*completed/);
  assert.is((await fetch(link.replace(/.$/, (last) => (last === 'A' ? 'B' : 'A')))).status, 404);
  assert.match(await sh('npx miyabi badge project badged --style bar --html'), /<img [^>]*style=bar/);
});

slow('webhooks arrive as Slack, Teams, Discord and programs read them', async () => {
  // biome-ignore lint/suspicious/noExplicitAny: a test says what it expects of a message
  const received = new Map<string, any>();
  const receiver = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (text: string) => {
      body += text;
    });
    request.on('end', () => {
      received.set(request.url ?? '', JSON.parse(body));
      response.writeHead(204).end();
    });
  });
  receiver.listen(0, '127.0.0.1');
  await once(receiver, 'listening');
  try {
    // It listens on a port.
    const { port } = receiver.address() as AddressInfo;
    await sh('npx miyabi projects create Hooked --id hooked');
    const formats = ['generic', 'slack', 'teams', 'discord'];
    for (const format of formats)
      await sh(
        `npx miyabi webhooks add http://127.0.0.1:${port}/${format} -p hooked -e task.failed --format ${format}`,
      );
    await sh(
      "npx miyabi run --project hooked --name steep -- sh -c 'echo Error: no water >&2; exit 4' || true",
    );
    await eventually(async () => (received.size === formats.length ? true : undefined), 60_000);
    const of = (format: string) => received.get(`/${format}`);
    assert.equal([of('generic').type, of('generic').data.details.exit_code], ['task.failed', 4]);
    assert.is(of('slack').blocks[0].text.text, ':x: steep failed');
    assert.match(of('slack').text, 'no water');
    const [card] = of('teams').attachments;
    assert.is(card.contentType, 'application/vnd.microsoft.card.adaptive');
    assert.match(JSON.stringify(card.content.body), 'no water');
    assert.is(of('discord').embeds[0].title, 'steep failed');
  } finally {
    receiver.closeAllConnections();
    receiver.close();
  }
});

slow('a session of Claude Code is a task, by the hooks that docs/agents.md shows', async () => {
  const shown = fencesOf('docs/agents.md').find(({ text }) => text.includes('"UserPromptSubmit": ['));
  const { hooks } = JSON.parse(shown?.text ?? '{}') as {
    hooks: Record<string, { hooks: { command: string }[] }[]>;
  };
  const recorded = readFileSync(join(ROOT, 'test/fixtures/hooks/claude-code/passes.jsonl'), 'utf8');
  for (const line of recorded.trim().split('\n')) {
    const { hook_event_name, tool_name } = JSON.parse(line) as Record<string, string>;
    if (tool_name === 'TaskUpdate') continue;
    const command = hooks[hook_event_name ?? '']?.[0]?.hooks[0]?.command ?? '';
    assert.is(await sh(`echo '${line}' | ${command}`), '');
  }
  const { tasks } = JSON.parse(await sh('miyabi tasks list --json'));
  const of = (name: string) => tasks.find((task: { task_name: string }) => task.task_name === name);
  const whole = of('Claude Code in app');
  assert.equal([whole?.status, whole?.progress.total], ['completed', 2]);
  assert.is(of('Count the cups')?.parent_id, whole.task_id);
});

slow('the server explains itself to agents at /llms.txt and to people at /docs', async () => {
  const { url } = await server();
  assert.match(await (await fetch(`${url}/llms.txt`)).text(), /^# Miyabi Progress[\s\S]*\/api\/tasks/);
  assert.match(await (await fetch(`${url}/docs`)).text(), '<title>');
});

/** The block that a page begins with. */
const firstOf = (page: string): Fence => {
  const found = fencesOf(page).find(({ note }) => note === 'run');
  if (found === undefined) throw new Error(`${page} has no block that runs`);
  return found;
};

for (const page of ['badges', 'webhooks', 'metrics', 'agents', 'client', 'adapters']) {
  slow(`the first block of docs/${page}.md works with the installed package`, async () => {
    const { language, text } = firstOf(`docs/${page}.md`);
    const { path } = await installed();
    const own = text.replaceAll(DOCUMENTED_URL, (await server()).url);
    const file = join(path, language === 'ts' ? `${page}.mjs` : `${page}.sh`);
    writeFileSync(file, language === 'ts' ? transformSync(own, { loader: 'ts' }).code : `set -e\n${own}`);
    writeFileSync(join(path, 'cdk.log'), readFileSync(join(ROOT, 'test/fixtures/cdk/bootstrap.log')));
    await sh(language === 'ts' ? `node '${file}'` : `bash '${file}'`);
  });
}

slow('OpenTelemetry: requests are traced with the packages that the page installs', async () => {
  const collector = await openCollector();
  try {
    const traced = await serving(await installed(), {
      MIYABI_BACKEND: 'memory',
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    });
    assert.is((await fetch(`${traced.url}/api/tasks`)).status, 200);
    await traced.stop();
    // npx may end before the server that it has started.
    const { kind, resource } = await collector.spanOf('the request', ({ name }) => name === 'GET /api/tasks');
    assert.equal([kind, resource['service.name']], ['server', 'miyabi-progress']);
  } finally {
    await collector.close();
  }
});

test.run();
