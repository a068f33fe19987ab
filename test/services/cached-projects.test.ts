import * as assert from 'uvu/assert';
import { cachedProjects } from '../../src/services/cached-projects.ts';
import { rejects, suite } from '../support/suite.ts';
import { memoryPorts } from '../support/system.ts';
import { aProject } from '../support/tasks.ts';

const test = suite('Cached projects');

const setUp = () => {
  const { projects, projectCache, clock } = memoryPorts();
  const process = () => cachedProjects({ projectStore: projects, projectCache, clock });
  return { store: projects, cache: projectCache, process, cached: process() };
};
const next = (project: ReturnType<typeof aProject>) => ({ ...project, version: project.version + 1 });

test('writes to store and cache, and forgets what was removed in both', async () => {
  const { store, cache, cached } = setUp();
  await cached.save(aProject('p'));
  assert.equal(await store.find('p'), aProject('p'));
  assert.type(await cache.find('p'), 'object');
  await cached.remove('p', 1);
  assert.is(await store.find('p'), undefined);
  assert.not.type(await cache.find('p'), 'object');
  assert.not(cached.isKnown('p'));
});

test('finds what another process wrote', async () => {
  const { process, cached } = setUp();
  await cached.save(aProject('p'));
  await process().save(next(aProject('p')));
  assert.is((await cached.find('p'))?.version, 2);
});

test('gives the project it saw before a mark, unless it has seen another version since', async () => {
  const { process, cached } = setUp();
  const before = cached.mark();
  await cached.save(aProject('p'));
  const after = cached.mark();
  assert.is(cached.unchangedSince('p', before), undefined);
  assert.is(cached.unchangedSince('p', after)?.version, 1);
  await cached.find('p');
  assert.is(cached.unchangedSince('p', after)?.version, 1, 'read again at the same version');
  await process().save(next(aProject('p')));
  await cached.find('p');
  assert.is(cached.unchangedSince('p', after), undefined);
});

test('forgets a project whose write lost a race', async () => {
  const { process, cached } = setUp();
  await cached.save(aProject('p'));
  await process().save(next(aProject('p')));
  await rejects(cached.save(next(aProject('p'))), 'version_conflict');
  assert.is(cached.unchangedSince('p', cached.mark()), undefined);
});

test.run();
