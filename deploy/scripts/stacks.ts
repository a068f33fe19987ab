import {
  CloudFormationClient,
  DescribeStacksCommand,
  UpdateTerminationProtectionCommand,
} from '@aws-sdk/client-cloudformation';
import { OPTIONS_OUTPUT } from '../config.ts';
import { type OptionTexts, readStoredOptions, requireKnownOptions } from '../options.ts';
import { type ClientSettings, translating } from './preflight.ts';

/** States of a stack whose first deployment failed: it can only be deleted. */
const FAILED_CREATION = /^(ROLLBACK_COMPLETE|ROLLBACK_FAILED|CREATE_FAILED|REVIEW_IN_PROGRESS)$/;

type StackState = Readonly<{
  status: string;
  /** What it was deployed with; undefined for a stack of release 0.1.0, or one that was never created. */
  options: OptionTexts | undefined;
}>;

/** A stack, undefined if there is none. @throws MiyabiError `configuration`, `unavailable` */
export const stackState = (client: ClientSettings, stack: string): Promise<StackState | undefined> =>
  translating(async () => {
    try {
      const { Stacks } = await new CloudFormationClient(client).send(
        new DescribeStacksCommand({ StackName: stack }),
      );
      const [found] = Stacks ?? [];
      if (found === undefined) return undefined;
      const output = found.Outputs?.find(({ OutputKey }) => OutputKey === OPTIONS_OUTPUT)?.OutputValue;
      return {
        status: found.StackStatus ?? 'UNKNOWN',
        options: output === undefined ? undefined : readStoredOptions(stack, output),
      };
    } catch (error) {
      if (error instanceof Error && /does not exist/.test(error.message)) return undefined;
      throw error;
    }
  });

/**
 * A stack before a deployment. `isFirst`: nothing was deployed under its name, or only a first attempt that failed, whose
 * options do not count.
 *
 * @throws MiyabiError `configuration` if its options are not known, `unavailable`
 */
export const deployedStack = async (
  client: ClientSettings,
  stack: string,
  chosen: Readonly<{ given: OptionTexts; file: OptionTexts | undefined }>,
): Promise<
  Readonly<{ state: StackState | undefined; isFirst: boolean; stored: OptionTexts | undefined }>
> => {
  const state = await stackState(client, stack);
  if (state === undefined || FAILED_CREATION.test(state.status)) {
    return { state, isFirst: true, stored: undefined };
  }
  requireKnownOptions(stack, { ...chosen, stored: state.options });
  return { state, isFirst: false, stored: state.options };
};

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
