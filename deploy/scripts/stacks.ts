import {
  CloudFormationClient,
  DescribeStacksCommand,
  UpdateTerminationProtectionCommand,
} from '@aws-sdk/client-cloudformation';
import { type ClientSettings, translating } from './preflight.ts';

/** States of a stack whose first deployment failed: it can only be deleted. */
export const FAILED_CREATION = /^(ROLLBACK_COMPLETE|ROLLBACK_FAILED|CREATE_FAILED|REVIEW_IN_PROGRESS)$/;

/** The state of a stack, undefined if there is none. @throws MiyabiError `configuration`, `unavailable` */
export const stackStatus = (client: ClientSettings, stack: string): Promise<string | undefined> =>
  translating(async () => {
    try {
      const { Stacks } = await new CloudFormationClient(client).send(
        new DescribeStacksCommand({ StackName: stack }),
      );
      return Stacks?.[0]?.StackStatus;
    } catch (error) {
      if (error instanceof Error && /does not exist/.test(error.message)) return undefined;
      throw error;
    }
  });

/** Turns the deletion protection of a stack on or off. @throws MiyabiError `configuration`, `unavailable` */
export const setTerminationProtection = (
  client: ClientSettings,
  stack: string,
  isProtected: boolean,
): Promise<unknown> =>
  translating(() =>
    new CloudFormationClient(client).send(
      new UpdateTerminationProtectionCommand({ StackName: stack, EnableTerminationProtection: isProtected }),
    ),
  );
