import { signatureOf } from '../../src/api/badge-link.ts';

/** A request, and the status that answers it. `$name` in target, body and headers is what an earlier one kept. */
export type Exchange = Readonly<{
  method: string;
  target: string;
  body?: unknown;
  headers?: Readonly<Record<string, string>>;
  status: number;
  code?: string;
  /** What to keep of the answer: a name, and where it is, as `next_cursor` or `header:etag`. */
  keep?: Readonly<Record<string, string>>;
}>;

const get = (target: string, status = 200, rest: Partial<Exchange> = {}): Exchange => ({
  method: 'GET',
  target,
  status,
  ...rest,
});
const post = (target: string, body: unknown, status = 200, rest: Partial<Exchange> = {}): Exchange => ({
  method: 'POST',
  target,
  body,
  status,
  ...rest,
});
const patch = (target: string, body: unknown, status = 200, rest: Partial<Exchange> = {}): Exchange => ({
  method: 'PATCH',
  target,
  body,
  status,
  ...rest,
});

const AT = Date.UTC(2026, 0, 1);

/** The secret of the servers that answer: links to badges are the same on all of them. */
export const SECRET = 'a-secret-of-the-exchanges';
const badge = (kind: 'task' | 'project', id: string, sig = signatureOf(SECRET, { kind, id })) =>
  `/badge/${kind}/${id}.svg?sig=${sig}`;
const SVG = { headers: { accept: 'image/svg+xml' } };

