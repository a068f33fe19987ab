// The hooks that docs/agents.md shows, run as the agents run them: by a shell, with an event on standard input or as an argument.
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { miyabiClient, type Task } from '../../src/client/index.ts';
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

/** The hooks that the page shows in the block with a text. */
const hooksWith = (words: string): Hooks => {
  const found = fences.find(({ language, text }) => language === 'json' && text.includes(words));
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

/** Runs what the hooks say about an event, as an agent does; the exit codes. */
const fire = async (
  documented: Hooks,
  event: Event,
  env: Record<string, string>,
): Promise<readonly (number | null)[]> => {
  const codes: (number | null)[] = [];
  for (const { matcher, hooks } of documented[event.hook_event_name] ?? []) {
    if (matcher !== undefined && !new RegExp(`^(${matcher})$`).test(event.tool_name ?? '')) continue;
    for (const { command } of hooks) {
      const ran = await run(['sh', '-c', command], { env, input: JSON.stringify(event) });
      codes.push(ran.code);
      assert.is(ran.stdout, '', 'what a hook prints would be read by the agent');
      assert.is(ran.stderr, '');
    }
  }
  return codes;
};

const SESSION = {
  session_id: '0f3a2b1c-7d4e-4f5a-9b8c-1d2e3f4a5b6c',
  transcript_path: '/home/me/.claude/projects/shop/0f3a.jsonl',
  cwd: '/home/me/shop',
};
const TODOS: Event = {
  ...SESSION,
  hook_event_name: 'PostToolUse',
  tool_name: 'TodoWrite',
  tool_input: { todos: [{ content: 'Write', activeForm: 'Writing', status: 'pending' }] },
};

/** What the hooks of an agent have received on the sample of scripts/fixtures, see docs/testing.md. */
const recorded = (name: string): readonly Event[] =>
  readFileSync(new URL(`../fixtures/hooks/${name}.jsonl`, import.meta.url), 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Event);

type Seen = Readonly<{ event: string; whole: Task | undefined; parts: readonly Task[] }>;

/** Replays a recording in a project of its own; the session's task and its parts after each event. */
const replay = (name: string, hooks: Hooks, act: (seen: readonly Seen[]) => void) =>
  withMiyabi(async (PATH) => {
    const { url } = await server();
    const client = miyabiClient({ baseUrl: url });
    const MIYABI_PROJECT = name.replace('/', '-');
    const seen: Seen[] = [];
    for (const event of recorded(name)) {
      const codes = await fire(hooks, event, { PATH, MIYABI_URL: url, MIYABI_PROJECT });
      assert.equal(codes, [0], `a hook takes ${event.hook_event_name}`);
      const { tasks } = await client.request('GET /api/tasks', { query: { project_id: MIYABI_PROJECT } });
      const [whole, ...others] = tasks.filter(({ parent_id }) => parent_id === undefined);
      assert.equal(others, [], 'one task for the session');
      const parts = tasks.filter(({ parent_id }) => parent_id !== undefined);
      const byId = (a: Task, b: Task) => (a.task_id < b.task_id ? -1 : 1);
      seen.push({ event: event.hook_event_name, whole, parts: parts.toSorted(byId) });
    }
    act(seen);
  });

const progressOf = ({ whole }: Seen) => [
  whole?.status,
  whole?.progress.current,
  whole?.progress.total,
  whole?.details.phase,
];

test('a session of Claude Code is a task, and each entry of its list a part', () =>
  replay('claude-code/passes', hooksWith('"miyabi hook"'), (seen) => {
    assert.is(seen.at(-1)?.whole?.task_name, 'Claude Code in app');
    assert.equal(seen.map(progressOf), [
      ['running', 0, null, undefined],
      ['running', 0, 1, undefined],
      ['running', 0, 2, undefined],
      ['running', 0, 2, 'Count the cups'],
      // The hooks of two calls in one message run at the same time.
      ['running', 0, 2, 'Price the order'],
      ['running', 1, 2, 'Price the order'],
      ['running', 2, 2, 'Price the order'],
      ['completed', 2, 2, 'Price the order'],
      ['completed', 2, 2, 'Price the order'],
    ]);
    const names = ['Count the cups', 'Price the order'];
    assert.equal(
      seen.map(({ parts }) => parts.map(({ status }) => status)),
      [
        ...[[], ['pending'], ['pending', 'pending'], ['running', 'pending'], ['running', 'running']],
        ...[['completed', 'running'], ...Array(3).fill(['completed', 'completed'])],
      ],
    );
    assert.equal(
      seen.at(-1)?.parts.map(({ task_name }) => task_name),
      names,
    );
  }));

/** How far a session is after each event, where its agent writes the whole list of two entries at each change. */
const stepsOf = (first: string, second: string) => [
  ['running', 0, null, undefined],
  ['running', 0, 2, first],
  ['running', 1, 2, second],
  ['running', 2, 2, second],
  ['completed', 2, 2, second],
  ['completed', 2, 2, second],
];

test.slow('a list of Claude Code that is written as a whole counts', () =>
  replay('claude-code/todos', hooksWith('"miyabi hook"'), (seen) => {
    assert.equal(seen.map(progressOf), stepsOf('Counting the cups', 'Pricing the order'));
    assert.equal(seen.at(-1)?.parts, []);
  }),
);

const endOf = (seen: readonly Seen[]) => {
  const { whole, parts } = seen.at(-1) ?? { parts: [] };
  return [whole?.status, whole?.details.error_message, parts.map(({ status }) => status)];
};

test.slow(
  'a session of Claude Code fails with what the API has answered, and so does what it left open',
  () =>
    replay('claude-code/fails', hooksWith('"miyabi hook"'), (seen) => {
      assert.equal(endOf(seen), [
        'failed',
        'API Error: 400 The model is not available',
        ['failed', 'failed'],
      ]);
    }),
);

for (const recording of ['interrupted', 'turns']) {
  test.slow(
    `a session of Claude Code ends as cancelled if no hook says how its answer ended (${recording})`,
    () =>
      replay(`claude-code/${recording}`, hooksWith('"miyabi hook"'), (seen) => {
        const [status, , parts] = endOf(seen);
        assert.is(status, 'cancelled');
        assert.is(seen.at(-1)?.event, 'SessionEnd');
        assert.equal(parts, recording === 'turns' ? ['cancelled', 'cancelled'] : ['completed', 'cancelled']);
      }),
  );
}

test.slow('a session of Codex is a task, by its hooks', () =>
  replay('codex/passes', hooksWith('hook --agent Codex'), (seen) => {
    assert.is(seen.at(-1)?.whole?.task_name, 'Codex in app');
    assert.is(seen.at(-1)?.whole?.attempt, 1);
    assert.equal(seen.map(progressOf), stepsOf('Count the cups', 'Price the order'));
  }),
);

test.slow('an interrupted session of Codex is cancelled at once', () =>
  replay('codex/interrupted', hooksWith('hook --agent Codex'), (seen) => {
    const at = seen.findIndex(({ event }) => event === 'Interrupt');
    assert.equal(seen[at]?.whole?.status, 'cancelled');
    assert.equal(seen[at]?.whole?.progress.current, 1);
  }),
);

test.slow('a session of Codex whose model fails ends with the session', () =>
  replay('codex/fails', hooksWith('hook --agent Codex'), (seen) => {
    assert.equal(
      seen.map(({ whole }) => whole?.status),
      ['running', 'running', 'cancelled'],
    );
  }),
);

test.slow('the next prompt of a session is its next attempt, and what is said in it stays here', () =>
  withMiyabi(async (PATH) => {
    const { url } = await server();
    const client = miyabiClient({ baseUrl: url });
    const env = { PATH, MIYABI_URL: url, MIYABI_PROJECT: 'shop' };
    const states: unknown[] = [];
    const stream: readonly Event[] = [
      { ...SESSION, hook_event_name: 'UserPromptSubmit', prompt: 'my secret plan' },
      { ...SESSION, hook_event_name: 'PostToolUse', tool_name: 'Bash', tool_input: { command: 'ls secret' } },
      { ...SESSION, hook_event_name: 'Stop', stop_hook_active: false, last_assistant_message: 'secret' },
      { ...SESSION, hook_event_name: 'UserPromptSubmit', prompt: 'go on' },
      { ...SESSION, hook_event_name: 'StopFailure', error: 'unknown', last_assistant_message: 'secret' },
    ];
    for (const event of stream) {
      await fire(hooksWith('"miyabi hook"'), event, env);
      const { tasks } = await client.request('GET /api/tasks', { query: { project_id: 'shop' } });
      assert.not.match(JSON.stringify(tasks), 'secret');
      states.push(tasks.map(({ status, attempt }) => [status, attempt]));
    }
    assert.equal(states, [
      [['running', 1]],
      [['running', 1]],
      [['completed', 1]],
      [['running', 2]],
      [['failed', 2]],
    ]);
  }),
);

test.slow('a turn of Codex is a task, by the program that it notifies', () =>
  withMiyabi(async (PATH) => {
    const { url } = await server();
    const line = fences.find(({ text }) => text.startsWith('notify = '))?.text ?? '';
    const [program = '', ...words] = JSON.parse(line.replace('notify = ', '')) as string[];
    const [event, ...more] = recorded('codex/notify');
    assert.equal(more, [], 'it is called once in a turn');
    const ran = await run(['sh', '-c', '"$0" "$@"', program, ...words, JSON.stringify(event)], {
      env: { PATH, MIYABI_URL: url, MIYABI_PROJECT: 'kiln' },
    });
    assert.equal([ran.code, ran.stdout, ran.stderr], [0, '', '']);
    const { tasks } = await miyabiClient({ baseUrl: url }).request('GET /api/tasks', {
      query: { project_id: 'kiln' },
    });
    assert.equal(
      tasks.map(({ task_name, status }) => [task_name, status]),
      [['Codex in app', 'completed']],
    );
  }),
);

test('an agent is not stopped by an outage, a refusal or an event that cannot be read', () =>
  withMiyabi(async (PATH) => {
    const { url } = await server();
    const event = JSON.stringify({ ...SESSION, hook_event_name: 'UserPromptSubmit' });
    const other = JSON.stringify({ ...TODOS, session_id: 'unknown' });
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
