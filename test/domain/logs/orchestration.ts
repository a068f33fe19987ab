import type { Sample } from './samples.ts';

/** What a log tells of its one run; `shown` are details and counts beside those in `run`. */
export type Case = Sample & Readonly<{ shown?: Readonly<Record<string, unknown>> }>;

const json = (...objects: readonly object[]): readonly string[] =>
  objects.map((object) => JSON.stringify(object));

const claude = (content: object, more: object = {}) => ({
  type: 'assistant',
  session_id: '5d0c6a1e-1b5f-4c2e-9a0e-2f6f3c1d7b11',
  parent_tool_use_id: null,
  message: { role: 'assistant', content: [content] },
  ...more,
});
const CLAUDE_BEGINS = {
  type: 'system',
  subtype: 'init',
  session_id: '5d0c6a1e',
  model: 'sonnet',
  tools: ['Bash'],
};
const todo = (content: string, status: string) => ({ content, status, activeForm: `Doing ${content}` });
const TODOS = claude({
  type: 'tool_use',
  name: 'TodoWrite',
  input: { todos: [todo('plan', 'completed'), todo('tests', 'in_progress'), todo('docs', 'pending')] },
});
const result = (fields: object) => ({ type: 'result', num_turns: 7, session_id: '5d0c6a1e', ...fields });

const CELERY = 'Task shop.tasks.send[0b9f2a1c-7d43-4c1e-8f1a-2b6d7c9e0f12]';
const celery = (second: number, level: string, rest: string) =>
  `[2026-01-02 03:04:0${second},678: ${level}/ForkPoolWorker-1] ${rest}`;

const airflow = (level: string, rest: string) =>
  `[2026-01-02, 03:04:05 UTC] {taskinstance.py:1400} ${level} - ${rest}`;

const prefect = (level: string, rest: string) => `03:04:05.678 | ${level.padEnd(7)} | ${rest}`;

const RECAP = 'PLAY RECAP *********************************************************************';
const host = (name: string, failed: number, skipped: number) =>
  `${name.padEnd(26)} : ok=3    changed=1    unreachable=0    failed=${failed}    skipped=${skipped}    rescued=0    ignored=0   `;
const PLAYBOOK = [
  'PLAY [Configure web] ***********************************************************',
  'TASK [Install packages] ********************************************************',
  'ok: [web1]',
  'changed: [web2]',
  'TASK [nginx : Copy config] *****************************************************',
  'changed: [web1]',
];

