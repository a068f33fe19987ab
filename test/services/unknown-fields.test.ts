import * as assert from 'uvu/assert';
import { httpApp } from '../../src/api/app.ts';
import { signedCursors } from '../../src/api/cursor.ts';
import { createWebhook } from '../../src/domain/webhooks/webhook.ts';
import { caller } from '../support/api.ts';
import { suite } from '../support/suite.ts';
import { memoryPorts, system } from '../support/system.ts';
import { aStoredProject, aStoredTask } from '../support/tasks.ts';

const SECRET = 'from-a-later-version';
const unknown = { '': { later: { S: SECRET } }, details: { later: { S: SECRET } } };
const PATCH = { 'content-type': 'application/merge-patch+json' };

const test = suite('Fields of a later version');

test('stay in the stores through every change, and are in no answer, cache, feed or message', async () => {
  const ports = memoryPorts();
  const project = aStoredProject('p', { unknown, has_webhooks: true });
  await ports.projects.save(project);
  const webhook = createWebhook(
    { url: 'https://example.org/hook' },
    { id: 'w', project_id: 'p', secret: 'whsec_eA==', now: ports.clock.now() },
  );
  await ports.webhooks.save({
    project_id: 'p',
    project_created_at: project.created_at,
    version: 1,
    webhooks: [{ ...webhook, unknown }],
    unknown,
  });
  await ports.tasks.save(aStoredTask('whole', { project_id: 'p', status: 'pending', unknown }));
  await ports.tasks.save(aStoredTask('part', { project_id: 'p', parent_id: 'whole', unknown }));
  const position = await ports.feed.position();
  const { logger, ...services } = await system(ports);
  const call = caller(httpApp({ ...services, cursors: signedCursors('a secret of the tests') }, logger, {}));

  const reported: string[] = [];
  const ask = async (...input: Parameters<typeof call>) => {
    const answer = await call(...input);
    assert.ok(answer.status < 300, answer.text);
    reported.push(answer.text);
  };
  // Twice, so that the second answer is the cache's.
  for (let times = 0; times < 2; times += 1) {
    await ask('GET', '/api/tasks/part');
    await ask('GET', '/api/tasks?project_id=p');
    await ask('GET', '/api/projects/p');
    await ask('GET', '/api/projects');
    await ask('GET', '/api/projects/p/webhooks');
    await ask('GET', '/api/projects/p/webhooks/w');
  }
  await ask('PATCH', '/api/tasks/part', { priority: 'P0' }, PATCH);
  await ask('POST', '/api/tasks/part/progress', { status: 'completed' });
  await ask('POST', '/api/tasks/part/reopen', {});
  await ask('PATCH', '/api/projects/p', { owner: 'o' }, PATCH);
  await ask('PATCH', '/api/projects/p/webhooks/w', { events: ['task.failed'] }, PATCH);
  await ask('POST', '/api/projects/p/webhooks/w/rotate', {});
  reported.push(JSON.stringify(await ports.feed.read(position, 100)));
  const deliveries = await ports.outbox.pending('w', 10);
  assert.ok(deliveries.length > 0, 'a webhook was announced');
  reported.push(JSON.stringify(deliveries));
  reported.push(JSON.stringify([await ports.cache.find('part'), await ports.projectCache.find('p')]));

  for (const text of reported) assert.not.match(text, SECRET);
  assert.equal((await ports.tasks.find('part'))?.unknown, unknown);
  assert.equal((await ports.tasks.find('whole'))?.unknown, unknown);
  assert.equal((await ports.projects.find('p'))?.unknown, unknown);
  const kept = await ports.webhooks.find('p');
  assert.equal(kept?.unknown, unknown);
  assert.equal(kept?.webhooks[0]?.unknown, unknown);
});

test.run();
