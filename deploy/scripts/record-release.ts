import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { App } from 'aws-cdk-lib';
import { requireArtifacts } from '../artifacts.ts';
import { ROOT } from '../build/bundle.ts';
import { CACHE_CHOICES, readDeployConfig, stackNameOf } from '../config.ts';
import { MiyabiStack } from '../stack.ts';
import { type Resources, statefulOf } from '../stateful.ts';
import { runProgram } from './program.ts';

/**
 * Part of a release: records the stateful resources for each cache. From then on a test fails on a change that an
 * update could not make without losing data.
 */
const folder = join(ROOT, 'deploy/released');
mkdirSync(folder, { recursive: true });
for (const cache of CACHE_CHOICES) {
  const config = readDeployConfig({ cache });
  const app = new App({ context: { 'aws:cdk:disable-asset-staging': true } });
  new MiyabiStack(app, stackNameOf(config.name), { config, ...requireArtifacts() });
  // The CDK types templates as any.
  const { Resources } = app.synth().getStackByName(stackNameOf(config.name)).template as {
    Resources: Resources;
  };
  const file = join(folder, `${cache}.json`);
  writeFileSync(file, `${JSON.stringify(statefulOf(Resources), null, 2)}\n`);
  process.stdout.write(`${file}\n`);
}
await runProgram([join(ROOT, 'node_modules/.bin/biome'), 'format', '--write', folder], {
  what: 'The formatter',
});