/** Logs made up in the words of each tool, good and bad. */
export const ORCHESTRATION: readonly Case[] = [
  {
    name: 'Claude Code',
    run: 'claude-code/claude-code#1 completed 3/3',
    shown: { task_name: 'Claude Code', message: 'All done.' },
    lines: json(
      CLAUDE_BEGINS,
      TODOS,
      claude({ type: 'tool_use', name: 'Bash', input: { command: 'npm test' } }),
      result({ subtype: 'success', is_error: false, result: 'All done.' }),
    ),
  },
  {
    name: 'Claude Code that runs out of turns',
    run: 'claude-code/claude-code#1 failed 1/3',
    shown: { error_message: 'error_max_turns', current_step: 'Bash: npm test' },
    lines: json(
      CLAUDE_BEGINS,
      TODOS,
      claude(
        { type: 'tool_use', name: 'TodoWrite', input: { todos: [todo('its own', 'completed')] } },
        { parent_tool_use_id: 'toolu_1' },
      ),
      claude({ type: 'tool_use', name: 'Bash', input: { command: 'npm test' } }),
      result({ subtype: 'error_max_turns', is_error: false }),
    ),
  },
  {
    name: 'Claude Code whose model answers an error',
    run: 'claude-code/claude-code#1 failed null/null',
    shown: { error_message: 'API Error: 529 Overloaded' },
    lines: json(result({ subtype: 'success', is_error: true, result: 'API Error: 529 Overloaded' })),
  },
  {
    name: 'Codex',
    run: 'codex/codex#1 completed 2/2',
    lines: json(
      { type: 'thread.started', thread_id: '0199a213' },
      { type: 'turn.started' },
      {
        type: 'item.started',
        item: {
          id: '0',
          type: 'todo_list',
          items: [
            { text: 'a', completed: true },
            { text: 'b', completed: false },
          ],
        },
      },
      {
        type: 'item.completed',
        item: { id: '1', type: 'command_execution', command: 'npm test', exit_code: 1, status: 'failed' },
      },
      { type: 'item.completed', item: { id: '2', type: 'agent_message', text: 'Done' } },
      { type: 'turn.completed', usage: { input_tokens: 1, output_tokens: 2 } },
    ),
  },
  {
    name: 'Codex that fails',
    run: 'codex/codex#1 failed null/null',
    shown: { error_message: 'stream disconnected', current_step: 'npm test' },
    lines: json(
      { type: 'thread.started', thread_id: '0199a213' },
      { type: 'turn.started' },
      {
        type: 'item.started',
        item: { id: '1', type: 'command_execution', command: 'npm test', status: 'in_progress' },
      },
      { type: 'turn.failed', error: { message: 'stream disconnected' } },
    ),
  },
  {
    name: 'OpenHands',
    run: 'openhands/openhands#1 completed null/null',
    shown: { phase: 'finished', started_at: Date.UTC(2026, 0, 2, 3, 4, 5, 123) },
    lines: json(
      {
        id: 0,
        timestamp: '2026-01-02T03:04:05.123456',
        source: 'environment',
        observation: 'agent_state_changed',
        extras: { agent_state: 'running', reason: '' },
      },
      {
        id: 1,
        timestamp: '2026-01-02T03:04:06.123456',
        source: 'agent',
        action: 'run',
        args: { command: 'ls' },
        message: 'Running command: ls',
      },
      {
        id: 2,
        timestamp: '2026-01-02T03:04:09.123456',
        source: 'environment',
        observation: 'agent_state_changed',
        extras: { agent_state: 'finished' },
      },
    ),
  },
  {
    name: 'OpenHands that waits, goes on and fails',
    run: 'openhands/openhands#1 failed null/null',
    shown: { error_message: 'budget exceeded', current_step: '/src/a.ts' },
    lines: json(
      {
        id: 0,
        source: 'environment',
        observation: 'agent_state_changed',
        extras: { agent_state: 'awaiting_user_input' },
      },
      { id: 1, source: 'agent', action: 'edit', args: { path: '/src/a.ts' } },
      {
        id: 2,
        source: 'environment',
        observation: 'agent_state_changed',
        extras: { agent_state: 'error', reason: 'budget exceeded' },
      },
    ),
  },
  {
    name: 'LangGraph’s server',
    run: 'langgraph/1ef5c1a2-7b3d-6a10-8f5e-9d2c4b6a8e01#1 completed null/null',
    lines: [
      '2026-01-02T03:04:05.678901Z [info     ] Starting background run        [langgraph_api.worker] api_variant=local run_id=1ef5c1a2-7b3d-6a10-8f5e-9d2c4b6a8e01 run_attempt=1',
      '2026-01-02T03:04:09.678901Z [info     ] Background run succeeded       [langgraph_api.worker] api_variant=local run_id=1ef5c1a2-7b3d-6a10-8f5e-9d2c4b6a8e01 run_exec_ms=4000',
    ],
  },
  {
    name: 'LangGraph’s server, as JSON, failing',
    run: 'langgraph/1ef5c1a2-7b3d#1 failed null/null',
    shown: { error_message: 'Background run failed, will retry' },
    lines: json(
      { event: 'Starting background run', run_id: '1ef5c1a2-7b3d', level: 'info' },
      { event: 'Background run failed, will retry', run_id: '1ef5c1a2-7b3d', level: 'warning' },
      { event: 'Background run failed', run_id: '1ef5c1a2-7b3d', level: 'error', exception: 'ValueError: x' },
    ),
  },
  {
    name: 'LangGraph’s debug events',
    run: 'langgraph/langgraph#1 running 1/null',
    shown: { current_step: 'tools' },
    lines: json(
      {
        type: 'task',
        timestamp: '2026-01-02T03:04:05',
        step: 1,
        payload: { id: 'a', name: 'agent', input: {}, triggers: [] },
      },
      {
        type: 'task_result',
        timestamp: '2026-01-02T03:04:06',
        step: 1,
        payload: { id: 'a', name: 'agent', error: null, result: [] },
      },
      {
        type: 'task',
        timestamp: '2026-01-02T03:04:06',
        step: 2,
        payload: { id: 'b', name: 'tools', input: {}, triggers: [] },
      },
    ),
  },
  {
    name: 'Prefect',
    run: 'prefect/gleaming-lion#1 completed 2/null',
    shown: { task_name: 'gleaming-lion' },
    lines: [
      prefect('INFO', "prefect.engine - Created flow run 'gleaming-lion' for flow 'nightly'"),
      prefect('INFO', "Flow run 'gleaming-lion' - Created task run 'extract-0' for task 'extract'"),
      prefect('INFO', "Task run 'extract-0' - Finished in state Completed()"),
      prefect('INFO', "Task run 'load-0' - Finished in state Completed()"),
      prefect('INFO', "Flow run 'gleaming-lion' - Finished in state Completed('All states completed.')"),
    ],
  },
  {
    name: 'Prefect, failing',
    run: 'prefect/gleaming-lion#1 failed 1/null',
    shown: {
      failed: 1,
      failed_resources: ['load-0'],
      error_message: 'Task run encountered an exception ValueError: x',
    },
    lines: [
      prefect('INFO', "Flow run 'gleaming-lion' - Beginning flow run 'gleaming-lion' for flow 'nightly'"),
      prefect(
        'ERROR',
        "Task run 'load-0' - Finished in state Failed('Task run encountered an exception ValueError: x')",
      ),
      prefect('ERROR', "Flow run 'gleaming-lion' - Finished in state Failed('1/2 states failed.')"),
    ],
  },
  {
    name: 'Airflow',
    run: 'airflow/airflow#1 completed null/null',
    shown: { task_name: 'load' },
    lines: [
      airflow('INFO', 'Starting attempt 1 of 2'),
      airflow('INFO', 'Executing <Task(PythonOperator): load> on 2026-01-01 00:00:00+00:00'),
      airflow(
        'INFO',
        'Marking task as SUCCESS. dag_id=nightly, task_id=load, run_id=manual__1, start_date=20260101T000000',
      ),
    ],
  },
  {
    name: 'Airflow, failing',
    run: 'airflow/airflow#1 failed null/null',
    shown: { error_message: 'Task failed with exception' },
    lines: [
      airflow('INFO', 'Starting attempt 2 of 2'),
      airflow('ERROR', 'Task failed with exception'),
      airflow('INFO', 'Marking task as FAILED. dag_id=nightly, task_id=load, run_id=manual__1'),
    ],
  },
  {
    name: 'Airflow’s backfill',
    run: 'airflow/airflow#1 completed 2/2',
    shown: { failed: 1 },
    lines: [
      airflow(
        'INFO',
        '[backfill progress] | finished run 0 of 2 | tasks waiting: 2 | succeeded: 1 | running: 0 | failed: 0 | skipped: 0 | deadlocked: 0 | not ready: 2',
      ),
      airflow(
        'INFO',
        '[backfill progress] | finished run 2 of 2 | tasks waiting: 0 | succeeded: 3 | running: 0 | failed: 1 | skipped: 0 | deadlocked: 0 | not ready: 0',
      ),
      airflow('INFO', 'Backfill done for DAG nightly. Exiting.'),
    ],
  },
  {
    name: 'Celery',
    run: 'celery/0b9f2a1c-7d43-4c1e-8f1a-2b6d7c9e0f12#1 completed null/null',
    shown: { task_name: 'shop.tasks.send' },
    lines: [
      celery(5, 'INFO', `${CELERY} received`),
      celery(6, 'INFO', `${CELERY} retry: Retry in 1s: ConnectionError()`),
      celery(7, 'INFO', `${CELERY} succeeded in 0.01s: None`),
    ],
  },
  {
    name: 'Celery, failing',
    run: 'celery/0b9f2a1c-7d43-4c1e-8f1a-2b6d7c9e0f12#1 failed null/null',
    shown: { error_message: "ValueError('no such user')" },
    lines: [
      celery(5, 'INFO', `${CELERY} received`),
      celery(6, 'ERROR', `${CELERY} raised unexpected: ValueError('no such user')`),
    ],
  },
  {
    name: 'CodeBuild',
    run: 'codebuild/codebuild#1 completed null/null',
    shown: { phase: 'POST_BUILD' },
    lines: [
      '[Container] 2026/01/02 03:04:05.678 Entering phase BUILD',
      '[Container] 2026/01/02 03:04:05.678 Running command npm run build',
      '[Container] 2026/01/02 03:04:09.678 Phase complete: BUILD State: SUCCEEDED',
      '[Container] 2026/01/02 03:04:09.678 Entering phase POST_BUILD',
      '[Container] 2026/01/02 03:04:09.678 Phase complete: POST_BUILD State: SUCCEEDED',
    ],
  },
  {
    name: 'CodeBuild, failing',
    run: 'codebuild/codebuild#1 failed null/null',
    shown: {
      failed_resources: ['BUILD'],
      error_message: 'Error while executing command: npm test. Reason: exit status 1',
    },
    lines: [
      '[Container] 2026/01/02 03:04:05 Entering phase BUILD',
      '[Container] 2026/01/02 03:04:09 Phase complete: BUILD State: FAILED',
      '[Container] 2026/01/02 03:04:09 Phase context status code: COMMAND_EXECUTION_ERROR Message: Error while executing command: npm test. Reason: exit status 1',
      '[Container] 2026/01/02 03:04:09 Entering phase POST_BUILD',
      '[Container] 2026/01/02 03:04:09 Phase complete: POST_BUILD State: SUCCEEDED',
    ],
  },
  {
    name: 'CodeBuild whose artifacts cannot be uploaded',
    run: 'codebuild/codebuild#1 failed null/null',
    lines: [
      '[Container] 2026/01/02 03:04:09 Entering phase POST_BUILD',
      '[Container] 2026/01/02 03:04:09 Phase complete: POST_BUILD State: SUCCEEDED',
      '[Container] 2026/01/02 03:04:10 Phase complete: UPLOAD_ARTIFACTS State: FAILED',
    ],
  },
  {
    name: 'a job of GitHub Actions',
    run: 'github-job/github-job#1 completed null/null',
    shown: { task_name: 'build (20)', phase: 'cleanup' },
    lines: [
      "2026-01-02T03:04:05.6789012Z Current runner version: '2.311.0'",
      '2026-01-02T03:04:05.6789012Z Complete job name: build (20)',
      '2026-01-02T03:04:06.6789012Z ##[group]Run npm ci',
      '2026-01-02T03:04:06.6789012Z ##[endgroup]',
      '2026-01-02T03:04:08.6789012Z Post job cleanup.',
      '2026-01-02T03:04:09.6789012Z Cleaning up orphan processes',
    ],
  },
  {
    name: 'a job of GitHub Actions, failing',
    run: 'github-job/github-job#1 failed null/null',
    shown: { phase: 'Run npm test', error_message: 'Process completed with exit code 1' },
    lines: [
      "2026-01-02T03:04:05.6789012Z Current runner version: '2.311.0'",
      '2026-01-02T03:04:06.6789012Z ##[group]Run npm test',
      '2026-01-02T03:04:08.6789012Z ##[error]Process completed with exit code 1.',
      '2026-01-02T03:04:09.6789012Z Cleaning up orphan processes',
    ],
  },
  {
    name: 'the steps of a job of GitHub Actions without its beginning',
    run: 'github-job/github-job#1 failed null/null',
    shown: { phase: 'cleanup', error_message: 'Process completed with exit code 1' },
    lines: [
      '2026-01-02T03:04:06.6789012Z ##[group]Run npm ci',
      '2026-01-02T03:04:06.6789012Z ##[endgroup]',
      '2026-01-02T03:04:07.6789012Z ##[group]Run npm run lint',
      '2026-01-02T03:04:08.6789012Z ##[error]Process completed with exit code 1.',
      '2026-01-02T03:04:08.6789012Z Post job cleanup.',
      '2026-01-02T03:04:09.6789012Z Cleaning up orphan processes',
    ],
  },
  {
    name: 'a group of a step of GitHub Actions',
    run: 'github-job/github-job#1 running null/null',
    shown: { phase: 'Building images', current_step: 'make deploy' },
    lines: [
      "2026-01-02T03:04:05.6789012Z Current runner version: '2.311.0'",
      '2026-01-02T03:04:05.6789012Z ##[group]Operating System',
      '2026-01-02T03:04:05.6789012Z ##[endgroup]',
      '2026-01-02T03:04:06.6789012Z ##[group]Run make deploy',
      '2026-01-02T03:04:06.6789012Z ##[endgroup]',
      '2026-01-02T03:04:07.6789012Z ##[group]Building images',
      '2026-01-02T03:04:08.6789012Z ##[endgroup]',
    ],
  },
  {
    name: 'a group that a workflow command begins',
    run: 'github-job/github-job#1 running null/null',
    shown: { phase: 'Run database migrations' },
    lines: [
      "Current runner version: '2.311.0'",
      '::group::Prepare the release',
      '::endgroup::',
      '::group::Run database migrations',
    ],
  },
  {
    name: 'a job of GitLab',
    run: 'gitlab-job/gitlab-job#1 completed null/null',
    shown: { phase: 'step_script' },
    lines: [
      'Running with gitlab-runner 16.5.0 (853330f9)',
      'section_start:1760000000:prepare_executor',
      'section_end:1760000001:prepare_executor',
      'section_start:1760000001:step_script[collapsed=true]',
      'Job succeeded',
    ],
  },
  {
    name: 'a job of GitLab, failing',
    run: 'gitlab-job/gitlab-job#1 failed null/null',
    shown: { error_message: 'exit code 1' },
    lines: [
      'Running with gitlab-runner 16.5.0 (853330f9)',
      'section_start:1760000001:step_script',
      'ERROR: Job failed: exit code 1',
    ],
  },
  {
    name: 'aws cloudformation deploy',
    run: 'aws-deploy/aws-deploy#1 completed null/null',
    shown: { task_name: 'shop-orders' },
    lines: [
      'Waiting for changeset to be created..',
      'Waiting for stack create/update to complete',
      'Successfully created/updated stack - shop-orders',
    ],
  },
  {
    name: 'aws cloudformation deploy, failing',
    run: 'aws-deploy/aws-deploy#1 failed null/null',
    shown: { error_message: 'Failed to create/update the stack' },
    lines: [
      'Waiting for changeset to be created..',
      'Waiting for stack create/update to complete',
      'Failed to create/update the stack. Run the following command',
    ],
  },
  {
    name: 'aws cloudformation deploy without changes',
    run: 'aws-deploy/aws-deploy#1 completed null/null',
    lines: ['Waiting for changeset to be created..', 'No changes to deploy. Stack shop-orders is up to date'],
  },
  {
    name: 'serverless',
    run: 'serverless/serverless#1 completed null/null',
    shown: { task_name: 'orders' },
    lines: [
      'Deploying orders to stage dev (eu-west-1)',
      'CREATE_IN_PROGRESS - AWS::SQS::Queue - Orders',
      '✔ Service deployed to stack orders-dev (112s)',
    ],
  },
  {
    name: 'serverless, failing',
    run: 'serverless/serverless#1 failed null/null',
    shown: { error_message: 'Stack orders-dev failed to deploy (12s)' },
    lines: ['Deploying "orders" to stage "dev" (eu-west-1)', '✖ Stack orders-dev failed to deploy (12s)'],
  },
  {
    name: 'serverless, failing, with the reason below the resource',
    run: 'serverless/serverless#1 failed null/null',
    shown: { failed_resources: ['OrdersTable'], error_message: 'Table already exists' },
    lines: [
      'Deploying "orders" to stage "dev" (eu-west-1)',
      '✖ Stack orders-dev failed to deploy (12s)',
      'Environment: linux, node 20.11.0, framework 3.38.0',
      'Credentials: Local, environment variables',
      'Error:',
      'CREATE_FAILED: OrdersTable (AWS::DynamoDB::Table)',
      'Table already exists',
    ],
  },
  {
    name: 'serverless that did not get as far as a resource',
    run: 'serverless/serverless#1 failed null/null',
    shown: { error_message: 'Cannot resolve variable at "provider.vpc"' },
    lines: [
      'Deploying "orders" to stage "dev" (eu-west-1)',
      '✖ Stack orders-dev failed to deploy (1s)',
      'Error:',
      'Cannot resolve variable at "provider.vpc"',
    ],
  },
  {
    name: 'the GitHub action for CloudFormation',
    run: 'cloudformation-action/cloudformation-action#1 completed 1/null',
    shown: { task_name: 'shop' },
    lines: [
      'CREATE_IN_PROGRESS AWS::CloudFormation::Stack/shop',
      'CREATE_IN_PROGRESS AWS::SQS::Queue/Orders',
      'CREATE_COMPLETE AWS::SQS::Queue/Orders',
      'CREATE_COMPLETE AWS::CloudFormation::Stack/shop',
    ],
  },
  {
    name: 'the GitHub action for CloudFormation, failing',
    run: 'cloudformation-action/cloudformation-action#1 failed null/null',
    shown: { failed_resources: ['Orders'], error_message: 'Name is taken' },
    lines: [
      'CREATE_IN_PROGRESS AWS::CloudFormation::Stack/shop',
      'CREATE_FAILED AWS::SQS::Queue/Orders Name is taken',
      'ROLLBACK_IN_PROGRESS AWS::CloudFormation::Stack/shop',
      'ROLLBACK_COMPLETE AWS::CloudFormation::Stack/shop',
    ],
  },
  {
    name: 'rain',
    run: 'rain/rain#1 completed null/null',
    shown: { task_name: 'shop', phase: 'CREATE_COMPLETE' },
    lines: [
      "Deploying template 'shop.yaml' as stack 'shop' in eu-west-1.",
      'Stack shop: CREATE_COMPLETE',
      'Successfully deployed shop',
    ],
  },
  {
    name: 'rain on a terminal',
    run: 'rain/rain#1 completed null/null',
    shown: { task_name: 'shop', current_step: '1 resource in progress' },
    lines: [
      'Stack shop: DELETE_IN_PROGRESS - 2 resources pending, 1 resource in progress',
      'Stack shop: DELETE_IN_PROGRESS - 1 resource in progress',
      "Successfully deleted stack 'shop'",
    ],
  },
  {
    name: 'rain, failing',
    run: 'rain/rain#1 failed null/null',
    shown: {
      phase: 'ROLLBACK_COMPLETE',
      failed_resources: ['Orders'],
      error_message: 'Name is taken: orders',
    },
    lines: [
      "Executing changeset 'add-queue' as stack 'shop' in eu-west-1.",
      'Stack shop: ROLLBACK_COMPLETE',
      'Messages:',
      '  - Orders - https://sqs.eu-west-1.amazonaws.com/1/orders: Name is taken: orders',
      '  - Bill: Resource handler returned message: "denied"',
      "failed deploying stack 'shop'",
    ],
  },
  {
    name: 'rain that cannot delete',
    run: 'rain/rain#1 failed null/null',
    shown: { task_name: 'shop', failed_resources: ['Bucket'], error_message: 'The bucket is not empty' },
    lines: ["Failed to delete stack 'shop'", 'Messages:', '  - Bucket - shop-files: The bucket is not empty'],
  },
  {
    name: 'rain without changes',
    run: 'rain/rain#1 completed null/null',
    lines: ['Change set was created, but there is no change. Deploy was skipped.'],
  },
  {
    name: 'Pulumi',
    run: 'pulumi/pulumi#1 completed 2/null',
    shown: { task_name: 'dev' },
    lines: [
      'Updating (dev):',
      ' +  pulumi:pulumi:Stack shop-dev creating (0s)',
      ' +  aws:sqs/queue:Queue orders creating (0s)',
      ' +  aws:sqs/queue:Queue orders created (2s)',
      ' +  pulumi:pulumi:Stack shop-dev created (3s)',
      'Resources:',
      '    + 2 created',
      'Duration: 4s',
    ],
  },
  {
    name: 'Pulumi, failing',
    run: 'pulumi/pulumi#1 failed 1/null',
    shown: { failed: 1, failed_resources: ['orders'], error_message: 'creating SQS Queue: name is taken' },
    lines: [
      'Updating (dev):',
      ' +  aws:sqs/queue:Queue orders creating (0s)',
      ' +  aws:sqs/queue:Queue orders **creating failed** error: creating SQS Queue: name is taken',
      'Resources:',
      '    1 errored',
      'Duration: 3s',
    ],
  },
  {
    name: 'Pulumi on a terminal, failing',
    run: 'pulumi/pulumi#1 failed 2/null',
    shown: { failed: 1, failed_resources: ['alerts'], error_message: 'creating SNS Topic: access denied' },
    lines: [
      'Updating (dev)',
      '     Type                 Name      Status                  Info',
      ' +   pulumi:pulumi:Stack  shop-dev  creating (0s)',
      ' +   ├─ aws:s3:Bucket     logs      creating (0s)',
      ' +   ├─ aws:s3:Bucket     logs      created (2s)',
      ' +   └─ aws:sns:Topic     alerts    **creating failed**     1 error',
      ' +   pulumi:pulumi:Stack  shop-dev  **creating failed**     1 error',
      'Diagnostics:',
      '  aws:sns:Topic (alerts):',
      '    error: creating SNS Topic: access denied',
      'Resources:',
      '    + 1 created',
      '    1 errored',
      'Duration: 5s',
    ],
  },
  {
    name: 'Gradle, failing, with the reason below',
    run: 'gradle/gradle#1 failed null/null',
    shown: {
      failed_resources: [':test'],
      error_message: "Execution failed for task ':test'. > There were failing tests.",
    },
    lines: [
      '> Task :compileJava',
      '> Task :test FAILED',
      'FAILURE: Build failed with an exception.',
      '',
      '* What went wrong:',
      "Execution failed for task ':test'.",
      '> There were failing tests.',
      '',
      'BUILD FAILED in 3s',
    ],
  },
  {
    name: 'Bazel that calls its end an error',
    run: 'bazel/bazel#1 failed 5/20',
    shown: { error_message: 'Compiling a.cc failed: (Exit 1): gcc failed' },
    lines: [
      '[5 / 20] Compiling a.cc; 1s linux-sandbox',
      'ERROR: /app/BUILD:1:1: Compiling a.cc failed: (Exit 1): gcc failed',
      'ERROR: Build did NOT complete successfully',
    ],
  },
  {
    name: 'docker buildx on a terminal, with the reason below the step',
    run: 'buildkit/buildkit#1 failed 5/12',
    shown: {
      failed_resources: ['[3/10]'],
      error_message: 'failed to solve: process "npm ci" failed: exit code: 1',
    },
    lines: [
      '[+] Building 12.3s (5/12)',
      ' => ERROR [3/10] RUN npm ci                                      10.1s',
      'ERROR: failed to solve: process "npm ci" failed: exit code: 1',
    ],
  },
  {
    name: 'docker compose without a terminal, failing',
    run: 'docker-compose/docker-compose#1 failed 3/null',
    shown: { error_message: 'driver failed programming external connectivity: port is already allocated' },
    lines: [
      ' Network shop_default  Creating',
      ' Network shop_default  Created',
      ' Container shop-db-1  Creating',
      ' Container shop-db-1  Created',
      ' Container shop-db-1  Starting',
      ' Container shop-db-1  Started',
      ' Container shop-web-1  Starting',
      'Error response from daemon: driver failed programming external connectivity: port is already allocated',
    ],
  },
  {
    name: 'docker compose without a terminal',
    run: 'docker-compose/docker-compose#1 running 1/null',
    shown: { current_step: 'Container shop-db-1', phase: 'Started' },
    lines: [' Container shop-db-1 Starting ', ' Container shop-db-1 Started '],
  },
  {
    name: 'Ansible',
    run: 'ansible/ansible#1 completed 2/null',
    shown: { skipped: 1 },
    lines: [...PLAYBOOK, RECAP, host('web1', 0, 1), host('web2', 0, 0)],
  },
  {
    name: 'Ansible, failing on one host',
    run: 'ansible/ansible#1 failed 2/null',
    shown: { failed: 1, skipped: 1, failed_resources: ['web2'], error_message: 'non-zero return code' },
    lines: [
      ...PLAYBOOK,
      'fatal: [web1]: FAILED! => {"changed": false, "msg": "not there"}',
      '...ignoring',
      'fatal: [web2]: FAILED! => {"changed": true, "msg": "non-zero return code", "rc": 1}',
      RECAP,
      host('web1', 0, 1),
      host('web2', 1, 0),
    ],
  },
  {
    name: 'helm',
    run: 'helm/helm#1 completed null/null',
    shown: { task_name: 'shop' },
    lines: [
      'Release "shop" has been upgraded. Happy Helming!',
      'NAME: shop',
      'LAST DEPLOYED: Fri Jan  2 03:04:05 2026',
      'NAMESPACE: default',
      'STATUS: deployed',
      'REVISION: 2',
    ],
  },
  {
    name: 'helm, failing',
    run: 'helm/helm#1 failed null/null',
    shown: { error_message: 'INSTALLATION FAILED: timed out waiting for the condition' },
    lines: [
      'Release "shop" does not exist. Installing it now.',
      'Error: INSTALLATION FAILED: timed out waiting for the condition',
    ],
  },
  {
    name: 'kubectl rollout',
    run: 'kubectl-rollout/web#1 completed 3/3',
    lines: [
      'Waiting for deployment "web" rollout to finish: 1 out of 3 new replicas have been updated...',
      'Waiting for deployment "web" rollout to finish: 2 of 3 updated replicas are available...',
      'deployment "web" successfully rolled out',
    ],
  },
  {
    name: 'kubectl rollout, failing',
    run: 'kubectl-rollout/web#1 failed 1/3',
    shown: { error_message: 'timed out waiting for the condition' },
    lines: [
      'Waiting for deployment "web" rollout to finish: 1 out of 3 new replicas have been updated...',
      'error: timed out waiting for the condition',
    ],
  },
  {
    name: 'Pulumi, whose cause is below the failed update',
    run: 'pulumi/pulumi#1 failed 1/null',
    shown: {
      failed_resources: ['files'],
      error_message: 'creating S3 Bucket (files): BucketAlreadyExists',
    },
    lines: [
      'Updating (dev)',
      ' +   pulumi:pulumi:Stack  shop-dev  **failed**              1 error',
      ' +   └─ aws:s3:Bucket     files     **creating failed**     1 error',
      'Diagnostics:',
      '  pulumi:pulumi:Stack (shop-dev):',
      '    error: update failed',
      '',
      '  aws:s3:Bucket (files):',
      '    error: 1 error occurred:',
      '    \t* creating S3 Bucket (files): BucketAlreadyExists',
      'Resources:',
      'Duration: 4s',
    ],
  },
  {
    name: 'helm, with the reason below the failure',
    run: 'helm/helm#1 failed null/null',
    shown: {
      error_message:
        'INSTALLATION FAILED: failed pre-install: 1 error occurred: * job db-migrate failed: BackoffLimitExceeded',
    },
    lines: [
      'Error: INSTALLATION FAILED: failed pre-install: 1 error occurred:',
      '\t* job db-migrate failed: BackoffLimitExceeded',
    ],
  },
  {
    name: 'vitest that caught an error outside the tests',
    run: 'vitest/vitest#1 failed 3/3',
    shown: { error_message: 'Error: connect ECONNREFUSED 127.0.0.1:5432', failed_resources: undefined },
    lines: [
      ' RUN  v3.2.4 /srv/app',
      ' ✓ src/a.test.ts (3 tests) 12ms',
      '⎯⎯⎯⎯⎯⎯ Unhandled Errors ⎯⎯⎯⎯⎯⎯',
      '',
      'Vitest caught 1 unhandled error during the test run.',
      'This might cause false positive tests. Resolve unhandled errors to make sure your tests are not affected.',
      '',
      '⎯⎯⎯⎯ Unhandled Rejection ⎯⎯⎯⎯⎯',
      'Error: connect ECONNREFUSED 127.0.0.1:5432',
      ' Test Files  1 passed (1)',
      '      Tests  3 passed (3)',
      '     Errors  1 error',
      '   Duration  300ms',
    ],
  },
  {
    name: 'Jest, whose tests cover too little',
    run: 'jest/jest#1 failed 1/1',
    shown: { error_message: '"global" coverage threshold for lines (80%) not met: 60%' },
    lines: [
      'PASS src/a.test.js',
      'Jest: "global" coverage threshold for lines (80%) not met: 60%',
      'Tests:       1 passed, 1 total',
      'Ran all test suites.',
    ],
  },
  {
    name: 'Playwright, in which a test passed when it was run again',
    run: 'playwright/playwright#1 completed 2/2',
    shown: { failed: 0, failed_resources: ['a.spec.ts:4:1 › two'] },
    lines: [
      'Running 2 tests using 1 worker',
      '  ✓  1 a.spec.ts:3:1 › one (1.2s)',
      '  ✘  2 a.spec.ts:4:1 › two (1.0s)',
      '  ✓  3 a.spec.ts:4:1 › two (retry #1) (1.0s)',
      '  1) a.spec.ts:4:1 › two ───────────────',
      '  1 flaky',
      '  1 passed (5.2s)',
    ],
  },
  {
    name: 'bazel test, failing',
    run: 'bazel/bazel#1 failed 1/null',
    shown: { failed: 1, failed_resources: ['//app:b_test'], error_message: '1 test FAILED' },
    lines: [
      'INFO: Analyzed 2 targets (12 packages loaded, 120 targets configured).',
      '//app:b_test                                                             FAILED in 0.3s',
      'INFO: Build completed, 1 test FAILED, 2 total actions',
    ],
  },
  {
    name: 'Wget that gives up',
    run: 'wget/wget#1 failed 3/100',
    shown: { error_message: 'Read error at byte 102400/3000000 (Connection reset by peer)' },
    lines: [
      '--2026-11-03 10:00:00--  https://example.com/big.iso',
      '    50K .......... .......... .......... .......... ..........  3% 1.00M 3s',
      '2026-11-03 10:00:03 (1.00 MB/s) - Read error at byte 102400/3000000 (Connection reset by peer). Giving up.',
    ],
  },
  {
    name: 'FFmpeg, whose cause stands above what follows from it',
    run: 'ffmpeg/ffmpeg#1 failed 4/100',
    shown: { error_message: 'av_interleaved_write_frame(): No space left on device' },
    lines: [
      "Input #0, mov,mp4,m4a, from 'in.mp4':",
      '  Duration: 00:01:40.00, start: 0.000000, bitrate: 1000 kb/s',
      'frame=  100 fps= 25 q=0.0 size=     256kB time=00:00:04.00 bitrate= 524.3kbits/s speed=1x',
      'av_interleaved_write_frame(): No space left on device',
      '[out#0/webm @ 0x5581] Error muxing a packet',
      'Conversion failed!',
    ],
  },
  {
    name: 'Celery, over its hard time limit',
    run: 'celery/0b9f2a1c-7d43-4c1e-8f1a-2b6d7c9e0f12#1 failed null/null',
    shown: { task_name: 'shop.tasks.send', error_message: 'Hard time limit (10s) exceeded' },
    lines: [
      celery(1, 'INFO', `${CELERY} received`),
      celery(2, 'ERROR', 'Task handler raised error: TimeLimitExceeded(10)'),
      celery(
        3,
        'ERROR',
        'Hard time limit (10s) exceeded for shop.tasks.send[0b9f2a1c-7d43-4c1e-8f1a-2b6d7c9e0f12]',
      ),
    ],
  },
  {
    name: 'a job of GitHub Actions that is cancelled',
    run: 'github-job/github-job#1 cancelled null/null',
    lines: [
      '2026-11-03T10:00:01.1234567Z Complete job name: build',
      '2026-11-03T10:00:02.1234567Z ##[group]Run make',
      '2026-11-03T10:00:09.2234567Z ##[error]The operation was canceled.',
      '2026-11-03T10:00:11.1234567Z Cleaning up orphan processes',
    ],
  },
  {
    name: 'a job of GitHub Actions that takes too long',
    run: 'github-job/github-job#1 failed null/null',
    shown: {
      error_message:
        'The job running on runner GitHub Actions 7 has exceeded the maximum execution time of 5 minutes',
    },
    lines: [
      '2026-11-03T10:00:02.1234567Z ##[group]Run make',
      '2026-11-03T10:05:09.2234567Z ##[error]The job running on runner GitHub Actions 7 has exceeded the maximum execution time of 5 minutes.',
      '2026-11-03T10:05:09.3234567Z ##[error]The operation was canceled.',
      '2026-11-03T10:05:11.1234567Z Cleaning up orphan processes',
    ],
  },
  {
    name: 'OpenHands’ SDK, stuck',
    run: 'openhands/openhands#1 failed null/null',
    shown: { phase: 'stuck', current_step: 'npm test', error_message: 'The model repeats itself' },
    lines: json(
      {
        id: '1',
        source: 'environment',
        key: 'execution_status',
        value: 'idle',
        kind: 'ConversationStateUpdateEvent',
      },
      {
        id: '2',
        source: 'environment',
        key: 'execution_status',
        value: 'running',
        kind: 'ConversationStateUpdateEvent',
      },
      {
        id: '3',
        source: 'agent',
        tool_name: 'terminal',
        action: { command: 'npm test' },
        kind: 'ActionEvent',
      },
      {
        id: '4',
        source: 'environment',
        code: 'Stuck',
        detail: 'The model repeats itself',
        kind: 'ConversationErrorEvent',
      },
      {
        id: '5',
        source: 'environment',
        key: 'execution_status',
        value: 'stuck',
        kind: 'ConversationStateUpdateEvent',
      },
    ),
  },
  {
    name: 'Gradle, which draws an empty bar after its end',
    run: 'gradle/gradle#1 failed null/null',
    shown: { error_message: "Task 'sell' not found in root project 'shop'." },
    lines: [
      'FAILURE: Build failed with an exception.',
      '',
      '* Where:',
      "Build file '/srv/app/build.gradle' line: 18",
      '',
      '* What went wrong:',
      "Task 'sell' not found in root project 'shop'.",
      '',
      'BUILD FAILED in 1s',
      '<-------------> 0% WAITING',
    ],
  },
  {
    name: 'sam deploy whose change set fails',
    run: 'aws-deploy/aws-deploy#1 failed null/null',
    shown: { task_name: 'shop', error_message: 'Template error: there is no resource Bill' },
    lines: [
      'Waiting for changeset to be created..',
      'Error: Failed to create changeset for the stack: shop, ex: Waiter ChangeSetCreateComplete failed: Waiter encountered a terminal failure state: For expression "Status" we matched expected path: "FAILED" Status: FAILED. Reason: Template error: there is no resource Bill',
    ],
  },
  {
    name: 'sam deploy without changes',
    run: 'aws-deploy/aws-deploy#1 completed null/null',
    shown: { task_name: 'shop' },
    lines: ['Waiting for changeset to be created..', 'Error: No changes to deploy. Stack shop is up to date'],
  },
];
