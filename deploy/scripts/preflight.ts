import { DescribeTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { GetAccountSettingsCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { GetParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { MiyabiError } from '../../src/domain/errors.ts';
import { DEFAULT_QUALIFIER } from '../config.ts';

/** The target of a deployment. */
export type Target = Readonly<{ account: string; region: string; client: ClientSettings }>;

export type ClientSettings = Readonly<{
  region: string;
  maxAttempts: number;
  requestHandler: Readonly<{
    connectionTimeout: number;
    requestTimeout: number;
    throwOnRequestTimeout: boolean;
  }>;
}>;

const CLIENT_TIMEOUTS = {
  maxAttempts: 2,
  requestHandler: { connectionTimeout: 5_000, requestTimeout: 15_000, throwOnRequestTimeout: true },
} as const;

/** The stack's template needs at least this version of the `cdk bootstrap` resources. */
const BOOTSTRAP_VERSION = 6;

/**
 * Checks, before anything is built, whether a deployment can begin at all.
 *
 * @throws MiyabiError `configuration` in one line: no Region, no credentials, wrong or expired ones;
 * `unavailable` where AWS does not answer.
 */
export const preflight = async (): Promise<Target> => {
  const region = await regionOf();
  const client = { ...CLIENT_TIMEOUTS, region };
  const account = await translating(async () => {
    const { Account } = await new STSClient(client).send(new GetCallerIdentityCommand({}));
    if (Account === undefined) throw new Error('AWS names no account');
    return Account;
  });
  return { account, region, client };
};

/** @throws MiyabiError `configuration` if the CDK's bootstrap of this qualifier is missing or too old. */
export const requireBootstrap = async (
  { account, region, client }: Target,
  qualifier: string,
): Promise<void> => {
  const version = Number((await parameter(client, `/cdk-bootstrap/${qualifier}/version`))?.value ?? 0);
  if (version >= BOOTSTRAP_VERSION) return;
  const state = version === 0 ? 'not bootstrapped' : `bootstrapped with version ${version}, too old`;
  const own = qualifier === DEFAULT_QUALIFIER ? '' : ` -- --qualifier ${qualifier}`;
  throw new MiyabiError(
    'configuration',
    `Account ${account}, Region ${region}, is ${state}: run npm run bootstrap${own}`,
  );
};

/** @throws MiyabiError `configuration` if a table is missing: a deployment would make an empty one of that name. */
export const requireTables = async (
  { account, region, client }: Target,
  names: readonly string[],
): Promise<void> => {
  const dynamodb = new DynamoDBClient(client);
  for (const name of names) {
    await translating(async () => {
      try {
        await dynamodb.send(new DescribeTableCommand({ TableName: name }));
      } catch (error) {
        if (!(error instanceof Error) || error.name !== 'ResourceNotFoundException') throw error;
        throw new MiyabiError(
          'configuration',
          `There is no table ${name} in account ${account}, Region ${region}: restore it first, or correct its name`,
          { cause: error },
        );
      }
    });
  }
};

/** A parameter of Systems Manager, undefined if there is none. */
export const parameter = async (
  client: ClientSettings,
  name: string,
): Promise<Readonly<{ value: string; version: number }> | undefined> =>
  translating(async () => {
    try {
      const { Parameter } = await new SSMClient(client).send(new GetParameterCommand({ Name: name }));
      return { value: Parameter?.Value ?? '', version: Parameter?.Version ?? 1 };
    } catch (error) {
      if (error instanceof Error && error.name === 'ParameterNotFound') return undefined;
      throw error;
    }
  });

/** How many executions at once the account has left to reserve; undefined where it may not be asked. */
export const unreservedConcurrency = async (client: ClientSettings): Promise<number | undefined> => {
  try {
    const { AccountLimit } = await new LambdaClient(client).send(new GetAccountSettingsCommand({}));
    return AccountLimit?.UnreservedConcurrentExecutions;
  } catch {
    return undefined;
  }
};

const regionOf = async (): Promise<string> => {
  const { AWS_REGION, AWS_DEFAULT_REGION } = process.env;
  const given = AWS_REGION || AWS_DEFAULT_REGION;
  if (given) return given;
  try {
    return await new STSClient({}).config.region();
  } catch (cause) {
    throw new MiyabiError(
      'configuration',
      'No Region: set AWS_REGION, or region in the profile that AWS_PROFILE names',
      {
        cause,
      },
    );
  }
};

const EXPIRED = /^(ExpiredToken(Exception)?|TokenRefreshRequired|RequestExpired)$/;
const WRONG =
  /^(InvalidClientTokenId|UnrecognizedClientException|SignatureDoesNotMatch|InvalidAccessKeyId|AuthFailure|IncompleteSignature(Exception)?|InvalidSignatureException)$/;
const DENIED = /^AccessDenied(Exception)?$/;

/** An error of AWS as one line that says what to do. */
export const translating = async <T>(ask: () => Promise<T>): Promise<T> => {
  try {
    return await ask();
  } catch (error) {
    if (!(error instanceof Error) || error instanceof MiyabiError) throw error;
    throw new MiyabiError(...explanationOf(error), { cause: error });
  }
};

const explanationOf = ({ name, message }: Error): ['configuration' | 'unavailable', string] => {
  const [line = ''] = message.split('\n');
  // An expired single sign-on session is reported as credentials that cannot be loaded.
  if (EXPIRED.test(name) || /token .*expired|session .*expired/i.test(line)) {
    return ['configuration', 'The AWS credentials have expired: sign in again, e.g. with aws sso login'];
  }
  if (WRONG.test(name)) {
    return [
      'configuration',
      `AWS does not accept these credentials (${name}): look at AWS_PROFILE and AWS_ACCESS_KEY_ID`,
    ];
  }
  if (name === 'CredentialsProviderError') {
    return [
      'configuration',
      `No AWS credentials (${line}): set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY`,
    ];
  }
  if (DENIED.test(name)) return ['configuration', `These credentials may not do that: ${line}`];
  return ['unavailable', `AWS does not answer as it should: ${name}: ${line}`];
};
