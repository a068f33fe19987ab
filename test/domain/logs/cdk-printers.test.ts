import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type Deployment, type Mode, printed, type StackEvent } from './cdk-printers.ts';
import { told } from './read-cdk.ts';

const test = suite("CDK's own printers");

const QUEUE = { id: 'Orders50D9D426', type: 'AWS::SQS::Queue', path: 'Orders' };
const TOPIC = { id: 'NewsTopicD368A42F', type: 'AWS::SNS::Topic', path: 'News/Topic' };
const ROLE = { id: 'HandlerServiceRole0A1B2C3D', type: 'AWS::IAM::Role', path: 'Handler/ServiceRole' };
const TRACE = ['new Role (lib/role.ts:1:1)', 'Object.<anonymous> (bin/app.ts:3:3)'];

type Told = Omit<StackEvent, 'stack' | 'after'>;

const over = (stack: string, ...events: readonly Told[]): readonly StackEvent[] =>
  events.map((event, index) => ({ stack, after: index * 5, ...event }));

const stackRow = (stack: string, status: string, reason?: string): Told => ({
  id: stack,
  status,
  ...(reason === undefined ? {} : { reason }),
});

const create: Deployment = {
  stack: 'Shop',
  changes: 2,
  events: over(
    'Shop',
    stackRow('Shop', 'REVIEW_IN_PROGRESS', 'User Initiated'),
    stackRow('Shop', 'CREATE_IN_PROGRESS', 'User Initiated'),
    { ...QUEUE, status: 'CREATE_IN_PROGRESS' },
    { ...TOPIC, status: 'CREATE_IN_PROGRESS', reason: 'Resource creation Initiated' },
    { ...QUEUE, status: 'CREATE_COMPLETE' },
    { ...TOPIC, status: 'CREATE_COMPLETE' },
    stackRow('Shop', 'CREATE_COMPLETE'),
  ),
};

const update: Deployment = {
  stack: 'Shop',
  changes: 2,
  update: true,
  events: over(
    'Shop',
    stackRow('Shop', 'UPDATE_IN_PROGRESS', 'User Initiated'),
    { ...QUEUE, status: 'UPDATE_IN_PROGRESS' },
    { ...QUEUE, status: 'UPDATE_COMPLETE' },
    stackRow('Shop', 'UPDATE_COMPLETE_CLEANUP_IN_PROGRESS'),
    { ...TOPIC, status: 'DELETE_IN_PROGRESS' },
    { ...TOPIC, status: 'DELETE_FAILED', reason: 'In use' },
    stackRow('Shop', 'UPDATE_COMPLETE'),
  ),
};

const rollback: Deployment = {
  stack: 'Shop',
  changes: 3,
  events: over(
    'Shop',
    stackRow('Shop', 'CREATE_IN_PROGRESS', 'User Initiated'),
    { ...QUEUE, status: 'CREATE_IN_PROGRESS' },
    { ...TOPIC, status: 'CREATE_IN_PROGRESS' },
    { ...ROLE, status: 'CREATE_IN_PROGRESS' },
    {
      ...ROLE,
      status: 'CREATE_FAILED',
      reason: 'Principal | "nope" is not known (Service: Iam)\nStackX | 9/9 | and more of it',
      trace: TRACE,
    },
    { ...TOPIC, status: 'CREATE_FAILED', reason: 'Resource creation cancelled' },
    stackRow(
      'Shop',
      'ROLLBACK_IN_PROGRESS',
      'The following resource(s) failed to create: [NewsTopicD368A42F, HandlerServiceRole0A1B2C3D]. Rollback requested by user.',
    ),
    { ...QUEUE, status: 'DELETE_IN_PROGRESS' },
    { ...QUEUE, status: 'DELETE_COMPLETE' },
    stackRow('Shop', 'ROLLBACK_COMPLETE'),
  ),
};

