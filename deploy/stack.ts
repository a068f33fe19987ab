import { CfnOutput, DefaultStackSynthesizer, Stack, type StackProps } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { OPTIONS_OUTPUT } from './config.ts';
import { storeOptions } from './options.ts';
import { makeSystem, type SystemProps } from './system.ts';

/** The stack that the deployment scripts deploy. */
export class MiyabiStack extends Stack {
  constructor(
    scope: Construct,
    id: string,
    { config, artifacts, customFormats = false, ...props }: StackProps & SystemProps,
  ) {
    super(scope, id, {
      description: 'Miyabi Progress: log lines in, live progress out',
      terminationProtection: config.protect,
      synthesizer: new DefaultStackSynthesizer({ qualifier: config.qualifier }),
      ...props,
    });
    const { entrance, site, cache, alarms, logs } = makeSystem(this, { config, artifacts, customFormats });
    new CfnOutput(this, 'ApiUrl', { value: entrance.url });
    if (entrance.domainTarget !== undefined) {
      new CfnOutput(this, 'ApiDomainTarget', { value: entrance.domainTarget });
    }
    if (site !== undefined) new CfnOutput(this, 'DashboardUrl', { value: site.url });
    if (site?.domainTarget !== undefined) {
      new CfnOutput(this, 'DashboardDomainTarget', { value: site.domainTarget });
    }
    if (cache !== undefined) new CfnOutput(this, 'CachePassword', { value: cache.secretArn });
    new CfnOutput(this, OPTIONS_OUTPUT, { value: storeOptions(config) });
    // A document rather than a managed policy, which could not be deleted with the stack while it is attached to a role.
    new CfnOutput(this, 'LogWriterPolicy', { value: this.toJsonString(logs.writerPolicy) });
    new CfnOutput(this, 'AlarmTopic', { value: alarms.topic.topicArn });
  }
}
