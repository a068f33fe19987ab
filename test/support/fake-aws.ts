import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** The endpoint's view of the caller, and whether the account is bootstrapped. */
export type FakeAws = Readonly<{
  refusal?: string;
  bootstrap?: string;
  stacks?: readonly string[];
  /** What these stacks were deployed with. */
  options?: Readonly<Record<string, string>>;
  /** The published versions of the API function, and the one that its alias names. */
  versions?: Readonly<{ all: readonly number[]; live: number }>;
  /** How many executions at once the account has left to reserve; without it, the account may not be asked. */
  unreserved?: number;
  /** The id of a deployment of CodeDeploy that is under way. */
  deployment?: string;
}>;

/**
 * As much of STS, Systems Manager and CloudFormation as a script asks before it begins, on this machine. It keeps the
 * names of the operations that were requested for.
 */
export const fakeAws = async ({
  refusal,
  bootstrap,
  stacks = [],
  options,
  versions,
  unreserved,
  deployment,
}: FakeAws) => {
  const requested: string[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const body = Buffer.concat(chunks).toString();
    const target = request.headers['x-amz-target'];
    const operation =
      typeof target === 'string' ? target.split('.')[1] : new URLSearchParams(body).get('Action');
    const path = request.url?.split('?')[0] ?? '';
    // Lambda's operations are paths; what changes something is kept with its body.
    requested.push(path === '/' ? String(operation) : `${request.method} ${path} ${body}`.trim());
    const xml = (status: number, text: string) =>
      response.writeHead(status, { 'content-type': 'text/xml' }).end(text);
    const json = (status: number, value: unknown) =>
      response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' }).end(JSON.stringify(value));
    const error = (code: string, message: string) =>
      `<ErrorResponse><Error><Type>Sender</Type><Code>${code}</Code><Message>${message}</Message></Error></ErrorResponse>`;
    if (refusal !== undefined) xml(403, error(refusal, 'The security token is not what it should be'));
    else if (operation === 'GetCallerIdentity') {
      xml(
        200,
        '<GetCallerIdentityResponse><GetCallerIdentityResult><Account>123456789012</Account></GetCallerIdentityResult></GetCallerIdentityResponse>',
      );
    } else if (operation === 'GetParameter') {
      const { Name } = JSON.parse(body) as { Name: string };
      if (bootstrap !== undefined && Name.startsWith('/cdk-bootstrap/')) {
        json(200, { Parameter: { Name, Value: bootstrap, Version: 1 } });
      } else json(400, { __type: 'ParameterNotFound' });
    } else if (operation === 'DescribeStacks') {
      const wanted = new URLSearchParams(body).get('StackName') ?? '';
      if (stacks.includes(wanted)) {
        const outputs =
          options === undefined
            ? ''
            : `<Outputs><member><OutputKey>Options</OutputKey><OutputValue>${JSON.stringify({ version: 1, ...options })}</OutputValue></member></Outputs>`;
        xml(
          200,
          `<DescribeStacksResponse><DescribeStacksResult><Stacks><member><StackName>${wanted}</StackName><StackStatus>CREATE_COMPLETE</StackStatus><CreationTime>2026-01-01T00:00:00Z</CreationTime>${outputs}</member></Stacks></DescribeStacksResult></DescribeStacksResponse>`,
        );
      } else xml(400, error('ValidationError', `Stack with id ${wanted} does not exist`));
    } else if (operation === 'DescribeTable') {
      json(400, { __type: 'com.amazonaws.dynamodb.v20120810#ResourceNotFoundException' });
    } else if (operation === 'ListDeployments') {
      json(200, { deployments: deployment === undefined ? [] : [deployment] });
    } else if (operation === 'StopDeployment') {
      json(200, { status: 'Pending' });
    } else if (path.endsWith('/account-settings') && unreserved !== undefined) {
      json(200, { AccountLimit: { UnreservedConcurrentExecutions: unreserved } });
    } else if (path.endsWith('/versions') && versions !== undefined) {
      json(200, { Versions: ['$LATEST', ...versions.all].map((one) => ({ Version: String(one) })) });
    } else if (path.endsWith('/aliases/live') && versions !== undefined) {
      json(200, { Name: 'live', FunctionVersion: String(versions.live) });
    } else json(500, { __type: 'InternalFailure' });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requested: requested as readonly string[],
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
};
