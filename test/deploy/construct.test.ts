// `miyabi-progress/cdk` as its users have it: packed, in a folder of theirs, in an app of theirs.
import { cpSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as assert from 'uvu/assert';
import { packFunctions, unpackFunctions } from '../../deploy/cdk/functions.ts';
import type { MiyabiProps } from '../../deploy/cdk/index.ts';
import { CHOICES, type DeployConfig } from '../../deploy/config.ts';
import { ADMIN_ENTRY, apiEvent } from '../support/artifact.ts';
import { run, scratch } from '../support/cli.ts';
import { packed, UNCOUNTED } from '../support/packed.ts';
import { type Resource, synthesise } from '../support/stack.ts';
import { suite } from '../support/suite.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

const APP = `
import { App, CfnOutput, Stack } from 'aws-cdk-lib';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { Miyabi, type MiyabiProps } from 'miyabi-progress/cdk';

const options: MiyabiProps = { cache: 'none', retentionDays: 90, sources: ['/aws/codebuild/shop'] };
// @ts-expect-error: there is no such cache
const wrong: MiyabiProps = { cache: 'memcached' };
const app = new App({ outdir: process.argv[2] ?? '', analyticsReporting: false });
const shop = new Stack(app, 'Shop', { env: { account: '123456789012', region: 'eu-west-1' } });
const miyabi = new Miyabi(shop, 'Miyabi', options);
new Topic(shop, 'Own', { displayName: miyabi.apiKeysParameter });
new CfnOutput(shop, 'Url', { value: miyabi.apiUrl });
miyabi.logGroups.agents.grantWrite(miyabi.collectorFunction);
try {
  new Miyabi(new Stack(app, 'Wrong'), 'Miyabi', { ...wrong, burst: -1 });
} catch (error) {
  console.log(error instanceof Error ? error.message : error);
}
app.synth();
`;

/** Asks a function for /health, as the gateway does. */
const INVOKE = `
const { handler } = await import(process.argv[2]);
console.log(JSON.stringify(await handler(JSON.parse(process.argv[3]), { getRemainingTimeInMillis: () => 60_000 })));
process.exit(0);
`;

type Template = Readonly<{ Resources: Record<string, Resource> }>;

/** Resources by type, without ids: those depend on where the construct is. */
const countsOf = (resources: Readonly<Record<string, Resource>>): Readonly<Record<string, number>> => {
  const counts: Record<string, number> = {};
  for (const { Type } of Object.values(resources)) counts[Type] = (counts[Type] ?? 0) + 1;
  return counts;
};

const test = suite('miyabi-progress/cdk');

test('takes every option of a deployment, and no others', () => {
  // The compiler refuses this where a value that the options have is no value of the construct's.
  const values: MiyabiProps = {} as Omit<DeployConfig, 'qualifier' | 'protect'>;
  assert.equal(values, {});
  const source = readFileSync(join(ROOT, 'deploy/cdk/index.ts'), 'utf8');
  const props = [...source.matchAll(/^ {2}readonly (\w+)\?:/gm)].map(([, name]) => name);
  // A qualifier is of the app's synthesizer.
  const expected = [...CHOICES.filter((option) => option !== 'qualifier'), 'apiKeysVersion', 'now'];
  assert.equal([...props].sort(), expected.sort());
});

test('unpacks the functions as they were packed', () => {
  const { path, remove } = scratch();
  try {
    const archive = join(path, 'functions.br');
    writeFileSync(archive, packFunctions({ api: { 'index.mjs': 'export {};', 'main.js': '„“' } }));
    const folder = unpackFunctions(archive, join(path, 'out')).get('api') ?? '';
    assert.equal(readdirSync(folder).sort(), ['index.mjs', 'main.js']);
    assert.is(readFileSync(join(folder, 'main.js'), 'utf8'), '„“');
  } finally {
    remove();
  }
});

test(
  'deploys everything from an app outside of this repository, with types',
  async () => {
    const { path, remove } = scratch();
    const node = (...words: readonly string[]) =>
      run(['sh', '-c', 'cd "$0" && exec "$@"', path, process.execPath, ...words], { env: UNCOUNTED });
    try {
      const modules = join(path, 'node_modules');
      mkdirSync(modules);
      for (const name of readdirSync(join(ROOT, 'node_modules')))
        symlinkSync(join(ROOT, 'node_modules', name), join(modules, name));
      const { tarball } = await packed();
      assert.is((await run(['tar', '-xzf', tarball, '-C', path])).code, 0);
      cpSync(join(path, 'package'), join(modules, 'miyabi-progress'), { recursive: true });

      writeFileSync(join(path, 'package.json'), '{ "type": "module" }');
      writeFileSync(join(path, 'app.ts'), APP);
      const page = readFileSync(join(ROOT, 'docs/infrastructure.md'), 'utf8');
      writeFileSync(join(path, 'page.ts'), /```ts\n([\s\S]*?)```/.exec(page)?.[1] ?? '');
      const types = ['--strict', '--skipLibCheck', '--module', 'nodenext', '--types', 'node'];
      const compiled = await node(
        join(ROOT, 'node_modules/typescript/bin/tsc'),
        ...types,
        'app.ts',
        'page.ts',
      );
      assert.is(compiled.code, 0, compiled.stdout + compiled.stderr);
      const ran = await node('app.js', join(path, 'out'));
      assert.is(ran.code, 0, ran.stdout + ran.stderr);
      assert.match(ran.stdout, 'cache must be one of none, node, serverless; burst must be');

      const template = JSON.parse(readFileSync(join(path, 'out/Shop.template.json'), 'utf8')) as Template;
      const { 'AWS::SNS::Topic': topics, ...counts } = countsOf(template.Resources);
      const { 'AWS::SNS::Topic': _topic, ...expected } = countsOf(
        synthesise({ cache: 'none', sources: ['/aws/codebuild/shop'] }, { nag: false }).resources,
      );
      assert.equal([topics, counts], [2, expected]);
      const api = Object.values(template.Resources).find(
        ({ Properties }) => Properties?.['FunctionName'] === 'miyabi-api',
      );
      const code = api?.Properties?.['Code'] as { S3Key: string } | undefined;
      const asset = `asset.${code?.S3Key.replace('.zip', '')}`;
      // As the CDK's command line runs an app.
      const example = await run([process.execPath, join(path, 'page.js')], {
        env: { ...UNCOUNTED, CDK_OUTDIR: join(path, 'page') },
      });
      assert.is(example.code, 0, example.stderr);
      assert.match(readFileSync(join(path, 'page/Progress.template.json'), 'utf8'), 'ops@example.org');
      writeFileSync(join(path, 'invoke.mjs'), INVOKE);
      const health = await run(
        [
          process.execPath,
          join(path, 'invoke.mjs'),
          join(path, 'out', asset, 'index.mjs'),
          JSON.stringify(apiEvent('GET', '/health')),
        ],
        {
          env: {
            ...UNCOUNTED,
            MIYABI_BACKEND: 'memory',
            API_KEYS: ADMIN_ENTRY,
            MIYABI_SECRET: 'a-secret-of-the-construct',
          },
        },
      );
      assert.match(health.stdout, '"statusCode":200', health.stderr);
    } finally {
      remove();
    }
  },
  { timeoutMs: 600_000, slow: true },
);

test.run();
