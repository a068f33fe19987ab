import * as assert from 'uvu/assert';
import { CommandFailure } from '../../../src/cli/failure.ts';
import { keepComment, readGitHub } from '../../../src/cli/summary/pull-request-comment.ts';
import { fakeGitHub } from '../../support/fake-github.ts';
import { suite } from '../../support/suite.ts';

const test = suite('The comment of a pull request');

type Fake = Awaited<ReturnType<typeof fakeGitHub>>;

const withGitHub = (act: (fake: Fake) => Promise<void>) => async () => {
  const fake = await fakeGitHub('token-1');
  try {
    await act(fake);
  } finally {
    await fake.close();
  }
};

const on = ({ url }: Fake, token = 'token-1') =>
  readGitHub({ GITHUB_API_URL: `${url}/`, GITHUB_REPOSITORY: 'acme/shop', GITHUB_TOKEN: token });

const failureOf = async (promise: Promise<unknown>): Promise<CommandFailure> => {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof CommandFailure) return error;
  throw new Error(`expected a failure, not ${String(error)}`);
};

test(
  'is added once for each key, and then updated',
  withGitHub(async (fake) => {
    const comment = { pullRequest: 12, key: 'a1', text: 'running' };
    await keepComment(on(fake), comment);
    await keepComment(on(fake), { ...comment, key: 'b2', text: 'another' });
    await keepComment(on(fake), { ...comment, text: 'done' });
    assert.equal(fake.comments(12), [
      '<!-- miyabi-progress a1 -->\ndone',
      '<!-- miyabi-progress b2 -->\nanother',
    ]);
    assert.equal(fake.writes, ['POST 12', 'POST 12', 'PATCH 1']);
  }),
);

test(
  'is found behind hundreds of others, and is not a reply that quotes it',
  withGitHub(async (fake) => {
    for (let index = 0; index < 250; index += 1) fake.add(12, `> <!-- miyabi-progress a1 -->\n${index}`);
    const comment = { pullRequest: 12, key: 'a1', text: 'first' };
    await keepComment(on(fake), comment);
    await keepComment(on(fake), { ...comment, text: 'second' });
    assert.is(fake.comments(12).length, 251);
    assert.is(fake.comments(12).at(-1), '<!-- miyabi-progress a1 -->\nsecond');
  }),
);

test(
  'fails with what to do if the token may not write, and if GitHub is away',
  withGitHub(async (fake) => {
    const comment = { pullRequest: 12, key: 'a1', text: 'text' };
    const wrong = await failureOf(keepComment(on(fake, 'other'), comment));
    assert.match(wrong.message, 'Bad credentials');
    fake.refuse(403);
    const refused = await failureOf(keepComment(on(fake), comment));
    assert.is(refused.exitCode, 5);
    assert.match(refused.message, /403.*pull-requests: write/);
    fake.refuse(502);
    assert.is((await failureOf(keepComment(on(fake), comment))).exitCode, 4);
    await fake.close();
    const away = await failureOf(keepComment(on(fake), comment));
    assert.is(away.exitCode, 4);
    assert.match(away.message, 'cannot be reached');
  }),
);

test('needs a token and a repository', () => {
  for (const [env, name] of [
    [{ GITHUB_REPOSITORY: 'acme/shop' }, /GITHUB_TOKEN/],
    [{ GITHUB_TOKEN: 't' }, /GITHUB_REPOSITORY/],
    [{ GITHUB_TOKEN: 't', GITHUB_REPOSITORY: 'acme/../x/y' }, /GITHUB_REPOSITORY/],
  ] as const)
    assert.throws(() => readGitHub(env), name);
  assert.is(readGitHub({ GITHUB_TOKEN: 't', GITHUB_REPOSITORY: 'a/b' }).api, 'https://api.github.com');
});

test.run();
