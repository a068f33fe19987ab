import * as assert from 'uvu/assert';
import { suite } from '../../../../support/suite.ts';
import { type Deployment, type Mode, printed, type StackEvent } from './printers.ts';
import { reported } from './read-cdk.ts';

const test = suite("CDK's own printers");

type Reported = Omit<StackEvent, 'stack' | 'after'>;

/** An event of CloudFormation: a status, and a reason if there is one. */
const eventsOf =
  (thing: Omit<Reported, 'status' | 'reason'>) =>
  (status: string, reason?: string): Reported => ({
    ...thing,
    status,
    ...(reason === undefined ? {} : { reason }),
  });

const NESTED = 'Shop-ImagesNestedStackImagesNestedStackResource8A7B6C5D-1HGXW2K9QPLM0';

const shop = eventsOf({ id: 'Shop' });
const queue = eventsOf({ id: 'Orders50D9D426', type: 'AWS::SQS::Queue', path: 'Orders' });
const topic = eventsOf({ id: 'NewsTopicD368A42F', type: 'AWS::SNS::Topic', path: 'News/Topic' });
const role = eventsOf({
  id: 'HandlerServiceRole0A1B2C3D',
  type: 'AWS::IAM::Role',
  path: 'Handler/ServiceRole',
});
/** The nested stack: as its parent shows it, and as it reports itself. */
const images = eventsOf({
  id: 'ImagesNestedStackImagesNestedStackResource8A7B6C5D',
  path: 'Images.NestedStack/Images.NestedStackResource',
});
const nested = eventsOf({ id: NESTED });

/** Events of a stack, one every five seconds from a given one on. */
const of = (stack: string, events: readonly Reported[], from = 0): readonly StackEvent[] =>
  events.map((event, index) => ({ stack, after: from + index * 5, ...event }));

/** A deployment of the stack Shop. */
const deployment = (
  more: Omit<Deployment, 'stack' | 'events'>,
  events: readonly StackEvent[],
): Deployment => ({ stack: 'Shop', ...more, events });

const DEPLOYING = 'Shop: deploying... [1/1]\nShop: creating CloudFormation changeset...\n';
const OK = '\n ✅  Shop\n\n✨  Deployment time: 12.3s\n\n';
const failed = (message: string) => `\n❌  Shop failed: DeploymentError: ${message}\n`;

/** What CDK prints around the events, and what is read from it in each of its modes. */
type Story = Readonly<{
  before: string;
  deployment: Deployment;
  after: string;
  reported: Readonly<Record<Mode, string>>;
}>;

const story = (name: string, { before, deployment, after, reported: expected }: Story): void => {
  for (const mode of ['events', 'bar', 'errors-only'] as const) {
    test(`${name}: ${mode}`, () => {
      assert.equal(reported(before + printed(mode, [deployment]) + after), [expected[mode]]);
    });
  }
};

const created = deployment(
  { changes: 2 },
  of('Shop', [
    shop('REVIEW_IN_PROGRESS', 'User Initiated'),
    shop('CREATE_IN_PROGRESS', 'User Initiated'),
    queue('CREATE_IN_PROGRESS'),
    topic('CREATE_IN_PROGRESS', 'Resource creation Initiated'),
    queue('CREATE_COMPLETE'),
    topic('CREATE_COMPLETE'),
    shop('CREATE_COMPLETE'),
  ]),
);

story('a stack that is created', {
  before: DEPLOYING,
  deployment: created,
  after: OK,
  reported: {
    events: 'Shop create completed 3/3 CREATE_COMPLETE -',
    bar: 'Shop create completed 3/3 CREATE_IN_PROGRESS -',
    'errors-only': 'Shop - completed -/- - -',
  },
});

story('a stack that is updated, and something cannot be removed', {
  before: DEPLOYING,
  deployment: deployment(
    { changes: 2, update: true },
    of('Shop', [
      shop('UPDATE_IN_PROGRESS', 'User Initiated'),
      queue('UPDATE_IN_PROGRESS'),
      queue('UPDATE_COMPLETE'),
      shop('UPDATE_COMPLETE_CLEANUP_IN_PROGRESS'),
      topic('DELETE_IN_PROGRESS'),
      topic('DELETE_FAILED', 'In use'),
      shop('UPDATE_COMPLETE'),
    ]),
  ),
  after: OK,
  reported: {
    events: 'Shop update completed 2/3 UPDATE_COMPLETE -',
    bar: 'Shop update completed 2/3 UPDATE_COMPLETE_CLEANUP_IN_PROGRESS -',
    'errors-only': 'Shop - completed -/- - -',
  },
});

const rolledBack = deployment(
  { changes: 3 },
  of('Shop', [
    shop('CREATE_IN_PROGRESS', 'User Initiated'),
    queue('CREATE_IN_PROGRESS'),
    topic('CREATE_IN_PROGRESS'),
    role('CREATE_IN_PROGRESS'),
    {
      ...role(
        'CREATE_FAILED',
        'Principal | "nope" is not known (Service: Iam)\nStackX | 9/9 | and more of it',
      ),
      trace: ['new Role (lib/role.ts:1:1)', 'Object.<anonymous> (bin/app.ts:3:3)'],
    },
    topic('CREATE_FAILED', 'Resource creation cancelled'),
    shop(
      'ROLLBACK_IN_PROGRESS',
      'The following resource(s) failed to create: [NewsTopicD368A42F, HandlerServiceRole0A1B2C3D]. Rollback requested by user.',
    ),
    queue('DELETE_IN_PROGRESS'),
    queue('DELETE_COMPLETE'),
    shop('ROLLBACK_COMPLETE'),
  ]),
);

