import { demoLines } from '../../src/entrypoints/local/demo.ts';
import type { Dashboard, LogLine } from './dashboard.ts';

const MINUTE = 60_000;

type Run = Readonly<{
  id: string;
  name: string;
  project: string;
  type: string;
  /** When it began, in minutes before now. */
  began: number;
  /** How many minutes it took, or has been running. */
  took: number;
  phases: readonly string[];
  done: number;
  total: number;
  ends?: 'completed' | 'failed';
  error?: string;
}>;

/** What an agent or a script prints of such a run: one JSON line for each step. */
const linesOf = (run: Run, now: number): readonly LogLine[] => {
  const begin = now - run.began * MINUTE;
  const of = (step: number) => begin + (run.took * MINUTE * step) / Math.max(1, run.done);
  const line = (at: number, more: object): LogLine => ({
    at: Math.round(at),
    text: JSON.stringify({ task_id: run.id, task_name: run.name, task_type: run.type, ...more }),
  });
  const steps = Array.from({ length: run.done + 1 }, (_, step) => {
    const phase = run.phases[Math.floor((step / (run.total + 1)) * run.phases.length)];
    return line(of(step), { status: 'running', phase, progress: { current: step, total: run.total } });
  });
  if (run.ends === undefined) return steps;
  return [
    ...steps,
    line(of(run.done) + 400, {
      status: run.ends,
      ...(run.error === undefined ? {} : { error: run.error }),
      progress: { current: run.ends === 'completed' ? run.total : run.done, total: run.total },
    }),
  ];
};

const AGENT = ['Reading the issue', 'Planning', 'Writing code', 'Running tests', 'Opening a pull request'];
const BUILD = ['Restore', 'Compile', 'Link', 'Sign'];

const LIVE: readonly Run[] = [
  {
    id: 'agent-brew-7',
    name: 'Steep longer when the water is cool',
    project: 'garden',
    type: 'agent_execution',
    began: 18,
    took: 17.8,
    phases: AGENT,
    done: 31,
    total: 48,
  },
  {
    id: 'agent-wash-2',
    name: 'Translate the menu into Korean',
    project: 'garden',
    type: 'agent_execution',
    began: 6,
    took: 5.9,
    phases: AGENT,
    done: 9,
    total: 40,
  },
  {
    id: 'build-kiln-91',
    name: 'kiln: release build',
    project: 'kiln',
    type: 'build',
    began: 4,
    took: 3.95,
    phases: BUILD,
    done: 212,
    total: 286,
  },
  {
    id: 'build-kiln-92',
    name: 'kiln: sanitizer build',
    project: 'kiln',
    type: 'build',
    began: 2.2,
    took: 2.15,
    phases: BUILD,
    done: 61,
    total: 302,
  },
];

const FAILED: readonly Run[] = [
  {
    id: 'agent-brew-6',
    name: 'Whisk matcha without lumps',
    project: 'garden',
    type: 'agent_execution',
    began: 95,
    took: 22,
    phases: AGENT,
    done: 33,
    total: 48,
    ends: 'failed',
    error: 'Two of 118 tests fail: whisk.test.ts expects foam after 20 strokes, found none',
  },
  {
    id: 'build-kiln-88',
    name: 'kiln: release build',
    project: 'kiln',
    type: 'build',
    began: 240,
    took: 5,
    phases: BUILD,
    done: 190,
    total: 286,
    ends: 'failed',
    error: 'src/glaze.rs:214: cannot borrow `ash` as mutable more than once at a time',
  },
];

const FAULTS: Readonly<Record<string, string>> = {
  kiln: 'The kiln did not reach 1,280 °C in time',
  garden: 'The branch was deleted while the answer was being written',
};

/** Runs that ended one after the other, with times that vary but are the same each time. */
const past = (
  project: string,
  type: string,
  name: string,
  count: number,
  minutes: number,
  phases: readonly string[],
  fails: readonly number[],
): readonly Run[] =>
  Array.from({ length: count }, (_, index) => ({
    id: `${project}-${type}-${index}`,
    name,
    project,
    type,
    began: 300 + index * 137,
    took: minutes * (0.7 + ((index * 7919) % 100) / 140 + (index % 9 === 4 ? 0.8 : 0)),
    phases,
    done: 12,
    total: 12,
    ...(fails.includes(index)
      ? { ends: 'failed' as const, error: FAULTS[project] ?? 'It took too long' }
      : { ends: 'completed' as const }),
  }));

const PAST: readonly Run[] = [
  ...past('kiln', 'build', 'kiln: release build', 34, 4.2, BUILD, [3, 11, 12, 25]),
  ...past('garden', 'agent_execution', 'Answer a review', 12, 14, AGENT, [8]),
  ...past('tea', 'cdk_deploy', 'TeaHouse-Web', 14, 3, ['UPDATE_IN_PROGRESS'], []),
];