/** One client's day with the API, every operation and every refusal in it. */
export const EXCHANGES: readonly Exchange[] = [
  get('/health'),
  get('/health/ready'),
  get('/health?x=1'),
  { method: 'HEAD', target: '/health', status: 200 },
  { method: 'OPTIONS', target: '/api/tasks', status: 204 },
  { method: 'PUT', target: '/api/tasks', status: 405, code: 'method_not_allowed' },
  get('/nothing', 404, { code: 'not_found' }),
  get('/api/tasks'),
  get('/api/projects'),
  post(
    '/api/projects',
    { project_id: 'shop', project_name: 'Shop', owner: 'ops', resources: { s3_bucket: 'b' } },
    201,
    {
      keep: { etag: 'header:etag' },
    },
  ),
  post('/api/projects', { project_id: 'shop', project_name: 'Again' }, 409, { code: 'already_exists' }),
  post('/api/projects', {}, 400, { code: 'invalid_input' }),
  get('/api/projects/shop'),
  get('/api/projects/shop', 304, { headers: { 'if-none-match': '$etag' } }),
  get('/api/projects/nobody', 404, { code: 'project_not_found' }),
  patch('/api/projects/shop', { description: 'All of it', account_id: '123456789012' }, 200, {
    headers: { 'if-match': '$etag' },
  }),
  patch('/api/projects/shop', { owner: 'me' }, 412, {
    headers: { 'if-match': '$etag' },
    code: 'precondition_failed',
  }),
  post('/api/tasks', {}, 201, { keep: { made: 'task_id' } }),
  get('/api/tasks/$made'),
  post(
    '/api/tasks',
    {
      task_id: 'deploy-1',
      task_name: 'Deploy 日本 🚀',
      task_type: 'cdk_deploy',
      description: 'two\nlines',
      project_id: 'shop',
      status: 'running',
      priority: 'P1',
      progress: { current: 1, total: 8 },
      details: { phase: 'assets', failed_resources: ['A', 'B'], retained_resources: ['C'] },
      labels: { env: 'prod', 'a/b': '' },
      metadata: { deep: { list: [1, null, { x: 0.5 }], constructor: 'x' }, big: 1e300 },
      github: { pr_number: 7, pr_url: 'https://github.com/o/r/pull/7' },
    },
    201,
    { keep: { tag: 'header:etag' } },
  ),
  post(
    '/api/tasks',
    {
      task_id: 'nightly',
      status: 'running',
      started_at: AT,
      run: { command: 'make', host: 'h', git: { branch: 'main' }, ci_url: 'https://ci.example/1' },
      heartbeat: { every_seconds: 30, grace_seconds: 60 },
      expect: { every_seconds: 86_400 },
    },
    201,
  ),
  post('/api/tasks', { run: {} }, 400, { code: 'invalid_input' }),
  post('/api/tasks', { run: { command: 'x', secret: 1 } }, 400, { code: 'invalid_input' }),
  post('/api/tasks', { expect: { every_seconds: 0 } }, 400, { code: 'invalid_input' }),
  patch('/api/tasks/nightly', { expect: null, run: { command: 'make all' } }),
  post('/api/tasks/nightly/progress', { exit_code: -1 }, 400, { code: 'invalid_input' }),
  post('/api/tasks/nightly/progress', { signal: 'kill' }, 400, { code: 'invalid_input' }),
  post('/api/tasks/nightly/progress', {
    status: 'failed',
    exit_code: 3,
    signal: 'SIGKILL',
    error_message: 'it broke',
  }),
  post('/api/tasks', { task_id: 'deploy-1' }, 409, { code: 'already_exists' }),
  post('/api/tasks', '{"task_name":', 400, { code: 'invalid_input' }),
  post('/api/tasks', '', 400, { code: 'invalid_input' }),
  post('/api/tasks', '[]', 400, { code: 'invalid_input' }),
  post('/api/tasks', { nonsense: 1, progress: { total: 0 }, status: 'done' }, 400, { code: 'invalid_input' }),
  post('/api/tasks', '{"__proto__":{}}', 400, { code: 'invalid_input' }),
  post('/api/tasks', `{"metadata":${'['.repeat(50)}${']'.repeat(50)}}`, 400, { code: 'invalid_input' }),
  post('/api/tasks', { description: 'x'.repeat(300 * 1024) }, 413, { code: 'payload_too_large' }),
  post('/api/tasks', 'x', 415, { headers: { 'content-type': 'text/plain' }, code: 'unsupported_media_type' }),
  post('/api/tasks', { task_name: 'Once' }, 201, {
    headers: { 'idempotency-key': 'k1' },
    keep: { once: 'task_id' },
  }),
  post('/api/tasks', { task_name: 'Once' }, 201, { headers: { 'idempotency-key': 'k1' } }),
  post('/api/tasks', { task_name: 'Twice' }, 422, {
    headers: { 'idempotency-key': 'k1' },
    code: 'idempotency_mismatch',
  }),
  post('/api/tasks', {}, 400, { headers: { 'idempotency-key': 'a b' }, code: 'invalid_input' }),
  get('/api/tasks/$once'),
  get('/api/tasks/deploy-1'),
  { method: 'HEAD', target: '/api/tasks/deploy-1', status: 200 },
  get('/api/tasks/deploy-1/'),
  get('/api/tasks/deploy-1', 304, { headers: { 'if-none-match': 'W/"9", $tag' } }),
  get('/api/tasks/deploy-1', 406, { headers: { accept: 'text/html' }, code: 'not_acceptable' }),
  get('/api/tasks/nobody', 404, { code: 'task_not_found' }),
  get('/api/tasks/a%00b', 400, { code: 'invalid_input' }),
  get('/api/tasks/%E0%A4%A', 400, { code: 'invalid_input' }),
  post('/api/tasks/deploy-1/progress', { current: 2, phase: 'resources', timestamp: AT + 1000 }),
  post('/api/tasks/deploy-1/progress', {
    current: 3,
    timestamp: '2026-01-01T00:00:02Z',
    message: 'going well',
  }),
  post('/api/tasks/deploy-1/progress', {}, 400, { code: 'invalid_input' }),
  post('/api/tasks/deploy-1/progress', { current: 3, timestamp: '300000-01-01' }, 400, {
    code: 'invalid_input',
  }),
  post('/api/tasks/nobody/progress', { current: 1 }, 404, { code: 'task_not_found' }),
  get(`/api/tasks/deploy-1/history?to=${AT + 60_000}`),
  get(`/api/tasks/deploy-1/history?from=${AT}&to=${AT + 60_000}&limit=1`, 200, {
    keep: { past: 'next_cursor' },
  }),
  get(`/api/tasks/deploy-1/history?from=${AT}&to=${AT + 60_000}&limit=1&cursor=$past`),
  get('/api/tasks/deploy-1/badge'),
  get('/api/tasks/deploy-1/badge?base_url=https://miyabi.example/at/&style=bar'),
  get('/api/tasks/deploy-1/badge?base_url=javascript:alert(1)', 400, { code: 'invalid_input' }),
  get('/api/tasks/no-such/badge', 404, { code: 'task_not_found' }),
  get('/api/projects/shop/badge'),
  get('/api/projects/no-such/badge', 404, { code: 'project_not_found' }),
  get(badge('task', 'deploy-1'), 200, { ...SVG, keep: { seen: 'header:etag' } }),
  get(badge('task', 'deploy-1'), 304, { headers: { ...SVG.headers, 'if-none-match': '$seen' } }),
  get(`${badge('task', 'deploy-1')}&style=bar`, 200, SVG),
  get(badge('project', 'shop'), 200, SVG),
  get(badge('task', 'no-such'), 404, { ...SVG, code: 'not_found' }),
  get(badge('task', 'deploy-1', 'wrong'), 404, { ...SVG, code: 'not_found' }),
  get('/api/tasks/deploy-1/history?cursor=$past', 400, { code: 'invalid_input' }),
  get('/api/tasks/nobody/history', 404, { code: 'task_not_found' }),
  patch(
    '/api/tasks/deploy-1',
    { labels: { env: null, team: 'x' }, metadata: { big: null }, github: { pr_number: null } },
    200,
    {
      headers: { 'content-type': 'application/merge-patch+json' },
    },
  ),
  patch('/api/tasks/deploy-1', { priority: 'P2' }, 412, {
    headers: { 'if-match': '$tag' },
    code: 'precondition_failed',
  }),
  patch('/api/tasks/deploy-1', { task_name: null }, 400, { code: 'invalid_input' }),
  patch('/api/tasks/deploy-1', 'x', 415, {
    headers: { 'content-type': 'application/xml' },
    code: 'unsupported_media_type',
  }),
  post('/api/tasks', { task_id: 'part-1', parent_id: 'deploy-1', task_type: 'build' }, 201),
  post('/api/tasks', { parent_id: 'nobody' }, 400, { code: 'invalid_input' }),
  post('/api/tasks:batch', {
    tasks: [{ task_id: 'b1', labels: { env: 'test' } }, { task_id: 'b1' }, { status: 'no' }],
  }),
  post('/api/tasks:batch', { tasks: [] }, 400, { code: 'invalid_input' }),
  post('/api/tasks:progress', {
    reports: [
      { task_id: 'b1', current: 1, total: 2 },
      { task_id: 'nobody', current: 1 },
    ],
  }),
  get('/api/tasks?status=running,blocked&project_id=shop'),
  get('/api/tasks?status=running&status=pending&label=env:test'),
  get('/api/tasks?parent_id=deploy-1'),
  get('/api/tasks?q=DEPLOY&task_type=cdk_deploy&label=team:x'),
  get('/api/tasks?limit=2', 200, { keep: { page: 'next_cursor' } }),
  get('/api/tasks?limit=2&cursor=$page'),
  get('/api/tasks?limit=2&status=running&cursor=$page', 400, { code: 'invalid_input' }),
  get('/api/tasks?limit=0', 400, { code: 'invalid_input' }),
  get('/api/tasks?nonsense=1', 400, { code: 'invalid_input' }),
  post('/api/tasks/b1/cancel', { message: 'no need' }),
  post('/api/tasks/b1/cancel', undefined),
  post('/api/tasks/b1/progress', { current: 2 }, 409, { code: 'invalid_transition' }),
  post('/api/tasks/b1/reopen', { status: 'running' }),
  post('/api/tasks/b1/reopen', undefined, 409, { code: 'invalid_transition' }),
  post('/api/tasks/b1/heartbeat', undefined),
  post('/api/tasks/nobody/heartbeat', undefined, 404, { code: 'task_not_found' }),
  post('/api/tasks/nightly/heartbeat', undefined, 409, { code: 'invalid_transition' }),
  get('/api/ping/backup/start?project_id=shop&name=Backup&every=24h&grace=1h'),
  get('/api/ping/backup'),
  { method: 'HEAD', target: '/api/ping/backup/start', status: 200 },
  post('/api/ping/backup/3', 'tar: /var: Permission denied\n', 200, {
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
  }),
  post('/api/ping/backup', ''),
  get('/api/tasks/backup'),
  get('/api/ping/backup/fail'),
  get('/api/ping/backup/256', 400, { code: 'invalid_input' }),
  get('/api/ping/backup/begin', 400, { code: 'invalid_input' }),
  get('/api/ping/backup?every=often', 400, { code: 'invalid_input' }),
  get('/api/ping/backup?grace=1h', 400, { code: 'invalid_input' }),
  get('/api/ping/%20', 400, { code: 'invalid_input' }),
  post('/api/tasks/b1/progress', { current: 2, total: 2 }),
  post('/api/logs', {
    project_id: 'shop',
    log_group: 'g',
    log_stream: 's',
    events: [
      { timestamp: AT, message: '{"task_id":"agent-1","current":1,"total":4}' },
      { timestamp: AT + 1000, message: '{"task_id":"agent-1","current":2,"total":4}' },
    ],
  }),
  get('/api/tasks/agent-1'),
  get('/api/tasks/agent-1/logs', 200, { keep: { newer: 'after' } }),
  get('/api/tasks/agent-1/logs?tail=1&q=CURRENT', 200, { keep: { older: 'before' } }),
  get('/api/tasks/agent-1/logs?before=$older&limit=1'),
  get('/api/tasks/agent-1/logs?after=$newer'),
  get('/api/tasks/agent-1/logs?around=failure'),
  get('/api/tasks/deploy-1/logs'),
  get('/api/tasks/agent-1/logs?tail=0', 400, { code: 'invalid_input' }),
  get('/api/tasks/agent-1/logs?tail=1&after=0', 400, { code: 'invalid_input' }),
  get('/api/tasks/agent-1/logs?after=nonsense', 400, { code: 'invalid_input' }),
  get('/api/tasks/nobody/logs', 404, { code: 'task_not_found' }),
  post('/api/logs', { log_group: 'g', log_stream: 's' }, 400, { code: 'invalid_input' }),
  post(
    '/api/logs/text?log_group=g&log_stream=t&offset=0',
    '{"task_id":"agent-2","current":1,"total":2}\n',
    200,
    {
      headers: { 'content-type': 'text/plain' },
    },
  ),
  post('/api/collect', {}),
  post('/api/collect', { start_time: 5, end_time: 1 }, 400, { code: 'invalid_input' }),
  get('/api/events?since=nonsense', 200, { headers: { accept: 'application/json' }, keep: { next: 'next' } }),
  get('/api/events?since=$next', 304, { headers: { accept: 'application/json' } }),
  get('/api/projects/shop/webhooks'),
  post('/api/projects/nobody/webhooks', { url: 'https://example.org/hook' }, 404, {
    code: 'project_not_found',
  }),
  post('/api/projects/shop/webhooks', { url: 'https://example.org/hook?a=b' }, 201, {
    headers: { 'idempotency-key': 'hook' },
    keep: { hook: 'webhook_id', hooktag: 'header:etag' },
  }),
  post('/api/projects/shop/webhooks', { url: 'https://example.org/hook?a=b' }, 201, {
    headers: { 'idempotency-key': 'hook' },
  }),
  post('/api/projects/shop/webhooks', { url: 'https://example.org/', events: [] }, 400, {
    code: 'invalid_input',
  }),
  post('/api/projects/shop/webhooks', { url: 'https://169.254.169.254/' }, 400, { code: 'invalid_input' }),
  post('/api/projects/shop/webhooks', { url: 'http://example.org/' }, 400, { code: 'invalid_input' }),
  post('/api/projects/shop/webhooks', { url: 'https://a:b@example.org/' }, 400, { code: 'invalid_input' }),
  get('/api/projects/shop/webhooks'),
  get('/api/projects/shop/webhooks/$hook'),
  get('/api/projects/shop/webhooks/nobody', 404, { code: 'webhook_not_found' }),
  patch('/api/projects/shop/webhooks/$hook', { events: ['task.failed'], active: false }, 200, {
    headers: { 'if-match': '$hooktag' },
  }),
  patch('/api/projects/shop/webhooks/$hook', { active: true }, 412, {
    headers: { 'if-match': '$hooktag' },
    code: 'precondition_failed',
  }),
  patch('/api/projects/shop/webhooks/$hook', { url: null }, 400, { code: 'invalid_input' }),
  post('/api/projects/shop/webhooks/$hook/test', undefined, 409, { code: 'webhook_inactive' }),
  patch('/api/projects/shop/webhooks/$hook', { active: true }),
  post('/api/projects/shop/webhooks/$hook/rotate', undefined),
  post('/api/projects/shop/webhooks/$hook/rotate', { secret: 'whsec_short' }, 400, { code: 'invalid_input' }),
  post('/api/projects/shop/webhooks/$hook/test', undefined, 202),
  { method: 'DELETE', target: '/api/projects/shop/webhooks/$hook', status: 204 },
  { method: 'DELETE', target: '/api/projects/shop/webhooks/$hook', status: 404, code: 'webhook_not_found' },
  get('/api/keys'),
  post('/api/keys', { name: 'CI', scope: 'write', project_id: 'shop', expires_at: '9999-01-01' }, 201, {
    keep: { key: 'key_id' },
  }),
  post('/api/keys', { name: 'CI', scope: 'read', expires_at: AT }, 400, { code: 'invalid_input' }),
  post('/api/keys', { name: 'CI', scope: 'root' }, 400, { code: 'invalid_input' }),
  post('/api/keys', { name: ' ', scope: 'read' }, 400, { code: 'invalid_input' }),
  post('/api/keys', { scope: 'read' }, 400, { code: 'invalid_input' }),
  get('/api/keys'),
  { method: 'DELETE', target: '/api/keys/$key', status: 204 },
  { method: 'DELETE', target: '/api/keys/$key', status: 404, code: 'key_not_found' },
  get('/api/projects/shop'),
  { method: 'DELETE', target: '/api/projects/shop', status: 409, code: 'project_not_empty' },
  { method: 'DELETE', target: '/api/tasks/part-1', status: 204 },
  { method: 'DELETE', target: '/api/tasks/part-1', status: 404, code: 'task_not_found' },
  post('/api/projects', { project_id: 'empty', project_name: 'E' }, 201),
  { method: 'DELETE', target: '/api/projects/empty', status: 204 },
  { method: 'DELETE', target: '/api/projects/empty', status: 404, code: 'project_not_found' },
  get('/metrics', 200, { headers: { accept: 'text/plain' } }),
  get('/openapi.json'),
  get('/docs', 200, { headers: { accept: 'text/html' } }),
  get('/llms.txt', 200, { headers: { accept: 'text/plain' } }),
];
