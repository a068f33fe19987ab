import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What the fake does to a stack once the command has asked for it. */
export type StackOperation = 'deploy' | 'destroy' | 'rollback';

/**
 * A stack and what will happen to it.
 *
 * Events are lines of the form `LogicalId STATE reason`. The stack's own name stands for the stack itself, `Nested/Id`
 * for a resource of the nested stack whose logical id in its parent is `Nested`, and `Nested/` for that stack itself.
 */
export type FakeStack = Readonly<{
  name: string;
  /** The state before the command; a stack without one does not exist yet. */
  state?: string;
  /** Resource types by logical id, nested resources by `Nested/Id`. */
  resources: Readonly<Record<string, string>>;
  /** What GetTemplate answers; by default nothing that is in the new template. */
  deployedTemplate?: unknown;
  events: Readonly<Partial<Record<StackOperation, readonly string[]>>>;
  /** Why the change set cannot be created, and the events about it. */
  changeSetFails?: Readonly<{ reason: string; validations?: readonly FakeValidation[] }>;
  /** DescribeStackEvents fails once the stack has reached its last state. */
  finalEventsUnreadable?: true;
  /** DescribeStacks finds the last state, for commands that read no events. */
  endsUnseen?: true;
}>;

/** A finding of CloudFormation's validation of a change set. */
export type FakeValidation = Readonly<{ id: string; type: string; path: string; reason: string }>;

export type FakeCloudFormation = Readonly<{
  url: string;
  /** Requests that the fake has no answer to: a scenario that makes any is incomplete. */
  unknown: readonly string[];
  close(): Promise<void>;
}>;

export const ACCOUNT = '123456789012';
export const REGION = 'eu-west-1';

const UUID = '11111111-2222-3333-4444-555555555555';
const NESTED_SUFFIX = '1A2B3C4D5E6F7';

const stackArn = (name: string): string =>
  `arn:aws:cloudformation:${REGION}:${ACCOUNT}:stack/${name}/${UUID}`;

/** How many events a poll finds: one after the other, and sometimes several at once. */
const BATCHES = [1, 2, 1, 3] as const;

type StackEvent = Readonly<{
  eventId: string;
  stack: string;
  logicalId: string;
  physicalId: string;
  type: string;
  state: string;
  reason: string;
  time: number;
  operation: string;
}>;

type LiveStack = {
  readonly fake: FakeStack;
  state: string | undefined;
  changeSet: string | undefined;
  /** Events that a poll has found, oldest first, and those still to come. */
  readonly past: StackEvent[];
  future: StackEvent[];
  polls: number;
  operations: number;
};

/**
 * CloudFormation, STS and Lambda on a local port, as far as the CDK CLI uses them. Events come as the CLI polls for them, so
 * that a scenario runs as fast as the CLI asks, and the same way each time.
 */
