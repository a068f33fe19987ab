import type { StoredProject } from '../domain/projects/project.ts';
import type { ProjectQuery, ProjectStore } from '../ports/project-store.ts';
import * as assert from './assert.ts';
import { type Open, type Runner, using } from './contract.ts';
import { itemsOf } from './pages.ts';
import { aProject, aStoredProject } from './samples.ts';

const allProjects = (store: ProjectStore, query: ProjectQuery): Promise<readonly StoredProject[]> =>
  itemsOf((from) => store.list(from), query);

const idsOf = (projects: readonly StoredProject[]): readonly string[] =>
  projects.map(({ project_id }) => project_id);

/** What every project store promises. */
export const projectStoreContract = (runner: Runner, adapter: string, open: Open<ProjectStore>): void =>
  runner.describe(`ProjectStore: ${adapter}`, () => {
    const { test } = runner;

    test(
      'finds nothing under an id that was never saved',
      using(open, async (store) => {
        assert.is(await store.find('no-one'), undefined);
        assert.equal(await store.list({ limit: 10 }), { items: [] });
      }),
    );

    test(
      'keeps fields that it does not know, apart from those that it knows',
      using(open, async (store) => {
        const unknown = { '': { later: { S: 'x' } }, resources: { inner: { N: '1' } } };
        const project = aStoredProject('known', {
          unknown,
          tally: { seconds: 7, recent: {} },
          has_webhooks: true,
        });
        await store.save(project);
        assert.equal(await store.find('known'), project);
      }),
    );

    test(
      'returns every field of a project as it was saved',
      using(open, async (store) => {
        const full = aProject('full', {
          project_name: 'Ünïcode ✅',
          description: '',
          status: 'paused',
          owner: '',
          account_id: '000000000000',
          resources: {
            github_repo: 'o/r',
            s3_bucket: 'bucket',
            cloudfront_distribution: 'E123',
            api_endpoint: 'https://example.com',
          },
          metrics: {
            total_tasks: 9,
            active_tasks: 1,
            completed_tasks: 5,
            failed_tasks: 2,
            blocked_tasks: 1,
            success_rate: 5 / 7,
            avg_completion_time_seconds: 100 / 3,
            last_updated: '2026-11-23T12:00:00.000Z',
          },
        });
        await store.save(full);
        await store.save(aProject('bare'));
        assert.equal(await store.find('full'), full);
        assert.equal(await store.find('bare'), aProject('bare'));
        const listed = await allProjects(store, { limit: 10 });
        assert.equal(
          listed.toSorted((a, b) => (a.project_id < b.project_id ? -1 : 1)),
          [aProject('bare'), full],
        );
      }),
    );

    test(
      'keeps a copy: neither what was saved nor what was returned is shared',
      using(open, async (store) => {
        const resources = { github_repo: 'o/r' };
        await store.save(aProject('copied', { resources }));
        resources.github_repo = 'changed after the save';
        const returned = await store.find('copied');
        assert.equal(returned?.resources, { github_repo: 'o/r' });
        try {
          Object.assign(returned?.resources ?? {}, { github_repo: 'changed by a reader' });
        } catch (error) {
          assert.instance(error, TypeError, 'a store may return what cannot be changed');
        }
        assert.equal((await store.find('copied'))?.resources, { github_repo: 'o/r' });
      }),
    );

    test(
      'refuses to create a project whose id is taken',
      using(open, async (store) => {
        await store.save(aProject('taken', { project_name: 'first' }));
        await assert.rejects(store.save(aProject('taken', { project_name: 'second' })), 'already_exists');
        assert.is((await store.find('taken'))?.project_name, 'first');
      }),
    );

    test(
      'rejects a save that lost the race, one that skips a version, and one of a project that is gone',
      using(open, async (store) => {
        await store.save(aProject('raced'));
        await store.save(aProject('raced', { version: 2, project_name: 'winner' }));
        await assert.rejects(
          store.save(aProject('raced', { version: 2, project_name: 'loser' })),
          'version_conflict',
        );
        await assert.rejects(store.save(aProject('raced', { version: 4 })), 'version_conflict');
        await assert.rejects(store.save(aProject('never', { version: 2 })), 'version_conflict');
        assert.is((await store.find('raced'))?.project_name, 'winner');
        assert.is(await store.find('never'), undefined);
      }),
    );

    test(
      'lets exactly one of 50 concurrent saves of a version win',
      using(open, async (store) => {
        await store.save(aProject('contended'));
        const outcomes = await Promise.allSettled(
          Array.from({ length: 50 }, (_, index) =>
            store.save(aProject('contended', { version: 2, project_name: `writer ${index}` })),
          ),
        );
        const winners = outcomes.flatMap(({ status }, index) => (status === 'fulfilled' ? [index] : []));
        assert.is(winners.length, 1);
        assert.is((await store.find('contended'))?.project_name, `writer ${winners[0]}`);
      }),
    );

    test(
      'pages through all projects, each once and always in the same order',
      using(open, async (store) => {
        const ids = Array.from({ length: 23 }, (_, index) => `project-${index}`);
        await Promise.all(ids.map((id) => store.save(aProject(id))));
        const whole = idsOf(await allProjects(store, { limit: 100 }));
        assert.equal(whole.toSorted(), ids.toSorted());
        for (const limit of [1, 10, 22, 23]) {
          assert.equal(idsOf(await allProjects(store, { limit })), whole, `limit ${limit}`);
        }
      }),
    );

    test(
      'lists a changed project once, as it is now',
      using(open, async (store) => {
        await store.save(aProject('changing'));
        await store.save(aProject('changing', { version: 2, status: 'archived' }));
        assert.equal(await allProjects(store, { limit: 10 }), [
          aProject('changing', { version: 2, status: 'archived' }),
        ]);
      }),
    );

    test(
      'removes a project, and its id can be used again',
      using(open, async (store) => {
        await store.save(aProject('gone'));
        await store.save(aProject('stays'));
        await store.remove('gone');
        await store.remove('gone');
        await store.remove('never there');
        assert.is(await store.find('gone'), undefined);
        assert.equal(idsOf(await allProjects(store, { limit: 10 })), ['stays']);
        await assert.rejects(store.save(aProject('gone', { version: 2 })), 'version_conflict');
        await store.save(aProject('gone', { project_name: 'again' }));
        assert.is((await store.find('gone'))?.project_name, 'again');
      }),
    );

    test(
      'removes a project at the version that is asked for, and at no other',
      using(open, async (store) => {
        await store.save(aProject('versioned'));
        await store.save(aProject('versioned', { version: 2 }));
        await assert.rejects(store.remove('versioned', 1), 'version_conflict');
        await assert.rejects(store.remove('versioned', 3), 'version_conflict');
        assert.equal(idsOf(await allProjects(store, { limit: 10 })), ['versioned']);
        await store.remove('versioned', 2);
        assert.equal(await allProjects(store, { limit: 10 }), []);
        await store.remove('versioned', 2);
      }),
    );
  });
