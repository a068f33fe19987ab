import { CloudFormationClient, DescribeStackResourcesCommand } from '@aws-sdk/client-cloudformation';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import {
  ChangeMessageVisibilityCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { MiyabiError } from '../../src/domain/errors.ts';
import { stackNameOf } from '../config.ts';
import { type DeadLetter, drain } from '../dead-letters.ts';
import { type ClientSettings, preflight, translating } from './preflight.ts';
import { agreed, program, requireTerminal, say, stackArgs } from './program.ts';

/** How long a message is ours, in seconds: ten of them may take a minute each. */
const VISIBILITY_SECONDS = 900;
/** The collector may take 55 seconds. */
const INVOKE_MS = 60_000;

/** Gives the collector the events again that it could not take in: `npm run redrive`. */
program('redrive', async (args) => {
  const { config, flags } = stackArgs(args, { flags: ['yes'] });
  const isAsking = flags['yes'] !== true;
  const { account, region, client } = await preflight();
  const queue = deadLettersOf(client, await queueUrl(client, stackNameOf(config.name)));
  const collector = `${config.name}-collector`;
  const waiting = await queue.count();
  say(`Account ${account}, Region ${region}: about ${waiting} dead letters of ${collector}.`);
  if (waiting === 0) return;
  if (isAsking) {
    requireTerminal('begun');
    if (!(await agreed('Give them to the collector again?'))) {
      say('Nothing was changed.');
      return;
    }
  }
  const { taken, left } = await drain({ ...queue, invoke: invoking(client, collector), say });
  say(`${taken} taken in and deleted, ${left} left in the queue.`);
  if (left > 0) {
    throw new MiyabiError(
      'configuration',
      `${left} dead letters could not be taken in; the reasons are above`,
    );
  }
});

/** @throws MiyabiError `configuration` if the stack has no such queue. */
const queueUrl = (client: ClientSettings, stack: string): Promise<string> =>
  translating(async () => {
    const { StackResources } = await new CloudFormationClient(client).send(
      new DescribeStackResourcesCommand({ StackName: stack }),
    );
    const queue = StackResources?.find(
      ({ ResourceType, LogicalResourceId }) =>
        ResourceType === 'AWS::SQS::Queue' && LogicalResourceId?.startsWith('CollectorDeadLetters'),
    );
    const url = queue?.PhysicalResourceId;
    if (url !== undefined) return url;
    throw new MiyabiError('configuration', `Stack ${stack} has no queue of dead letters; deploy it again`);
  });

const deadLettersOf = (client: ClientSettings, QueueUrl: string) => {
  // CloudFormation names the queue by AWS's own host, even where AWS_ENDPOINT_URL leads elsewhere.
  const sqs = new SQSClient({ ...client, useQueueUrlAsEndpoint: false });
  return {
    count: (): Promise<number> =>
      translating(async () => {
        const { Attributes } = await sqs.send(
          new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['ApproximateNumberOfMessages'] }),
        );
        return Number(Attributes?.['ApproximateNumberOfMessages'] ?? 0);
      }),

    receive: (): Promise<readonly DeadLetter[]> =>
      translating(async () => {
        const { Messages = [] } = await sqs.send(
          new ReceiveMessageCommand({
            QueueUrl,
            MaxNumberOfMessages: 10,
            VisibilityTimeout: VISIBILITY_SECONDS,
            WaitTimeSeconds: 1,
          }),
        );
        return Messages.map(({ MessageId: id = '', ReceiptHandle: receipt = '', Body: body = '' }) => ({
          id,
          receipt,
          body,
        }));
      }),

    remove: (receipt: string): Promise<unknown> =>
      translating(() => sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: receipt }))),

    release: (receipt: string): Promise<unknown> =>
      translating(() =>
        sqs.send(
          new ChangeMessageVisibilityCommand({ QueueUrl, ReceiptHandle: receipt, VisibilityTimeout: 0 }),
        ),
      ),
  };
};

/** Invokes the collector and waits for its answer; the reason if it failed. */
const invoking = (client: ClientSettings, name: string) => {
  const lambda = new LambdaClient({
    ...client,
    // A repetition would only find what the first attempt has taken in.
    requestHandler: { ...client.requestHandler, requestTimeout: INVOKE_MS },
  });
  return (event: unknown): Promise<string | undefined> =>
    translating(async () => {
      const { FunctionError, Payload } = await lambda.send(
        new InvokeCommand({ FunctionName: name, Payload: JSON.stringify(event) }),
      );
      const text = Payload?.transformToString() ?? '';
      if (FunctionError !== undefined) return `the collector failed: ${text.slice(0, 500)}`;
      const answer: unknown = JSON.parse(text === '' ? 'null' : text);
      const isTaken = typeof answer === 'object' && answer !== null && Reflect.get(answer, 'ok') === true;
      return isTaken ? undefined : `the collector could not read everything: ${text.slice(0, 500)}`;
    });
};
