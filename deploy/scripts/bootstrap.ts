import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DEFAULT_QUALIFIER, readDeployConfig } from '../config.ts';
import { preflight } from './preflight.ts';
import { CDK_CLI, CDK_ENV, parse, program, runProgram, say } from './program.ts';

/** Prepares an account and Region for the CDK: once, before the first deployment. Needs no build. */
program('bootstrap', async (args) => {
  const given = parse(args, { qualifier: { type: 'string' } })['qualifier'];
  const { qualifier } = readDeployConfig({ qualifier: given });
  const { account, region } = await preflight();
  say(`Bootstrapping account ${account}, Region ${region}.`);
  // In the project's own folder the CDK would first synthesise the app, which needs the bundles.
  const cwd = await mkdtemp(join(tmpdir(), 'miyabi-bootstrap-'));
  try {
    const own =
      qualifier === DEFAULT_QUALIFIER
        ? []
        : ['--qualifier', qualifier, '--toolkit-stack-name', `CDKToolkit-${qualifier}`];
    const command = [
      process.execPath,
      CDK_CLI,
      'bootstrap',
      `aws://${account}/${region}`,
      '--no-notices',
      ...own,
    ];
    await runProgram(command, { what: 'cdk bootstrap', cwd, env: { ...CDK_ENV, AWS_REGION: region } });
  } finally {
    await rm(cwd, { recursive: true, force: true });
  }
});