story('a stack whose creation fails', {
  before: DEPLOYING,
  deployment: rolledBack,
  after: failed(
    'Resource updates failed:\nShop/Handler/ServiceRole  (AWS::IAM::Role HandlerServiceRole0A1B2C3D)\n  Principal is not known',
  ),
  reported: {
    events: 'Shop create rolled_back 2/4 ROLLBACK_COMPLETE HandlerServiceRole0A1B2C3D',
    bar: 'Shop create rolled_back 2/4 ROLLBACK_IN_PROGRESS HandlerServiceRole0A1B2C3D',
    'errors-only': 'Shop create failed -/- - HandlerServiceRole0A1B2C3D',
  },
});

story('a stack whose update fails', {
  before: DEPLOYING,
  deployment: deployment(
    { changes: 2, update: true },
    of('Shop', [
      shop('UPDATE_IN_PROGRESS', 'User Initiated'),
      queue('UPDATE_IN_PROGRESS'),
      queue('UPDATE_FAILED', 'Invalid attribute'),
      shop('UPDATE_ROLLBACK_IN_PROGRESS', 'The following resource(s) failed to update: [Orders50D9D426].'),
      queue('UPDATE_COMPLETE'),
      shop('UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS'),
      shop('UPDATE_ROLLBACK_COMPLETE'),
    ]),
  ),
  after: failed('Resource updates failed:'),
  reported: {
    events: 'Shop update rolled_back 2/3 UPDATE_ROLLBACK_COMPLETE Orders50D9D426',
    bar: 'Shop update rolled_back 2/3 UPDATE_ROLLBACK_COMPLETE Orders50D9D426',
    'errors-only': 'Shop update failed -/- - Orders50D9D426',
  },
});

story('a stack that is destroyed', {
  before: 'Shop: destroying... [1/1]\n',
  deployment: deployment(
    {},
    of('Shop', [
      shop('DELETE_IN_PROGRESS', 'User Initiated'),
      queue('DELETE_IN_PROGRESS'),
      queue('DELETE_COMPLETE'),
      shop('DELETE_COMPLETE'),
    ]),
  ),
  after: '\n✅  Shop: destroyed\n',
  reported: {
    events: 'Shop destroy completed 2/- DELETE_COMPLETE -',
    bar: 'Shop destroy completed -/- DELETE_IN_PROGRESS -',
    'errors-only': 'Shop destroy completed -/- - -',
  },
});

const ROLE_FAILED = 'The following resource(s) failed to create: [HandlerServiceRole0A1B2C3D].';

story('a nested stack that fails', {
  before: DEPLOYING,
  deployment: deployment({ changes: 2 }, [
    ...of('Shop', [shop('CREATE_IN_PROGRESS'), images('CREATE_IN_PROGRESS')]),
    ...of(NESTED, [
      nested('CREATE_IN_PROGRESS'),
      role('CREATE_IN_PROGRESS'),
      role('CREATE_FAILED', 'No such principal'),
      topic('CREATE_FAILED', 'Resource creation cancelled'),
      nested('CREATE_FAILED', ROLE_FAILED),
    ]),
    ...of(
      'Shop',
      [
        images(
          'CREATE_FAILED',
          `Embedded stack arn:aws:cloudformation:eu-west-1:1:stack/${NESTED}/0 was not successfully created: ${ROLE_FAILED}`,
        ),
        shop(
          'ROLLBACK_IN_PROGRESS',
          'The following resource(s) failed to create: [ImagesNestedStackImagesNestedStackResource8A7B6C5D]. Rollback requested by user.',
        ),
        shop('ROLLBACK_COMPLETE'),
      ],
      60,
    ),
  ]),
  after: failed('Resource updates failed:'),
  reported: {
    events: 'Shop create rolled_back 1/3 ROLLBACK_COMPLETE HandlerServiceRole0A1B2C3D',
    bar: 'Shop create rolled_back 1/3 ROLLBACK_IN_PROGRESS HandlerServiceRole0A1B2C3D',
    'errors-only': 'Shop create failed -/- - HandlerServiceRole0A1B2C3D',
  },
});

story('a nested stack', {
  before: DEPLOYING,
  deployment: deployment({ changes: 1 }, [
    ...of('Shop', [shop('CREATE_IN_PROGRESS'), images('CREATE_IN_PROGRESS')]),
    ...of(NESTED, [
      nested('CREATE_IN_PROGRESS'),
      role('CREATE_IN_PROGRESS'),
      role('CREATE_COMPLETE'),
      nested('CREATE_COMPLETE'),
    ]),
    ...of('Shop', [images('CREATE_COMPLETE'), shop('CREATE_COMPLETE')], 60),
  ]),
  after: OK,
  reported: {
    events: 'Shop create completed 2/2 CREATE_COMPLETE -',
    bar: 'Shop create completed 2/2 CREATE_IN_PROGRESS -',
    'errors-only': 'Shop - completed -/- - -',
  },
});

/** The same deployment of a stack of another name. */
const as = (stack: string, { events, ...rest }: Deployment): Deployment => ({
  ...rest,
  stack,
  events: events.map((event) => ({ ...event, stack, ...(event.id === rest.stack ? { id: stack } : {}) })),
});

test('two stacks at the same time', () => {
  const rows = printed('events', [as('Left', created), as('Right', rolledBack)]);
  assert.equal(
    reported(
      `Left: deploying... [1/2]\nRight: deploying... [2/2]\n${rows}\n❌  Right failed: Error: No\n ✅  Left\n`,
    ),
    [
      'Left create completed 3/3 CREATE_COMPLETE -',
      'Right create rolled_back 2/4 ROLLBACK_COMPLETE HandlerServiceRole0A1B2C3D',
    ],
  );
});

test.run();
