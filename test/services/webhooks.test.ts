import * as assert from 'uvu/assert';
import { MAX_WEBHOOKS } from '../../src/domain/webhooks/webhook.ts';
import { rejects, suite } from '../support/suite.ts';
import { memoryPorts, system } from '../support/system.ts';

const test = suite('Webhooks of a project');

const withProject = async () => {
  const services = await system(memoryPorts());
  await services.projects.create({ project_id: 'p', project_name: 'P' });
  return services;
};
const URL_OF = 'https://hooks.example.org/services/T0/B1?token=capability';

test('show their secret when it is new, and their whole URL only to callers who may change them', async () => {
  const { webhooks } = await withProject();
  const created = await webhooks.create('p', { url: URL_OF });
  assert.match(created.secret ?? '', /^whsec_/);
  assert.equal(created.events, ['task.completed', 'task.failed', 'task.stale']);
  const { webhook_id: id } = created;
  assert.is((await webhooks.get('p', id, true)).url, URL_OF);
  assert.is((await webhooks.get('p', id, false)).url, 'https://hooks.example.org/…');
  for (const reported of [
    await webhooks.get('p', id, true),
    ...(await webhooks.list('p', true)),
    await webhooks.patch('p', id, { active: false }),
  ]) {
    assert.not.match(JSON.stringify(reported), /whsec_|secret/);
    assert.is(reported.last_delivery, null);
  }
  const rotated = await webhooks.rotate('p', id, undefined);
  assert.is.not(rotated.secret, created.secret);
  assert.not.match(JSON.stringify(rotated), /previous/);
});

test('have a format, which is generic unless another is chosen, and can be changed', async () => {
  const { webhooks } = await withProject();
  const { webhook_id: id, format } = await webhooks.create('p', { url: URL_OF });
  assert.is(format, 'generic');
  const changed = await webhooks.patch('p', id, { format: 'teams' });
  assert.equal([changed.format, changed.version], ['teams', 2]);
  assert.is((await webhooks.patch('p', id, { format: 'teams' })).version, 2, 'the same changes nothing');
  assert.is((await webhooks.patch('p', id, { active: false })).format, 'teams');
  assert.is((await webhooks.patch('p', id, { format: 'generic' })).format, 'generic');
});

test('with a format that only a newer version knows are sent as generic ones, and keep it', async () => {
  const { webhooks, ports } = await withProject();
  const { webhook_id: id } = await webhooks.create('p', { url: URL_OF });
  const kept = await ports.webhooks.find('p');
  assert.ok(kept);
  const newer = kept?.webhooks.map((webhook) => ({ ...webhook, format: 'carrier-pigeon' })) ?? [];
  if (kept !== undefined) await ports.webhooks.save({ ...kept, version: 2, webhooks: newer });
  assert.is((await webhooks.get('p', id, true)).format, 'generic');
  await webhooks.patch('p', id, { active: false });
  assert.is((await ports.webhooks.find('p'))?.webhooks[0]?.format, 'carrier-pigeon');
});

test('keep a secret of one’s own', async () => {
  const { webhooks } = await withProject();
  const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
  assert.is((await webhooks.create('p', { url: URL_OF, secret })).secret, secret);
});

test('are at most ten, however many are made at once, and made once under one id', async () => {
  const { webhooks } = await withProject();
  const made = await Promise.allSettled(
    Array.from({ length: 25 }, (_, index) => webhooks.create('p', { url: `https://example.org/${index}` })),
  );
  assert.is(made.filter(({ status }) => status === 'fulfilled').length, MAX_WEBHOOKS);
  await rejects(webhooks.create('p', { url: URL_OF }), 'limit_reached');
  const [first] = await webhooks.list('p', true);
  await webhooks.remove('p', first?.webhook_id ?? '');
  const same = await Promise.all([
    webhooks.create('p', { url: URL_OF }, 'chosen'),
    webhooks.create('p', { url: URL_OF }, 'chosen'),
  ]);
  assert.is(same[0].secret, same[1].secret);
  assert.is((await webhooks.list('p', true)).length, MAX_WEBHOOKS);
});