const updateRollback: Deployment = {
  stack: 'Shop',
  changes: 2,
  update: true,
  events: over(
    'Shop',
    stackRow('Shop', 'UPDATE_IN_PROGRESS', 'User Initiated'),
    { ...QUEUE, status: 'UPDATE_IN_PROGRESS' },
    { ...QUEUE, status: 'UPDATE_FAILED', reason: 'Invalid attribute' },
    stackRow(
      'Shop',
      'UPDATE_ROLLBACK_IN_PROGRESS',
      'The following resource(s) failed to update: [Orders50D9D426].',
    ),
    { ...QUEUE, status: 'UPDATE_COMPLETE' },
    stackRow('Shop', 'UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS'),
    stackRow('Shop', 'UPDATE_ROLLBACK_COMPLETE'),
  ),
};

const destroy: Deployment = {
  stack: 'Shop',
  events: over(
    'Shop',
    stackRow('Shop', 'DELETE_IN_PROGRESS', 'User Initiated'),
    { ...QUEUE, status: 'DELETE_IN_PROGRESS' },
    { ...QUEUE, status: 'DELETE_COMPLETE' },
    stackRow('Shop', 'DELETE_COMPLETE'),
  ),
};

const NESTED = 'Shop-ImagesNestedStackImagesNestedStackResource8A7B6C5D-1HGXW2K9QPLM0';
const IMAGES = {
  id: 'ImagesNestedStackImagesNestedStackResource8A7B6C5D',
  path: 'Images.NestedStack/Images.NestedStackResource',
};

const nested: Deployment = {
  stack: 'Shop',
  changes: 2,
  events: [
    ...over('Shop', stackRow('Shop', 'CREATE_IN_PROGRESS'), { ...IMAGES, status: 'CREATE_IN_PROGRESS' }),
    ...over(
      NESTED,
      stackRow(NESTED, 'CREATE_IN_PROGRESS'),
      { ...ROLE, status: 'CREATE_IN_PROGRESS' },
      { ...ROLE, status: 'CREATE_FAILED', reason: 'No such principal' },
      { ...TOPIC, status: 'CREATE_FAILED', reason: 'Resource creation cancelled' },
      stackRow(
        NESTED,
        'CREATE_FAILED',
        'The following resource(s) failed to create: [HandlerServiceRole0A1B2C3D].',
      ),
    ),
    ...over(
      'Shop',
      {
        ...IMAGES,
        status: 'CREATE_FAILED',
        reason: `Embedded stack arn:aws:cloudformation:eu-west-1:1:stack/${NESTED}/0 was not successfully created: The following resource(s) failed to create: [HandlerServiceRole0A1B2C3D].`,
      },
      stackRow(
        'Shop',
        'ROLLBACK_IN_PROGRESS',
        `The following resource(s) failed to create: [${IMAGES.id}]. Rollback requested by user.`,
      ),
      stackRow('Shop', 'ROLLBACK_COMPLETE'),
    ).map((event) => ({ ...event, after: event.after + 60 })),
  ],
};

const nestedWell: Deployment = {
  stack: 'Shop',
  changes: 1,
  events: [
    ...over('Shop', stackRow('Shop', 'CREATE_IN_PROGRESS'), { ...IMAGES, status: 'CREATE_IN_PROGRESS' }),
    ...over(
      NESTED,
      stackRow(NESTED, 'CREATE_IN_PROGRESS'),
      { ...ROLE, status: 'CREATE_IN_PROGRESS' },
      { ...ROLE, status: 'CREATE_COMPLETE' },
      stackRow(NESTED, 'CREATE_COMPLETE'),
    ),
    ...over('Shop', { ...IMAGES, status: 'CREATE_COMPLETE' }, stackRow('Shop', 'CREATE_COMPLETE')).map(
      (event) => ({
        ...event,
        after: event.after + 60,
      }),
    ),
  ],
};

const OK = '\n ✅  Shop\n\n✨  Deployment time: 12.3s\n\n';
const failed = (message: string) => `\n❌  Shop failed: DeploymentError: ${message}\n`;
const DEPLOYING = 'Shop: deploying... [1/1]\nShop: creating CloudFormation changeset...\n';

