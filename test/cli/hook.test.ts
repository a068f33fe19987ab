// The hooks that docs/agents.md shows, run as the agents run them: by a shell, with an event on standard input or as an argument.
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { miyabiClient } from '../../src/client/index.ts';
import { fencesOf } from '../docs/fences.ts';
import { MIYABI, run, scratch } from '../support/cli.ts';
import { sharedServer } from '../support/server.ts';
import { suite } from '../support/suite.ts';

const test = suite('hooks of agents');

const server = sharedServer();

type Event = Readonly<Record<string, unknown>> & Readonly<{ hook_event_name: string; tool_name?: string }>;
type Hooks = Readonly<
  Record<string, readonly Readonly<{ matcher?: string; hooks: readonly Readonly<{ command: string }>[] }>[]>
>;

const fences = fencesOf('docs/agents.md');

/** The settings of Claude Code as the page shows them. */
const documentedHooks = (): Hooks => {
  const found = fences.find(({ language, text }) => language === 'json' && text.includes('"hooks"'));
  return (JSON.parse(found?.text ?? '{}') as { hooks: Hooks }).hooks; // the test fails if it is not
};

/** A folder in whose `bin` is `miyabi`. */
const withMiyabi = async (act: (path: string, folder: string) => Promise<void>) => {
  const folder = scratch();
  try {
    const bin = join(folder.path, 'bin');
    mkdirSync(bin);
    writeFileSync(
      join(bin, 'miyabi'),
      `#!/bin/sh\nexec ${MIYABI.map((word) => `'${word}'`).join(' ')} "$@"\n`,
    );
    chmodSync(join(bin, 'miyabi'), 0o755);
    await act(`${bin}:${process.env['PATH']}`, folder.path);
  } finally {
    folder.remove();
  }
};

/** Runs what the settings say about an event, as Claude Code does; the exit codes. */
const fire = async (event: Event, env: Record<string, string>): Promise<readonly (number | null)[]> => {
  const codes: (number | null)[] = [];
  for (const { matcher, hooks } of documentedHooks()[event.hook_event_name] ?? []) {
    if (matcher !== undefined && !new RegExp(`^(${matcher})$`).test(event.tool_name ?? '')) continue;
    for (const { command } of hooks) {
      const ran = await run(['sh', '-c', command], { env, input: JSON.stringify(event) });
      codes.push(ran.code);
      assert.is(ran.stdout, '', 'what a hook prints would be read by the agent');
    }
  }
  return codes;
};

const SESSION = {
  session_id: '0f3a2b1c-7d4e-4f5a-9b8c-1d2e3f4a5b6c',
  transcript_path: '/home/me/.claude/projects/shop/0f3a.jsonl',
  cwd: '/home/me/shop',
};
const todos = (...statuses: readonly string[]): Event => ({
  ...SESSION,
  hook_event_name: 'PostToolUse',
  tool_name: 'TodoWrite',
  tool_input: {
    todos: statuses.map((status, index) => ({
      content: `Write part ${index + 1}`,
      activeForm: `Writing part ${index + 1}`,
      status,
    })),
  },
  tool_response: { ok: true },
});

test('a session of Claude Code is a task: prompt, to-do list, answer, next prompt, end', () =>
  withMiyabi(async (PATH) => {
    const { url } = await server();
    const client = miyabiClient({ baseUrl: url });
    const env = { PATH, MIYABI_URL: url, MIYABI_PROJECT: 'shop' };
    const states: unknown[] = [];
    const stream: readonly Event[] = [
      { ...SESSION, hook_event_name: 'UserPromptSubmit', prompt: 'my secret plan' },
      todos('completed', 'in_progress', 'pending'),
      { ...SESSION, hook_event_name: 'PostToolUse', tool_name: 'Bash', tool_input: { command: 'ls' } },
      todos('completed', 'completed', 'completed'),
      { ...SESSION, hook_event_name: 'Stop', stop_hook_active: false },
      { ...SESSION, hook_event_name: 'UserPromptSubmit', prompt: 'go on' },
      { ...SESSION, hook_event_name: 'SessionEnd', reason: 'prompt_input_exit' },
    ];
    for (const event of stream) {
      assert.ok((await fire(event, env)).every((code) => code === 0));
      const { tasks } = await client.request('GET /api/tasks', { query: { project_id: 'shop' } });
      assert.is(tasks.length, 1, 'one task for the session');
      assert.not.match(JSON.stringify(tasks), 'secret');
      const [task] = tasks;
      states.push([task?.status, task?.progress.current, task?.details.phase, task?.attempt]);
      assert.is(task?.task_name, 'Claude Code in shop');
    }
    assert.equal(states, [
      ['running', 0, undefined, 1],
      ['running', 1, 'Writing part 2', 1],
      ['running', 1, 'Writing part 2', 1],
      ['running', 3, 'Writing part 2', 1],
      ['completed', 3, 'Writing part 2', 1],
      ['running', 0, undefined, 2],
      ['cancelled', 0, undefined, 2],
    ]);
  }));

test.slow('a turn of Codex is a task', () =>
  withMiyabi(async (PATH) => {
    const { url } = await server();
    const line = fences.find(({ text }) => text.startsWith('notify = '))?.text ?? '';
    const [program = '', ...words] = JSON.parse(line.replace('notify = ', '')) as string[];
    const event = {
      type: 'agent-turn-complete',
      'thread-id': 'b5f6c1c2-1111-2222-3333-444455556666',
      'turn-id': '12345',
      cwd: '/home/me/kiln',
      'input-messages': ['Rename foo to bar'],
      'last-assistant-message': 'Renamed.',
    };
    const ran = await run(['sh', '-c', '"$0" "$@"', program, ...words, JSON.stringify(event)], {
      env: { PATH, MIYABI_URL: url, MIYABI_PROJECT: 'kiln' },
    });
    assert.equal([ran.code, ran.stdout, ran.stderr], [0, '', '']);
    const { tasks } = await miyabiClient({ baseUrl: url }).request('GET /api/tasks', {
      query: { project_id: 'kiln' },
    });
    assert.equal(
      tasks.map(({ task_name, status }) => [task_name, status]),
      [['Codex in kiln', 'completed']],
    );
  }),
);

test('an agent is not stopped by an outage, a refusal or an event that cannot be read', () =>
  withMiyabi(async (PATH) => {
    const { url } = await server();
    const event = JSON.stringify({ ...SESSION, hook_event_name: 'UserPromptSubmit' });
    const other = JSON.stringify({ ...todos('pending'), session_id: 'unknown' });
    for (const [MIYABI_URL, input, words] of [
      ['http://127.0.0.1:9', event, /not reported: .*cannot be reached/],
      [url, other, /not reported: Task not found/],
      [url, 'no JSON', /not reported: /],
      ['nonsense', event, /not reported: MIYABI_URL must be a URL/],
    ] as const) {
      const ran = await run(['miyabi', 'hook'], { env: { PATH, MIYABI_URL }, input });
      assert.equal([ran.code, ran.stdout], [0, '']);
      assert.match(ran.stderr, words);
    }
  }));

test.run();