export const fakeCloudFormation = async (stacks: readonly FakeStack[]): Promise<FakeCloudFormation> => {
  const live = new Map<string, LiveStack>(
    stacks.map((fake) => [
      fake.name,
      {
        fake,
        state: fake.state,
        changeSet: undefined,
        past: [],
        future: [],
        polls: 0,
        operations: 0,
      },
    ]),
  );
  const unknown: string[] = [];

  const server = createServer((request, response) => {
    void readBody(request).then((body) => {
      const answer = answerTo(request, body, live);
      if (answer === undefined) unknown.push(`${request.method} ${request.url} ${body.slice(0, 200)}`);
      const { status, type, text } = answer ?? failure('UnknownOperation', 'The fake does not know this');
      response.writeHead(status, { 'content-type': type });
      response.end(text);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    unknown,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
};

const readBody = async (request: IncomingMessage): Promise<string> => {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
};

type Answer = Readonly<{ status: number; type: string; text: string }>;

const answerTo = (
  { method = '', url = '', headers }: IncomingMessage,
  body: string,
  live: ReadonlyMap<string, LiveStack>,
): Answer | undefined => {
  if (headers['content-type']?.startsWith('application/x-www-form-urlencoded'))
    return answerToQuery(new URLSearchParams(body), live);
  if (url.startsWith('/2015-03-31/functions/')) return answerToLambda(method);
  // CloudTrail is asked for more about a failure; having nothing to say is the usual answer.
  if (headers['x-amz-target']?.toString().endsWith('.LookupEvents')) return json({ Events: [] });
  return undefined;
};

const json = (value: unknown): Answer => ({
  status: 200,
  type: 'application/json',
  text: JSON.stringify(value),
});

const answerToLambda = (method: string): Answer =>
  json({
    FunctionName: 'handler',
    ...(method === 'GET' ? { Configuration: { State: 'Active', LastUpdateStatus: 'Successful' } } : {}),
    State: 'Active',
    LastUpdateStatus: 'Successful',
  });

const failure = (code: string, message: string): Answer => ({
  status: 400,
  type: 'text/xml',
  text: `<ErrorResponse><Error><Type>Sender</Type>${tag('Code', code)}${tag('Message', message)}</Error><RequestId>r</RequestId></ErrorResponse>`,
});

const escapeXml = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('\n', '&#10;');

const tag = (name = '', text: string | undefined): string =>
  text === undefined ? '' : `<${name}>${escapeXml(text)}</${name}>`;

const member = (...parts: readonly string[]): string => `<member>${parts.join('')}</member>`;

const success = (action: string, content = ''): Answer => ({
  status: 200,
  type: 'text/xml',
  text: `<${action}Response xmlns="http://cloudformation.amazonaws.com/doc/2010-05-15/"><${action}Result>${content}</${action}Result><ResponseMetadata><RequestId>r</RequestId></ResponseMetadata></${action}Response>`,
});

const answerToQuery = (query: URLSearchParams, live: ReadonlyMap<string, LiveStack>): Answer | undefined => {
  const action = query.get('Action') ?? '';
  if (action === 'GetCallerIdentity')
    return success(
      action,
      `${tag('Account', ACCOUNT)}${tag('Arn', `arn:aws:iam::${ACCOUNT}:user/tester`)}${tag('UserId', 'tester')}`,
    );
  if (action === 'ListHookResults') return success(action, '<HookResults/>');
  if (action === 'DescribeType')
    return failure('TypeNotFoundException', `The type ${query.get('TypeName')} cannot be found`);
  const requested = query.get('StackName') ?? '';
  if (action === 'DescribeStacks' && requested === TOOLKIT) return success(action, TOOLKIT_STACK);
  const byArn = requested.startsWith('arn:');
  const name = byArn ? (requested.split('/')[1] ?? '') : requested;
  const stack = live.get(name) ?? nestedIn(live, name);
  if (stack === undefined) {
    return action === 'DescribeStacks'
      ? failure('ValidationError', `Stack with id ${requested} does not exist`)
      : undefined;
  }
  switch (action) {
    case 'DescribeStacks':
      return describeStack(stack, requested, byArn);
    case 'GetTemplate':
      return success(action, tag('TemplateBody', JSON.stringify(stack.fake.deployedTemplate ?? {})));
    case 'GetTemplateSummary':
      return success(action, summaryOf(stack.fake));
    case 'CreateChangeSet':
      stack.changeSet = query.get('ChangeSetName') ?? '';
      stack.state ??= 'REVIEW_IN_PROGRESS';
      return success(action, `${tag('Id', changeSetArn(stack.changeSet))}${tag('StackId', stackArn(name))}`);
    case 'DeleteChangeSet':
      stack.changeSet = undefined;
      return success(action);
    case 'DescribeChangeSet':
      return stack.changeSet === undefined
        ? failure('ChangeSetNotFound', 'There is no such change set')
        : success(action, describeChangeSet(stack, stack.changeSet));
    case 'ExecuteChangeSet':
      begin(stack, 'deploy');
      return success(action);
    case 'CreateStack':
    case 'UpdateStack':
      begin(stack, 'deploy');
      return success(action, tag('StackId', stackArn(name)));
    case 'RollbackStack':
      begin(stack, 'rollback');
      return success(action, tag('StackId', stackArn(name)));
    case 'DeleteStack':
      if (stack.fake.events.destroy === undefined) stack.state = undefined;
      else begin(stack, 'destroy');
      return success(action);
    case 'DescribeStackEvents':
      return describeEvents(stack, name);
    case 'DescribeEvents':
      return success(action, `<OperationEvents>${validationsOf(stack).join('')}</OperationEvents>`);
    case 'ListStackResources':
      return success(action, `<StackResourceSummaries>${resourcesOf(stack.fake)}</StackResourceSummaries>`);
    case 'DescribeStackResources':
      return success(action, `<StackResources>${resourcesOf(stack.fake)}</StackResources>`);
    default:
      return undefined;
  }
};

const TOOLKIT = 'CDKToolkit';
/** The stack that bootstrapping makes: `cdk rollback` reads its version. */
const TOOLKIT_STACK = `<Stacks>${member(
  tag('StackId', stackArn(TOOLKIT)),
  tag('StackName', TOOLKIT),
  tag('CreationTime', '2026-01-01T00:00:00Z'),
  tag('StackStatus', 'CREATE_COMPLETE'),
  `<Outputs>${[
    ['BootstrapVersion', '28'],
    ['BucketName', 'assets'],
    ['BucketDomainName', 'assets.s3.amazonaws.com'],
  ]
    .map(([key, value]) => member(tag('OutputKey', key), tag('OutputValue', value)))
    .join('')}</Outputs><Tags/>`,
)}</Stacks>`;

const nestedIn = (live: ReadonlyMap<string, LiveStack>, name: string): LiveStack | undefined =>
  [...live.values()].find(({ fake }) =>
    Object.keys(fake.resources).some((id) => nestedName(fake.name, id) === name),
  );

const nestedName = (parent: string, logicalId: string): string => `${parent}-${logicalId}-${NESTED_SUFFIX}`;

const describeStack = (stack: LiveStack, requested: string, byArn: boolean): Answer => {
  const { name, endsUnseen } = stack.fake;
  if (endsUnseen) proceed(stack, stack.future.length);
  const state = stack.state;
  if (state === undefined || (state === 'DELETE_COMPLETE' && !byArn))
    return failure('ValidationError', `Stack with id ${requested} does not exist`);
  return success(
    'DescribeStacks',
    `<Stacks>${member(
      tag('StackId', stackArn(name)),
      tag('StackName', name),
      tag('CreationTime', '2026-01-01T00:00:00Z'),
      tag('StackStatus', state),
      tag('EnableTerminationProtection', 'false'),
      tag('StackStatusReason', stack.past.findLast(({ logicalId }) => logicalId === name)?.reason ?? ''),
      '<Parameters/><Outputs/><Tags/>',
    )}</Stacks>`,
  );
};

const changeSetArn = (name: string): string =>
  `arn:aws:cloudformation:${REGION}:${ACCOUNT}:changeSet/${name}/${UUID}`;

const describeChangeSet = ({ fake, state }: LiveStack, changeSet: string): string => {
  const fails = fake.changeSetFails;
  const verb = state === 'REVIEW_IN_PROGRESS' ? 'Add' : 'Modify';
  const changes = Object.entries(fake.resources)
    .filter(([id]) => !id.includes('/'))
    .map(([id, type]) =>
      member(
        tag('Type', 'Resource'),
        `<ResourceChange>${tag('Action', verb)}${tag('LogicalResourceId', id)}${tag('ResourceType', type)}${tag('Replacement', 'False')}</ResourceChange>`,
      ),
    );
  return [
    tag('ChangeSetName', changeSet),
    tag('ChangeSetId', changeSetArn(changeSet)),
    tag('StackId', stackArn(fake.name)),
    tag('StackName', fake.name),
    tag('CreationTime', new Date(Date.now() - 1000).toISOString()),
    tag('ExecutionStatus', fails === undefined ? 'AVAILABLE' : 'UNAVAILABLE'),
    tag('Status', fails === undefined ? 'CREATE_COMPLETE' : 'FAILED'),
    tag('StatusReason', fails?.reason),
    `<Changes>${fails === undefined ? changes.join('') : ''}</Changes>`,
  ].join('');
};

const validationsOf = ({ fake }: LiveStack): readonly string[] =>
  (fake.changeSetFails?.validations ?? []).map(({ id, type, path, reason }, index) =>
    member(
      tag('EventId', `validation-${index}`),
      tag('EventType', 'VALIDATION_ERROR'),
      tag('LogicalResourceId', id),
      tag('ResourceType', type),
      tag('ValidationName', 'PROPERTY_VALIDATION'),
      tag('ValidationStatus', 'FAILED'),
      tag('ValidationStatusReason', reason),
      tag('ValidationPath', path),
      tag('Timestamp', new Date().toISOString()),
    ),
  );

const resourcesOf = (fake: FakeStack): string =>
  Object.entries(fake.resources)
    .filter(([id]) => !id.includes('/'))
    .map(([id, type]) =>
      member(
        tag('LogicalResourceId', id),
        tag('PhysicalResourceId', `${id.toLowerCase()}-physical`),
        tag('ResourceType', type),
        tag('ResourceStatus', 'CREATE_COMPLETE'),
        tag('LastUpdatedTimestamp', '2026-01-01T00:00:00Z'),
      ),
    )
    .join('');

/** The data of each resource that an import needs. */
const summaryOf = (fake: FakeStack): string => {
  const summaries = Object.entries(fake.resources).map(([id, type]) =>
    member(
      tag('ResourceType', type),
      `<LogicalResourceIds>${tag('member', id)}</LogicalResourceIds>`,
      `<ResourceIdentifiers>${tag('member', 'Name')}</ResourceIdentifiers>`,
    ),
  );
  return `<Parameters/><ResourceIdentifierSummaries>${summaries.join('')}</ResourceIdentifierSummaries>`;
};

const begin = (stack: LiveStack, operation: StackOperation): void => {
  const { fake } = stack;
  stack.operations += 1;
  const id = `operation-${stack.operations}`;
  const now = Date.now();
  const seen = new Set<string>();
  stack.future = (fake.events[operation] ?? []).map((line, index) => {
    const [subject = '', state = '', ...words] = line.split(' ');
    const [first = '', inner] = subject.split('/');
    const own = subject === fake.name;
    const nested = inner === undefined ? undefined : nestedName(fake.name, first);
    const type = own || inner === '' ? NESTED_TYPE : fake.resources[subject];
    if (type === undefined) throw new Error(`${fake.name} has no resource ${subject}`);
    const logicalId = inner === undefined ? first : inner === '' ? (nested ?? '') : inner;
    // CloudFormation reports a creation before the resource has a physical id, and once more when it has one.
    const isFirst = state === 'CREATE_IN_PROGRESS' && !seen.has(subject);
    seen.add(subject);
    return {
      eventId: `${fake.name}-${id}-${index}`,
      stack: nested ?? fake.name,
      logicalId,
      physicalId: own
        ? stackArn(fake.name)
        : inner === ''
          ? stackArn(nested ?? '')
          : type === NESTED_TYPE && inner === undefined
            ? isFirst
              ? ''
              : stackArn(nestedName(fake.name, first))
            : isFirst
              ? ''
              : `${logicalId.toLowerCase()}-physical`,
      type,
      state,
      reason: words.join(' '),
      time: now + 500 + index * 1_300,
      operation: id,
    };
  });
  stack.polls = 0;
  const [next] = stack.future;
  // The state changes at once, before any event can be read.
  if (next?.logicalId === fake.name) stack.state = next.state;
};

const NESTED_TYPE = 'AWS::CloudFormation::Stack';

/** The next events happen. */
const proceed = (stack: LiveStack, events: number): void => {
  const found = stack.future.splice(0, events);
  stack.past.push(...found);
  const own = found.findLast(({ logicalId }) => logicalId === stack.fake.name);
  if (own !== undefined) stack.state = own.state;
};

/** What happened to the stack before the command, or as its first change set was created. */
const eventBefore = ({ name, state }: FakeStack): StackEvent => ({
  eventId: `${name}-before`,
  stack: name,
  logicalId: name,
  physicalId: stackArn(name),
  type: NESTED_TYPE,
  state: state ?? 'REVIEW_IN_PROGRESS',
  reason: '',
  time: Date.parse('2026-01-01T00:00:00Z'),
  operation: 'before',
});

const describeEvents = (stack: LiveStack, name: string): Answer => {
  if (name === stack.fake.name) {
    if (stack.fake.finalEventsUnreadable && stack.future.length === 0 && stack.past.length > 0)
      return failure('AccessDenied', 'User is not authorized to perform: cloudformation:DescribeStackEvents');
    proceed(stack, BATCHES[stack.polls % BATCHES.length] ?? 1);
    stack.polls += 1;
  }
  return success(
    'DescribeStackEvents',
    `<StackEvents>${[...(name === stack.fake.name ? [eventBefore(stack.fake)] : []), ...stack.past]
      .filter((event) => event.stack === name)
      .toReversed()
      .map((event) =>
        member(
          tag('StackId', stackArn(event.stack)),
          tag('EventId', event.eventId),
          tag('StackName', event.stack),
          tag('OperationId', event.operation),
          tag('LogicalResourceId', event.logicalId),
          tag('PhysicalResourceId', event.physicalId),
          tag('ResourceType', event.type),
          tag('Timestamp', new Date(event.time).toISOString()),
          tag('ResourceStatus', event.state),
          event.reason === '' ? '' : tag('ResourceStatusReason', event.reason),
        ),
      )
      .join('')}</StackEvents>`,
  );
};
