import type { memoryClock } from '../adapters/memory/clock.ts';
import type { ProjectCache } from '../ports/project-cache.ts';
import * as assert from './assert.ts';
import { type Open, type Runner, using } from './contract.ts';
import { aProject } from './samples.ts';

/** A cache that uses this clock. */
export type TimedProjectCache = Readonly<{ cache: ProjectCache; clock: ReturnType<typeof memoryClock> }>;

const SECOND = 1000;
const MINUTE = 60 * SECOND;

const versionOf = async (cache: ProjectCache, id: string): Promise<number | 'absent' | undefined> => {
  const answer = await cache.find(id);
  return answer === undefined || answer === 'absent' ? answer : answer.version;
};

export const projectCacheContract = (runner: Runner, adapter: string, open: Open<TimedProjectCache>): void =>
  runner.describe(`ProjectCache: ${adapter}`, () => {
    const { test } = runner;

    test(
      'answers a project as the JSON of the API',
      using(open, async ({ cache }) => {
        const project = aProject('a:1@x.y_z-0', {
          project_name: 'dé|ploi\nement ✅ 🚀 "quoted" \\ \u2028 \u0000',
          resources: { github_repo: 'owner/name' },
          version: 7,
        });
        assert.is(await cache.find(project.project_id), undefined);
        await cache.save(project);
        const json = JSON.stringify(project);
        assert.equal(await cache.find(project.project_id), {
          project_id: project.project_id,
          version: 7,
          json,
        });
      }),
    );

    test(
      'replaces a lower version and keeps a higher one',
      using(open, async ({ cache }) => {
        await cache.save(aProject('a', { version: 2 }));
        await cache.save(aProject('a'));
        assert.is(await versionOf(cache, 'a'), 2);
        await cache.save(aProject('a', { version: 10 }));
        await cache.save(aProject('a', { version: 9 }));
        assert.is(await versionOf(cache, 'a'), 10);
      }),
    );

    test(
      'keeps the first of two with the same version, and does not prolong its life',
      using(open, async ({ cache, clock }) => {
        await cache.save(aProject('a'));
        clock.advance(40 * SECOND);
        await cache.save(aProject('a', { project_name: 'other' }));
        const answer = await cache.find('a');
        assert.match(typeof answer === 'object' ? answer.json : '', 'Project a');
        clock.advance(20 * SECOND);
        assert.is(await cache.find('a'), undefined);
      }),
    );

    test(
      'has the highest version at the end of a race',
      using(open, async ({ cache }) => {
        const versions = Array.from({ length: 30 }, (_, index) => ((index * 7) % 30) + 1);
        await Promise.all(versions.map((version) => cache.save(aProject('a', { version }))));
        assert.is(await versionOf(cache, 'a'), 30);
      }),
    );

    test(
      'forgets a project of any status a minute after the store was read',
      using(open, async ({ cache, clock }) => {
        const requested = clock.now();
        clock.advance(50 * SECOND);
        await cache.save(aProject('a', { status: 'archived' }), requested);
        clock.advance(10 * SECOND - 1);
        assert.is(await versionOf(cache, 'a'), 1);
        clock.advance(1);
        assert.is(await cache.find('a'), undefined);
        await cache.save(aProject('a'), requested);
        assert.is(await cache.find('a'), undefined);
      }),
    );

    test(
      'remembers for a few seconds that a project is absent, and never takes one that exists for absent',
      using(open, async ({ cache, clock }) => {
        await cache.markAbsent('a');
        assert.is(await cache.find('a'), 'absent');
        clock.advance(5 * SECOND);
        assert.is(await cache.find('a'), undefined);
        await cache.markAbsent('a', clock.now() - MINUTE);
        assert.is(await cache.find('a'), undefined);
        await cache.markAbsent('a');
        await cache.save(aProject('a'));
        await cache.markAbsent('a');
        assert.is(await versionOf(cache, 'a'), 1);
      }),
    );

    test(
      'forgets a deleted project, and no late save of any version brings it back within a minute',
      using(open, async ({ cache, clock }) => {
        await cache.save(aProject('a', { version: 3 }));
        await cache.remove('a');
        await cache.save(aProject('a', { version: 4 }));
        await cache.markAbsent('a');
        assert.is(await cache.find('a'), undefined);
        clock.advance(MINUTE - 1);
        await cache.save(aProject('a', { version: 5 }));
        assert.is(await cache.find('a'), undefined);
        clock.advance(1);
        await cache.save(aProject('a'));
        assert.is(await versionOf(cache, 'a'), 1);
      }),
    );
  });
