import { CodeDeployClient, PutLifecycleEventHookExecutionStatusCommand } from '@aws-sdk/client-codedeploy';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { smokeTest, type Verdict } from './smoke-test.ts';

type HookEvent = Readonly<{ DeploymentId: string; LifecycleEventHookExecutionId: string }>;

const lambda = new LambdaClient({});
const codedeploy = new CodeDeployClient({});

const invoke = async (payload: unknown): Promise<unknown> => {
  const { Payload, FunctionError } = await lambda.send(
    new InvokeCommand({ FunctionName: process.env['TARGET_VERSION'], Payload: JSON.stringify(payload) }),
  );
  const text = Buffer.from(Payload ?? []).toString('utf8');
  if (FunctionError !== undefined) throw new Error(`${FunctionError}: ${text.slice(0, 500)}`);
  return JSON.parse(text);
};

/** Reports to CodeDeploy whether the new version may have traffic. */
export const handler = async ({
  DeploymentId: deploymentId,
  LifecycleEventHookExecutionId: lifecycleEventHookExecutionId,
}: HookEvent): Promise<Verdict> => {
  const verdict = await smokeTest(invoke);
  process.stdout.write(`${JSON.stringify({ message: 'Smoke test before traffic', ...verdict })}\n`);
  await codedeploy.send(
    new PutLifecycleEventHookExecutionStatusCommand({
      deploymentId,
      lifecycleEventHookExecutionId,
      status: verdict.ok ? 'Succeeded' : 'Failed',
    }),
  );
  return verdict;
};
