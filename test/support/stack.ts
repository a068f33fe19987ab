import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, Validations } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { AwsSolutionsChecks } from 'cdk-nag';
import { readDeployConfig, stackNameOf } from '../../deploy/config.ts';
import { MiyabiStack } from '../../deploy/stack.ts';
import type { Artifacts } from '../../deploy/system.ts';

/** A resource of a template, as far as these tests look at it. */
export type Resource = Readonly<{
  Type: string;
  Properties?: Readonly<Record<string, unknown>>;
  DependsOn?: string | readonly string[];
  DeletionPolicy?: string;
  UpdateReplacePolicy?: string;
  UpdatePolicy?: unknown;
}>;

export type Synthesised = Readonly<{
  template: Template;
  resources: Readonly<Record<string, Resource>>;
  ofType(type: string): readonly (readonly [id: string, resource: Resource])[];
}>;

/** Together they turn every option on; the linters look at each. */
export const VARIANTS = {
  node: {},
  none: {
    cache: 'none',
    auth: 'jwt',
    dashboard: 'false',
    jwtIssuer: 'https://id.example.org/',
    jwtAudience: 'miyabi',
    corsOrigins: 'https://watch.example.org',
    alarmEmail: 'ops@example.org',
    tracing: 'true',
    retentionDays: '90',
    sources: '/aws/codebuild/shop,/ecs/agents',
    projectRules: '[{"log_group":"/ecs/agents","project_id":"agents"}]',
    logLevel: 'debug',
    rateLimit: '60',
    apiMetrics: 'true',
    metrics: 'true',
    keepLogLines: 'false',
    logLinesFirst: '50',
    logLinesLast: '500',
    logLinesBytes: '200000',
    logLinesDays: '3',
    apiMemory: '512',
    collectorMemory: '512',
    collectorConcurrency: '20',
    tasksTable: 'tasks-restored',
    projectsTable: 'projects-restored',
    webhooksTable: 'webhooks-restored',
    shards: '8',
    shardStep: '4',
    apiDomain: 'api.example.org',
    apiCertificate: 'arn:aws:acm:eu-west-1:123456789012:certificate/1',
  },
  serverless: {
    cache: 'serverless',
    tracing: true,
    zones: 'eu-west-1a,eu-west-1c',
    tags: { team: 'shop', stage: 'production' },
    dashboardDomain: 'progress.example.org',
    dashboardCertificate: 'arn:aws:acm:us-east-1:123456789012:certificate/1',
    cachePasswordVersion: '0e4c2b3a-5f6d-4a7b-8c9d-0123456789ab',
  },
} as const;

const folder = mkdtempSync(join(tmpdir(), 'miyabi-stack-'));
process.once('exit', () => rmSync(folder, { recursive: true, force: true }));

/** Placeholders for the output of a build, so that a template does not depend on it. */
export const stubArtifacts = (): Artifacts => {
  const dashboard = join(folder, 'web');
  mkdirSync(join(dashboard, 'assets'), { recursive: true });
  writeFileSync(join(dashboard, 'index.html'), '<!doctype html>');
  writeFileSync(join(dashboard, 'assets/app.js'), '');
  const archive = (name: string) => {
    const path = join(folder, `${name}.zip`);
    writeFileSync(path, name);
    return path;
  };
  return {
    api: archive('api'),
    collector: archive('collector'),
    webhooks: archive('webhooks'),
    hook: archive('hook'),
    dashboard,
  };
};

const made = new Map<string, Readonly<{ isChecked: boolean; result: Synthesised }>>();

/**
 * The template of a configuration, synthesised once. `nag`: checked by the CDK and by cdk-nag, so that an unacknowledged
 * finding throws, which takes several times as long. `stack.test.ts` does so with each variant.
 */
export const synthesise = (
  options: Readonly<Record<string, unknown>> = {},
  { nag = false }: Readonly<{ nag?: boolean }> = {},
): Synthesised => {
  const key = JSON.stringify(options);
  const before = made.get(key);
  if (before !== undefined && (before.isChecked || !nag)) return before.result;
  const app = new App({
    outdir: mkdtempSync(join(folder, 'out-')),
    analyticsReporting: false,
    builtinCloudFormationValidation: nag,
    context: { 'aws:cdk:disable-asset-staging': true },
  });
  const config = readDeployConfig(options);
  const stack = new MiyabiStack(app, stackNameOf(config.name), { config, artifacts: stubArtifacts() });
  if (nag) Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  const template = Template.fromStack(stack);
  const resources = template.toJSON()['Resources'] as Record<string, Resource>;
  const result = {
    template,
    resources,
    ofType: (type: string) => Object.entries(resources).filter(([, { Type }]) => Type === type),
  };
  made.set(key, { isChecked: nag, result });
  return result;
};