/**
 * Fills a server with a day at the tea house: deployments, builds and agents, some running, some failed. The times are
 * as if it had all been watched.
 */
export const fillTeaHouse = async (dashboard: Dashboard, now: number): Promise<void> => {
  const { call, log } = dashboard;
  await call('POST', '/api/projects', {
    project_id: 'tea',
    project_name: 'Tea House',
    description: 'Orders, receipts and the counter, in three stacks.',
    owner: 'Sen',
    resources: { github_repo: 'example/tea-house' },
  });
  await call('POST', '/api/projects', { project_id: 'kiln', project_name: 'Kiln', owner: 'Raku' });
  await call('POST', '/api/projects', {
    project_id: 'garden',
    project_name: 'Garden agents',
    owner: 'Rikyū',
  });
  for (const run of [...PAST].sort((a, b) => b.began - a.began))
    await log(run.id, linesOf(run, now), run.project);
  for (const run of [...FAILED, ...LIVE]) await log(run.id, linesOf(run, now), run.project);
  await call('POST', '/api/tasks', {
    task_id: 'issue-kiln',
    task_name: 'Order new shelves for the kiln',
    task_type: 'issue_creation',
    project_id: 'kiln',
    status: 'blocked',
    details: { phase: 'Waits for approval' },
    labels: { room: 'workshop', season: 'winter' },
    github: { issue_number: 27, issue_url: 'https://github.com/example/kiln/issues/27' },
  });
  for (const [url, format, events] of [
    ['https://hooks.slack.com/services/T0/B0/x', 'slack', ['task.failed', 'task.stale']],
    ['https://ci.example.org/hooks/kiln', 'generic', ['task.completed', 'task.failed']],
  ] as const)
    await call('POST', '/api/projects/kiln/webhooks', { url, format, events });
  // A deployment of two stacks, the second of them under way, and one that failed and rolled back.
  const lines = demoLines(now - 25_000).map(({ at, text }) => ({ at: now - 25_000 + at * 1_000, text }));
  await log(
    'cdk-deploy-1',
    lines.filter(({ at }) => at <= now),
    'tea',
  );
  await log('cdk-deploy-0', rolledBack(now - 50 * MINUTE), 'tea');
};

const rolledBack = (begin: number): readonly LogLine[] => {
  let seconds = 0;
  const row = (count: string, status: string, type: string, name: string, reason = ''): LogLine => {
    seconds += 9;
    const at = begin + seconds * 1_000;
    const clock = new Date(at).toISOString().slice(11, 19);
    return {
      at,
      text: `TeaHouse-Search | ${count} | ${clock} | ${status.padEnd(28)} | ${type.padEnd(30)} | ${name} ${reason}`,
    };
  };
  const stack = 'AWS::CloudFormation::Stack';
  const reason =
    'Resource handler returned message: "You have exceeded the number of replicas allowed for domain tea-search (limit 3)" (HandlerErrorCode: ServiceLimitExceeded)';
  return [
    { at: begin, text: 'TeaHouse-Search: deploying... [1/1]' },
    row('0/4', 'UPDATE_IN_PROGRESS', stack, 'TeaHouse-Search', 'User Initiated'),
    row('0/4', 'UPDATE_IN_PROGRESS', 'AWS::IAM::Role', 'Index/Role (IndexRole2F81A0C4)'),
    row('1/4', 'UPDATE_COMPLETE', 'AWS::IAM::Role', 'Index/Role (IndexRole2F81A0C4)'),
    row('1/4', 'UPDATE_IN_PROGRESS', 'AWS::OpenSearchService::Domain', 'Index/Domain (IndexDomain9B4E77D1)'),
    row(
      '1/4',
      'UPDATE_FAILED',
      'AWS::OpenSearchService::Domain',
      'Index/Domain (IndexDomain9B4E77D1)',
      reason,
    ),
    row(
      '1/4',
      'UPDATE_ROLLBACK_IN_PROGRESS',
      stack,
      'TeaHouse-Search',
      'The following resource(s) failed to update: [IndexDomain9B4E77D1].',
    ),
    row('2/4', 'UPDATE_COMPLETE', 'AWS::OpenSearchService::Domain', 'Index/Domain (IndexDomain9B4E77D1)'),
    row('3/4', 'UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS', stack, 'TeaHouse-Search'),
    row('4/4', 'UPDATE_ROLLBACK_COMPLETE', stack, 'TeaHouse-Search'),
    {
      at: begin + 100_000,
      text: ' ❌  TeaHouse-Search failed: The stack named TeaHouse-Search failed to deploy: UPDATE_ROLLBACK_COMPLETE',
    },
  ];
};