test('change by version, and not at all where nothing is to change', async () => {
  const { webhooks } = await withProject();
  const { webhook_id: id } = await webhooks.create('p', { url: URL_OF });
  const changed = await webhooks.patch('p', id, { events: ['task.stale', 'task.completed', 'task.stale'] });
  assert.equal([changed.version, changed.events], [2, ['task.completed', 'task.stale']]);
  assert.is((await webhooks.patch('p', id, { url: URL_OF, active: true })).version, 2);
  await rejects(webhooks.patch('p', id, { active: false }, { versions: [1] }), 'precondition_failed');
  await rejects(webhooks.rotate('p', id, undefined, { versions: [] }), 'precondition_failed');
  await rejects(webhooks.remove('p', id, { versions: [1] }), 'precondition_failed');
  await rejects(webhooks.patch('p', id, { url: 'https://10.0.0.1/' }), 'invalid_input');
  await webhooks.remove('p', id, { versions: [2] });
  await rejects(webhooks.get('p', id, true), 'webhook_not_found');
  await rejects(webhooks.remove('p', id), 'webhook_not_found');
  await rejects(webhooks.list('nobody', true), 'project_not_found');
  await rejects(webhooks.create('nobody', { url: URL_OF }), 'project_not_found');
});

test('keep the secret before when they are given the present one again, as by a request that is repeated', async () => {
  const { webhooks, ports } = await withProject();
  const { webhook_id: id, secret: first } = await webhooks.create('p', { url: URL_OF });
  const secret = `whsec_${Buffer.alloc(24, 7).toString('base64')}`;
  const rotated = await webhooks.rotate('p', id, secret);
  const again = await webhooks.rotate('p', id, secret);
  assert.equal([rotated.version, again.version, again.secret], [2, 2, secret]);
  const kept = (await ports.webhooks.find('p'))?.webhooks[0];
  assert.is(kept?.previous_secret, first);
});

test('go with their project, and a later one of its id has none of them', async () => {
  const { webhooks, projects, ports } = await withProject();
  await webhooks.create('p', { url: URL_OF });
  const left = await ports.webhooks.find('p');
  await projects.remove('p');
  assert.is(await ports.webhooks.find('p'), undefined);
  // A process died after the project went and before its webhooks did.
  if (left !== undefined) await ports.webhooks.save({ ...left, version: 1 });
  ports.clock.advance(1);
  await projects.create({ project_id: 'p', project_name: 'Another' });
  assert.equal(await webhooks.list('p', true), []);
  await webhooks.create('p', { url: 'https://example.org/new' });
  assert.equal(
    (await webhooks.list('p', true)).map(({ url }) => url),
    ['https://example.org/new'],
  );
});

test('leave no trace in the answers about the project', async () => {
  const { webhooks, projects, ports } = await withProject();
  const position = await ports.feed.position();
  await webhooks.create('p', { url: URL_OF });
  assert.is((await ports.projects.find('p'))?.has_webhooks, true);
  const reported = [
    await projects.get('p'),
    await projects.patch('p', { owner: 'x' }),
    JSON.parse((await projects.read('p')).json),
    ...(await projects.list({ limit: 10 })).items,
    await ports.feed.read(position, 10),
  ];
  for (const one of reported) assert.not.match(JSON.stringify(one), /webhook/);
});

test('are tested by a message of their own, unless they are switched off', async () => {
  const { webhooks, ports } = await withProject();
  const { webhook_id: id } = await webhooks.create('p', { url: URL_OF });
  const deliveryId = await webhooks.test('p', id, 'chosen');
  assert.is(await webhooks.test('p', id, 'chosen'), deliveryId);
  const waiting = await ports.outbox.pending(id, 10);
  assert.equal(
    waiting.map(({ delivery_id, event }) => [delivery_id, event]),
    [['msg_chosen', 'webhook.test']],
  );
  assert.equal(JSON.parse(waiting[0]?.body ?? '').data, { project_id: 'p', webhook_id: id });
  await webhooks.patch('p', id, { active: false });
  await rejects(webhooks.test('p', id), 'webhook_inactive');
});

test.run();
