import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { App, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import { MiyabiError } from '../../src/domain/errors.ts';
import { requireArtifacts } from '../artifacts.ts';
import { bundleFunction, FUNCTIONS, type FunctionName, ROOT } from '../build/bundle.ts';
import { CACHE_CHOICES, readDeployConfig, stackNameOf } from '../config.ts';
import { MiyabiStack } from '../stack.ts';
import { BUILD_OPTIONS, program, runProgram, say, stackArgs } from './program.ts';

/** Templates for every cache, or for the named one, checked by cdk-nag. It needs neither network nor credentials. */
program('synth', async (args) => {
  const { given, file, values } = stackArgs(args, { values: BUILD_OPTIONS });
  for (const name of Object.keys(FUNCTIONS) as FunctionName[]) {
    await bundleFunction(name, { logFormats: values['log-formats'] });
  }
  if (!existsSync(join(ROOT, 'dist/web/index.html'))) {
    await runProgram(['npm', 'run', '--silent', 'build:web'], { what: 'The build of the dashboard' });
  }
  const chosen = { ...file, ...given };
  for (const cache of chosen['cache'] === undefined ? CACHE_CHOICES : [chosen['cache']]) {
    const began = performance.now();
    const config = readDeployConfig({ ...chosen, cache });
    const outdir = join(ROOT, 'cdk.out', cache);
    const app = new App({ outdir, analyticsReporting: false });
    new MiyabiStack(app, stackNameOf(config.name), { config, ...requireArtifacts() });
    Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
    const resources = synthesised(app, stackNameOf(config.name));
    const seconds = ((performance.now() - began) / 1000).toFixed(1);
    say(`cache ${cache.padEnd(10)} ${resources} resources, no findings, ${seconds} s: cdk.out/${cache}`);
  }
});

const synthesised = (app: App, stack: string): number => {
  try {
    // The CDK types templates as any.
    const { Resources } = app.synth().getStackByName(stack).template as {
      Resources: Record<string, unknown>;
    };
    return Object.keys(Resources).length;
  } catch (cause) {
    if (!(cause instanceof Error)) throw cause;
    throw new MiyabiError('configuration', cause.message.split('\n')[0] ?? 'Validation failed', { cause });
  }
};
