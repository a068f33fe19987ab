// The deployment as its page describes it, with the commands that the page prints, against an AWS on this machine.
import { readFileSync } from 'node:fs';
import { CloudFormationClient, DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import * as assert from 'uvu/assert';
import { CACHE_CHOICES } from '../../deploy/config.ts';
import { PRELOADED } from '../support/cdk-cli.ts';
import { type Checkout, cleanCheckout } from '../support/checkout.ts';
import type { Ran } from '../support/cli.ts';
import { type EmulatedAws, emulatedAws, hasMotoCloudFormation } from '../support/emulated-aws.ts';
import { needs, suite } from '../support/suite.ts';

const PAGE = readFileSync(new URL('../../docs/deploy.md', import.meta.url), 'utf8');

/** The commands of the page's first block, without their comments; a checkout has run `npm ci` already. */
const [INSTALL, BOOTSTRAP = '', DEPLOY = ''] = (/```sh\n([\s\S]*?)```/.exec(PAGE)?.[1] ?? '')
  .split('\n')
  .map((line) => line.replace(/\s+#.*/, ''));

/** The CDK polls quickly, and leaves out its checks of the templates, which `static.test.ts` makes of all variants. */
const QUICK = {
  NODE_OPTIONS: PRELOADED.join(' '),
  CDK_VALIDATION: 'false',
};

// Half a minute for each cache on an idle machine, far more on a busy one.
const TIMEOUT_MS = 900_000;

const succeeds = (ran: Ran, what: string): Ran => {
  assert.is(ran.code, 0, `${what}\n${ran.stdout.slice(-3000)}\n${ran.stderr.slice(-3000)}`);
  return ran;
};

const stackOf = async ({ env }: EmulatedAws, name = 'Miyabi') => {
  const client = new CloudFormationClient({
    endpoint: env['AWS_ENDPOINT_URL'] ?? '',
    region: env['AWS_REGION'] ?? '',
    credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' },
  });
  try {
    const { Stacks } = await client.send(new DescribeStacksCommand({ StackName: name }));
    const { StackStatus, EnableTerminationProtection } = Stacks?.[0] ?? {};
    return { status: StackStatus, isProtected: EnableTerminationProtection === true };
  } catch (error) {
    if (error instanceof Error && /does not exist/.test(error.message)) return undefined;
    throw error;
  }
};

/** One for all accounts, so that only the first deployment builds. */
let clone: Checkout | undefined;
process.once('exit', () => clone?.remove());

type Shell = (command: string, env?: Readonly<Record<string, string>>) => Promise<Ran>;

/** A fresh account, with a shell in a fresh clone. */
const withAccount = async (act: (shell: Shell, aws: EmulatedAws) => Promise<void>): Promise<void> => {
  const aws = await emulatedAws();
  clone ??= cleanCheckout();
  const { npm } = clone;
  try {
    await act((command, env = {}) => npm(command, { ...aws.env, ...QUICK, ...env }), aws);
  } finally {
    await aws.close();
  }
};

const test = suite('Deployment to an emulated AWS');
const onMoto = needs(test, hasMotoCloudFormation, 'moto with CloudFormation is not on the PATH');

test('the page begins with three commands', () => {
  assert.is(INSTALL, 'npm ci');
  assert.match(BOOTSTRAP, /^npm run bootstrap$/);
  assert.match(DEPLOY, /^npm run deploy -- /);
});

const deployed = (ran: Ran, what: string): Ran => {
  assert.match(succeeds(ran, what).stdout, 'ok  it shows their progress');
  return ran;
};

for (const cache of CACHE_CHOICES) {
  // Updates take as long again, and differ in no cache.
  const isWhole = cache === CACHE_CHOICES[0] || process.env['DEPLOY_SUITE'] === 'all';
  onMoto(
    `with cache ${cache}: bootstraps, recovers from a failed first deployment${isWhole ? ', updates' : ''} and goes away`,
    () =>
      withAccount(async (shell, aws) => {
        succeeds(await shell(BOOTSTRAP), BOOTSTRAP);
        assert.is((await stackOf(aws, 'CDKToolkit'))?.status, 'CREATE_COMPLETE');
        if (isWhole) succeeds(await shell(BOOTSTRAP), `${BOOTSTRAP}, again`);

        const command = `${DEPLOY.replace('cache=none', `cache=${cache}`)} --yes`;
        aws.failOn('ApiFunction');
        const failed = await shell(command);
        assert.is(failed.code, 1, failed.stdout.slice(-2000));
        assert.match(failed.stdout + failed.stderr, 'cdk deploy failed');
        assert.equal(await stackOf(aws), { status: 'ROLLBACK_COMPLETE', isProtected: false });
        const key = /shown only now: (\S+)/.exec(failed.stdout)?.[1] ?? '';
        assert.match(key, /^miyabi_/);
        const env = { MIYABI_API_KEY: key };

        aws.failOn();
        const recovered = deployed(await shell(command, env), 'the same command again');
        assert.match(recovered.stdout, 'is ROLLBACK_COMPLETE after a failed first deployment');
        assert.match(recovered.stdout, 'Nothing has changed since the last build');
        assert.equal(await stackOf(aws), { status: 'CREATE_COMPLETE', isProtected: true });

        // The stack remembers its options, so the bare commands are the same deployment.
        const diff = succeeds(await shell('npm run diff'), 'diff');
        assert.match(diff.stdout, 'alarmEmail ops@example.org');
        assert.match(diff.stdout + diff.stderr, 'There were no differences');

        if (isWhole) {
          const again = deployed(await shell('npm run deploy -- --yes', env), 'a deployment without changes');
          assert.match(again.stdout + again.stderr, '(no changes)');

          const update = 'npm run deploy -- --yes -c retentionDays=7 -c tags=team=shop';
          deployed(await shell(update, env), 'an update');
          assert.equal(await stackOf(aws), { status: 'UPDATE_COMPLETE', isProtected: true });

          aws.failOn('LogsSystem');
          const undone = await shell('npm run deploy -- --yes -c retentionDays=14', env);
          assert.is(undone.code, 1);
          assert.equal(await stackOf(aws), { status: 'UPDATE_ROLLBACK_COMPLETE', isProtected: true });
          aws.failOn();

          const change = await shell('npm run deploy -- --yes -c cache=node');
          assert.is(change.code, 1);
          assert.match(change.stderr, 'add --change-cache to go ahead');
          const unconfirmed = await shell('npm run destroy');
          assert.is(unconfirmed.code, 1);
          assert.match(unconfirmed.stderr, 'add --confirm Miyabi');
        }

        succeeds(await shell('npm run destroy -- --confirm Miyabi'), 'destroy');
        assert.is(await stackOf(aws), undefined);
      }),
    { timeoutMs: TIMEOUT_MS, slow: true },
  );
}

test.run();