const CASES: readonly (readonly [
  string,
  readonly [string, Deployment, string],
  Readonly<Record<Mode, string>>,
])[] = [
  [
    'a stack that is created',
    [DEPLOYING, create, OK],
    {
      events: 'Shop create completed 3/3 CREATE_COMPLETE -',
      bar: 'Shop create completed 3/3 CREATE_IN_PROGRESS -',
      'errors-only': 'Shop - completed -/- - -',
    },
  ],
  [
    'a stack that is updated, and something cannot be removed',
    [DEPLOYING, update, OK],
    {
      events: 'Shop update completed 2/3 UPDATE_COMPLETE -',
      bar: 'Shop update completed 2/3 UPDATE_COMPLETE_CLEANUP_IN_PROGRESS -',
      'errors-only': 'Shop - completed -/- - -',
    },
  ],
  [
    'a stack whose creation fails',
    [
      DEPLOYING,
      rollback,
      failed(
        'Resource updates failed:\nShop/Handler/ServiceRole  (AWS::IAM::Role HandlerServiceRole0A1B2C3D)\n  Principal is not known',
      ),
    ],
    {
      events: 'Shop create rolled_back 2/4 ROLLBACK_COMPLETE HandlerServiceRole0A1B2C3D',
      bar: 'Shop create rolled_back 2/4 ROLLBACK_IN_PROGRESS HandlerServiceRole0A1B2C3D',
      'errors-only': 'Shop create failed -/- - HandlerServiceRole0A1B2C3D',
    },
  ],
  [
    'a stack whose update fails',
    [DEPLOYING, updateRollback, failed('Resource updates failed:')],
    {
      events: 'Shop update rolled_back 2/3 UPDATE_ROLLBACK_COMPLETE Orders50D9D426',
      bar: 'Shop update rolled_back 2/3 UPDATE_ROLLBACK_COMPLETE Orders50D9D426',
      'errors-only': 'Shop update failed -/- - Orders50D9D426',
    },
  ],
  [
    'a stack that is destroyed',
    ['Shop: destroying... [1/1]\n', destroy, '\n✅  Shop: destroyed\n'],
    {
      events: 'Shop destroy completed 2/- DELETE_COMPLETE -',
      bar: 'Shop destroy completed -/- DELETE_IN_PROGRESS -',
      'errors-only': 'Shop destroy completed -/- - -',
    },
  ],
  [
    'a nested stack that fails',
    [DEPLOYING, nested, failed('Resource updates failed:')],
    {
      events: 'Shop create rolled_back 1/3 ROLLBACK_COMPLETE HandlerServiceRole0A1B2C3D',
      bar: 'Shop create rolled_back 1/3 ROLLBACK_IN_PROGRESS HandlerServiceRole0A1B2C3D',
      'errors-only': 'Shop create failed -/- - HandlerServiceRole0A1B2C3D',
    },
  ],
  [
    'a nested stack',
    [DEPLOYING, nestedWell, OK],
    {
      events: 'Shop create completed 2/2 CREATE_COMPLETE -',
      bar: 'Shop create completed 2/2 CREATE_IN_PROGRESS -',
      'errors-only': 'Shop - completed -/- - -',
    },
  ],
];

for (const [name, [before, deployment, after], expected] of CASES) {
  for (const mode of ['events', 'bar', 'errors-only'] as const) {
    test(`${name}: ${mode}`, () => {
      assert.equal(told(before + printed(mode, [deployment]) + after), [expected[mode]]);
    });
  }
}

test('two stacks at the same time', () => {
  const other = (stack: string, deployment: Deployment): Deployment => ({
    ...deployment,
    stack,
    events: deployment.events.map((event) => ({
      ...event,
      stack,
      ...(event.id === deployment.stack ? { id: stack } : {}),
    })),
  });
  const rows = printed('events', [other('Left', create), other('Right', rollback)]);
  assert.equal(
    told(
      `Left: deploying... [1/2]\nRight: deploying... [2/2]\n${rows}\n❌  Right failed: Error: No\n ✅  Left\n`,
    ),
    [
      'Left create completed 3/3 CREATE_COMPLETE -',
      'Right create rolled_back 2/4 ROLLBACK_COMPLETE HandlerServiceRole0A1B2C3D',
    ],
  );
});

test.run();
