import { App, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import { requireArtifacts } from './artifacts.ts';
import { OPTIONS, readDeployConfig, stackNameOf } from './config.ts';
import { MiyabiStack } from './stack.ts';

/** The CDK app: the stack that its `-c` options describe. */
const app = new App();
const config = readDeployConfig(
  Object.fromEntries(OPTIONS.map((option) => [option, app.node.tryGetContext(option)])),
);
new MiyabiStack(app, stackNameOf(config.name), { config, ...requireArtifacts() });
Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
app.synth();
