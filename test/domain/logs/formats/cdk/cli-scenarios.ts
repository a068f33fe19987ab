import type { Operation, Outcome } from '../../../../../src/domain/tasks/details.ts';
import type { AppStack, CdkMode } from '../../../../support/cdk-cli.ts';

/** The result of a stack. It follows from what the fake CloudFormation did, never from what the CLI printed. */
export type Truth = Readonly<{
  stack: string;
  outcome: Outcome;
  operation: Operation;
  /** Logical ids of the original failures, in order. */
  failed?: readonly string[];
  /** Why the first of them failed, or the whole command. */
  reason?: string;
  /** What CloudFormation was to delete and kept. */
  retained?: readonly string[];
}>;

export type CdkScenario = Readonly<{
  title: string;
  command: readonly string[];
  stacks: readonly AppStack[];
  truth: readonly Truth[];
  /** By default all three. */
  modes?: readonly CdkMode[];
  /** The first version that behaves so, as the numbers of its name. */
  since?: readonly [number, number];
  /** Runs with every `npm test`; the others are slow. */
  always?: true;
}>;

const TABLE = 'Table8A1B2C3D';
const QUEUE = 'Queue9F8E7D6C';
const ROLE = 'HandlerServiceRole5D4C3B2A';
const FUNCTION = 'Handler886CB40B';

const RESOURCES = {
  [TABLE]: 'AWS::DynamoDB::Table',
  [QUEUE]: 'AWS::SQS::Queue',
  [ROLE]: 'AWS::IAM::Role',
};

/** Longer than any terminal is wide, with text that looks like the structure of a row. */
const DENIED =
  'Resource handler returned message: "Access to the resource https://sqs.eu-west-1.amazonaws.com/ is denied. (Service: Sqs, Status Code: 403, Request ID: 0d2c8ab1-4b6f-5d3e-9c1a-e0f6c47d2b11)" (RequestToken: 6d5f0c8e-9a0b-4d52-8c3f-1f0f9d8f7e21, HandlerErrorCode: AccessDenied)';
const EXISTS = `orders-queue already exists in stack arn:aws:cloudformation:eu-west-1:123456789012:stack/Other/1`;
const CANCELLED = 'Resource creation cancelled';

const begun = (id: string, verb: string): string => `${id} ${verb}_IN_PROGRESS`;
const done = (id: string, verb: string): readonly string[] => [begun(id, verb), `${id} ${verb}_COMPLETE`];

const deploy = (...names: readonly string[]): readonly string[] => [
  'deploy',
  ...names,
  '--require-approval',
  'never',
];
const destroy = (...names: readonly string[]): readonly string[] => ['destroy', ...names, '--force'];

const rollback = (name: string): readonly string[] => [
  'rollback',
  name,
  '--toolkit-stack-name',
  'CDKToolkit',
];

const stack = (name: string, more: Partial<AppStack> & Pick<AppStack, 'events'>): AppStack => ({
  name,
  resources: RESOURCES,
  ...more,
});

const existing = (name: string, more: Partial<AppStack> & Pick<AppStack, 'events'>): AppStack =>
  stack(name, { state: 'CREATE_COMPLETE', deployed: 'older', ...more });

const creation = (name: string): readonly string[] => [
  `${name} CREATE_IN_PROGRESS User Initiated`,
  begun(TABLE, 'CREATE'),
  begun(ROLE, 'CREATE'),
  `${TABLE} CREATE_IN_PROGRESS Resource creation Initiated`,
  `${TABLE} CREATE_COMPLETE`,
  `${ROLE} CREATE_COMPLETE`,
  ...done(QUEUE, 'CREATE'),
  `${name} CREATE_COMPLETE`,
];

const update = (name: string): readonly string[] => [
  `${name} UPDATE_IN_PROGRESS User Initiated`,
  ...done(TABLE, 'UPDATE'),
  ...done(QUEUE, 'UPDATE'),
  `${name} UPDATE_COMPLETE_CLEANUP_IN_PROGRESS`,
  `${name} UPDATE_COMPLETE`,
];

const deletion = (name: string): readonly string[] => [
  `${name} DELETE_IN_PROGRESS User Initiated`,
  ...done(QUEUE, 'DELETE'),
  ...done(TABLE, 'DELETE'),
  ...done(ROLE, 'DELETE'),
  `${name} DELETE_COMPLETE`,
];

const listed = (verb: string, ...ids: readonly string[]): string =>
  `The following resource(s) failed to ${verb}: [${ids.join(', ')}].`;

/** A creation in which the queue fails while the role is still being made. */
const failedCreation = (name: string): readonly string[] => [
  `${name} CREATE_IN_PROGRESS User Initiated`,
  begun(TABLE, 'CREATE'),
  `${TABLE} CREATE_COMPLETE`,
  begun(QUEUE, 'CREATE'),
  begun(ROLE, 'CREATE'),
  `${QUEUE} CREATE_FAILED ${DENIED}`,
  `${ROLE} CREATE_FAILED ${CANCELLED}`,
];

const rolledBackCreation = (name: string): readonly string[] => [
  ...failedCreation(name),
  `${name} ROLLBACK_IN_PROGRESS ${listed('create', QUEUE, ROLE)} Rollback requested by user.`,
  ...done(ROLE, 'DELETE'),
  ...done(QUEUE, 'DELETE'),
  ...done(TABLE, 'DELETE'),
  `${name} ROLLBACK_COMPLETE`,
];

const failedUpdate = (name: string): readonly string[] => [
  `${name} UPDATE_IN_PROGRESS User Initiated`,
  ...done(TABLE, 'UPDATE'),
  begun(QUEUE, 'UPDATE'),
  `${QUEUE} UPDATE_FAILED ${DENIED}`,
];

const NESTED = 'ApiNestedStackApiNestedStackResource4C8B7A1D';
const NESTED_RESOURCES = {
  ...RESOURCES,
  [NESTED]: 'AWS::CloudFormation::Stack',
  [`${NESTED}/Topic3B2C1D0E`]: 'AWS::SNS::Topic',
};

export const CDK_SCENARIOS: readonly CdkScenario[] = [
  {
    title: 'a stack is created',
    command: deploy('Orders'),
    stacks: [stack('Orders', { events: { deploy: creation('Orders') } })],
    truth: [{ stack: 'Orders', outcome: 'completed', operation: 'create' }],
  },
  {
    title: 'a creation fails and is rolled back',
    command: deploy('Orders'),
    stacks: [stack('Orders', { events: { deploy: rolledBackCreation('Orders') } })],
    truth: [
      { stack: 'Orders', outcome: 'rolled_back', operation: 'create', failed: [QUEUE], reason: DENIED },
    ],
  },
  {
    title: 'two resources of a creation fail',
    command: deploy('Orders'),
    stacks: [
      stack('Orders', {
        events: {
          deploy: [
            `Orders CREATE_IN_PROGRESS User Initiated`,
            begun(QUEUE, 'CREATE'),
            begun(TABLE, 'CREATE'),
            begun(ROLE, 'CREATE'),
            `${QUEUE} CREATE_FAILED ${EXISTS}`,
            `${TABLE} CREATE_FAILED ${DENIED}`,
            `${ROLE} CREATE_FAILED ${CANCELLED}`,
            `Orders ROLLBACK_IN_PROGRESS ${listed('create', QUEUE, TABLE, ROLE)} Rollback requested by user.`,
            ...done(ROLE, 'DELETE'),
            `Orders ROLLBACK_COMPLETE`,
          ],
        },
      }),
    ],
    truth: [
      {
        stack: 'Orders',
        outcome: 'rolled_back',
        operation: 'create',
        failed: [QUEUE, TABLE],
        reason: EXISTS,
      },
    ],
  },
  {
    title: 'a creation cannot be rolled back',
    command: deploy('Orders'),
    stacks: [
      stack('Orders', {
        events: {
          deploy: [
            ...failedCreation('Orders'),
            `Orders ROLLBACK_IN_PROGRESS ${listed('create', QUEUE, ROLE)} Rollback requested by user.`,
            ...done(ROLE, 'DELETE'),
            begun(TABLE, 'DELETE'),
            `${TABLE} DELETE_FAILED Table cannot be deleted while it is being backed up`,
            `Orders ROLLBACK_FAILED ${listed('delete', TABLE)}`,
          ],
        },
      }),
    ],
    truth: [
      {
        stack: 'Orders',
        outcome: 'rollback_failed',
        operation: 'create',
        failed: [QUEUE, TABLE],
        reason: DENIED,
      },
    ],
  },
  {
    title: 'a creation without rollback fails',
    command: [...deploy('Orders'), '--no-rollback'],
    stacks: [
      stack('Orders', {
        events: {
          deploy: [...failedCreation('Orders'), `Orders CREATE_FAILED ${listed('create', QUEUE, ROLE)}`],
        },
      }),
    ],
    truth: [{ stack: 'Orders', outcome: 'failed', operation: 'create', failed: [QUEUE], reason: DENIED }],
  },
  {
    title: 'a stack that failed before is deleted first and then created',
    command: deploy('Orders'),
    stacks: [stack('Orders', { state: 'ROLLBACK_COMPLETE', events: { deploy: creation('Orders') } })],
    truth: [{ stack: 'Orders', outcome: 'completed', operation: 'create' }],
  },
  {
    title: 'the change set of a creation fails',
    command: deploy('Orders'),
    stacks: [
      stack('Orders', {
        events: {},
        changeSetFails: {
          reason: 'Template error: instance of Fn::GetAtt references undefined resource Missing',
        },
      }),
    ],
    truth: [
      {
        stack: 'Orders',
        outcome: 'failed',
        operation: 'create',
        reason: 'Template error: instance of Fn::GetAtt references undefined resource Missing',
      },
    ],
  },
  {
    title: 'the change set of a creation fails in early validation',
    command: deploy('Orders'),
    stacks: [
      stack('Orders', {
        events: {},
        changeSetFails: {
          reason:
            'The following hook(s)/validation failed: [AWS::EarlyValidation::PropertyValidation]. To troubleshoot Early Validation errors, use the DescribeEvents API for detailed failure information.',
          validations: [
            {
              id: QUEUE,
              type: 'AWS::SQS::Queue',
              path: `/Resources/${QUEUE}/Properties/DelaySeconds`,
              reason: 'Value 1200 of DelaySeconds is greater than the maximum of 900',
            },
          ],
        },
      }),
    ],
    truth: [
      {
        stack: 'Orders',
        outcome: 'failed',
        operation: 'create',
        failed: [QUEUE],
        reason: `Value 1200 of DelaySeconds is greater than the maximum of 900 (at /Resources/${QUEUE}/Properties/DelaySeconds)`,
      },
    ],
  },
  {
    title: 'a stack is updated',
    command: deploy('Orders'),
    stacks: [existing('Orders', { events: { deploy: update('Orders') } })],
    truth: [{ stack: 'Orders', outcome: 'completed', operation: 'update' }],
  },
  {
    title: 'a template is deployed already',
    command: deploy('Orders'),
    stacks: [existing('Orders', { deployed: 'same', events: {} })],
    truth: [{ stack: 'Orders', outcome: 'no_changes', operation: 'none' }],
  },
  {
    title: 'a change set has no changes',
    command: deploy('Orders'),
    stacks: [
      existing('Orders', {
        events: {},
        changeSetFails: {
          reason:
            "The submitted information didn't contain changes. Submit different information to create a change set.",
        },
      }),
    ],
    truth: [{ stack: 'Orders', outcome: 'no_changes', operation: 'none' }],
  },
  {
    title: 'an update fails and is rolled back',
    command: deploy('Orders'),
    stacks: [
      existing('Orders', {
        events: {
          deploy: [
            ...failedUpdate('Orders'),
            `Orders UPDATE_ROLLBACK_IN_PROGRESS ${listed('update', QUEUE)}`,
            ...done(TABLE, 'UPDATE'),
            ...done(QUEUE, 'UPDATE'),
            `Orders UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS`,
            `Orders UPDATE_ROLLBACK_COMPLETE`,
          ],
        },
      }),
    ],
    truth: [
      { stack: 'Orders', outcome: 'rolled_back', operation: 'update', failed: [QUEUE], reason: DENIED },
    ],
  },
  {
    title: 'an update that adds a resource fails and is rolled back',
    command: deploy('Orders'),
    stacks: [
      existing('Orders', {
        events: {
          deploy: [
            `Orders UPDATE_IN_PROGRESS User Initiated`,
            ...done(TABLE, 'UPDATE'),
            begun(QUEUE, 'CREATE'),
            `${QUEUE} CREATE_FAILED ${EXISTS}`,
            `Orders UPDATE_ROLLBACK_IN_PROGRESS ${listed('create', QUEUE)}`,
            ...done(TABLE, 'UPDATE'),
            `Orders UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS`,
            ...done(QUEUE, 'DELETE'),
            `Orders UPDATE_ROLLBACK_COMPLETE`,
          ],
        },
      }),
    ],
    truth: [
      { stack: 'Orders', outcome: 'rolled_back', operation: 'update', failed: [QUEUE], reason: EXISTS },
    ],
  },
  {
    title: 'an update cannot be rolled back',
    command: deploy('Orders'),
    stacks: [
      existing('Orders', {
        events: {
          deploy: [
            ...failedUpdate('Orders'),
            `Orders UPDATE_ROLLBACK_IN_PROGRESS ${listed('update', QUEUE)}`,
            begun(TABLE, 'UPDATE'),
            `${TABLE} UPDATE_FAILED Subscriber limit exceeded: only 10 tables can be updated at a time`,
            `Orders UPDATE_ROLLBACK_FAILED ${listed('update', TABLE)}`,
          ],
        },
      }),
    ],
    truth: [
      {
        stack: 'Orders',
        outcome: 'rollback_failed',
        operation: 'update',
        failed: [QUEUE, TABLE],
        reason: DENIED,
      },
    ],
  },
  {
    title: 'an update without rollback fails',
    command: [...deploy('Orders'), '--no-rollback'],
    stacks: [
      existing('Orders', {
        events: { deploy: [...failedUpdate('Orders'), `Orders UPDATE_FAILED ${listed('update', QUEUE)}`] },
      }),
    ],
    truth: [{ stack: 'Orders', outcome: 'failed', operation: 'update', failed: [QUEUE], reason: DENIED }],
  },
  {
    title: 'the change set of an update fails',
    command: deploy('Orders'),
    stacks: [
      existing('Orders', {
        events: {},
        changeSetFails: { reason: `Export Orders:QueueArn cannot be deleted as it is in use by Billing` },
      }),
    ],
    truth: [
      {
        stack: 'Orders',
        outcome: 'failed',
        operation: 'update',
        reason: 'Export Orders:QueueArn cannot be deleted as it is in use by Billing',
      },
    ],
  },
  {
    title: 'an update leaves behind what it cannot delete',
    command: deploy('Orders'),
    stacks: [
      existing('Orders', {
        resources: { ...RESOURCES, OldBucket1234ABCD: 'AWS::S3::Bucket' },
        events: {
          deploy: [
            `Orders UPDATE_IN_PROGRESS User Initiated`,
            ...done(TABLE, 'UPDATE'),
            `Orders UPDATE_COMPLETE_CLEANUP_IN_PROGRESS`,
            begun('OldBucket1234ABCD', 'DELETE'),
            `OldBucket1234ABCD DELETE_FAILED The bucket you tried to delete is not empty`,
            `Orders UPDATE_COMPLETE`,
          ],
        },
      }),
    ],
    truth: [{ stack: 'Orders', outcome: 'completed', operation: 'update' }],
  },
  {
    title: 'a stack is created without a change set',
    command: [...deploy('Orders'), '--method', 'direct'],
    stacks: [stack('Orders', { events: { deploy: creation('Orders') } })],
    truth: [{ stack: 'Orders', outcome: 'completed', operation: 'create' }],
  },
  {
    title: 'an update without a change set is rolled back',
    command: [...deploy('Orders'), '--method', 'direct'],
    stacks: [
      existing('Orders', {
        events: {
          deploy: [
            ...failedUpdate('Orders'),
            `Orders UPDATE_ROLLBACK_IN_PROGRESS ${listed('update', QUEUE)}`,
            ...done(TABLE, 'UPDATE'),
            `Orders UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS`,
            `Orders UPDATE_ROLLBACK_COMPLETE`,
          ],
        },
      }),
    ],
    truth: [
      { stack: 'Orders', outcome: 'rolled_back', operation: 'update', failed: [QUEUE], reason: DENIED },
    ],
  },
  {
    title: 'the final events of a stack cannot be read',
    // Before, the command failed.
    since: [2, 1140],
    command: deploy('Orders'),
    stacks: [stack('Orders', { finalEventsUnreadable: true, events: { deploy: creation('Orders') } })],
    truth: [{ stack: 'Orders', outcome: 'completed', operation: 'create' }],
  },
  {
    title: 'the final events of a failed stack cannot be read',
    command: deploy('Orders'),
    stacks: [
      stack('Orders', { finalEventsUnreadable: true, events: { deploy: rolledBackCreation('Orders') } }),
    ],
    truth: [
      { stack: 'Orders', outcome: 'rolled_back', operation: 'create', failed: [QUEUE], reason: DENIED },
    ],
  },
  {
    title: 'a stack of a stage is created',
    command: deploy('Prod/Orders'),
    stacks: [
      stack('Prod-Orders', { displayName: 'Prod/Orders', events: { deploy: creation('Prod-Orders') } }),
    ],
    truth: [{ stack: 'Prod-Orders', outcome: 'completed', operation: 'create' }],
  },
  {
    title: 'a stack of a stage fails',
    command: deploy('Prod/Orders'),
    stacks: [
      stack('Prod-Orders', {
        displayName: 'Prod/Orders',
        events: { deploy: rolledBackCreation('Prod-Orders') },
      }),
    ],
    truth: [
      { stack: 'Prod-Orders', outcome: 'rolled_back', operation: 'create', failed: [QUEUE], reason: DENIED },
    ],
  },
  {
    title: 'a stack is destroyed',
    command: destroy('Orders'),
    stacks: [existing('Orders', { events: { destroy: deletion('Orders') } })],
    truth: [{ stack: 'Orders', outcome: 'completed', operation: 'destroy' }],
  },
  {
    title: 'a stack cannot be destroyed',
    command: destroy('Orders'),
    stacks: [
      existing('Orders', {
        events: {
          destroy: [
            `Orders DELETE_IN_PROGRESS User Initiated`,
            ...done(QUEUE, 'DELETE'),
            begun(TABLE, 'DELETE'),
            `${TABLE} DELETE_FAILED Table cannot be deleted while it is being backed up`,
            `Orders DELETE_FAILED ${listed('delete', TABLE)}`,
          ],
        },
      }),
    ],
    truth: [
      {
        stack: 'Orders',
        outcome: 'failed',
        operation: 'destroy',
        failed: [TABLE],
        reason: 'Table cannot be deleted while it is being backed up',
      },
    ],
  },
  {
    title: 'a destroyed stack leaves what is to be retained',
    command: destroy('Orders'),
    stacks: [
      existing('Orders', {
        events: {
          destroy: [
            `Orders DELETE_IN_PROGRESS User Initiated`,
            ...done(QUEUE, 'DELETE'),
            `${TABLE} DELETE_SKIPPED`,
            ...done(ROLE, 'DELETE'),
            `Orders DELETE_COMPLETE`,
          ],
        },
      }),
    ],
    truth: [{ stack: 'Orders', outcome: 'completed', operation: 'destroy', retained: [TABLE] }],
  },
  {
    title: 'two stacks are deployed one after the other',
    command: deploy('--all'),
    stacks: [
      stack('Orders', { events: { deploy: creation('Orders') } }),
      existing('Billing', { dependsOn: ['Orders'], events: { deploy: update('Billing') } }),
    ],
    truth: [
      { stack: 'Orders', outcome: 'completed', operation: 'create' },
      { stack: 'Billing', outcome: 'completed', operation: 'update' },
    ],
  },
  {
    title: 'the second of two stacks fails',
    command: deploy('--all'),
    stacks: [
      existing('Orders', { deployed: 'same', events: {} }),
      stack('Billing', { dependsOn: ['Orders'], events: { deploy: rolledBackCreation('Billing') } }),
    ],
    truth: [
      { stack: 'Orders', outcome: 'no_changes', operation: 'none' },
      { stack: 'Billing', outcome: 'rolled_back', operation: 'create', failed: [QUEUE], reason: DENIED },
    ],
  },
  {
    title: 'two stacks are deployed at once and one fails',
    always: true,
    modes: ['events', 'errors-only'],
    command: [...deploy('--all'), '--concurrency', '2'],
    stacks: [
      stack('Orders', { events: { deploy: creation('Orders') } }),
      existing('Billing', {
        events: {
          deploy: [
            ...failedUpdate('Billing'),
            `Billing UPDATE_ROLLBACK_IN_PROGRESS ${listed('update', QUEUE)}`,
            ...done(TABLE, 'UPDATE'),
            `Billing UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS`,
            `Billing UPDATE_ROLLBACK_COMPLETE`,
          ],
        },
      }),
    ],
    truth: [
      { stack: 'Orders', outcome: 'completed', operation: 'create' },
      { stack: 'Billing', outcome: 'rolled_back', operation: 'update', failed: [QUEUE], reason: DENIED },
    ],
  },
  {
    title: 'the change sets of two stacks at once, one of which fails',
    modes: ['events', 'errors-only'],
    command: [...deploy('--all'), '--concurrency', '2'],
    stacks: [
      stack('Orders', { events: { deploy: creation('Orders') } }),
      stack('Billing', {
        events: {},
        changeSetFails: { reason: 'Template format error: Unresolved resource dependencies [Missing]' },
      }),
    ],
    truth: [
      { stack: 'Orders', outcome: 'completed', operation: 'create' },
      {
        stack: 'Billing',
        outcome: 'failed',
        operation: 'create',
        reason: 'Template format error: Unresolved resource dependencies [Missing]',
      },
    ],
  },
  {
    title: 'two stacks are destroyed',
    command: destroy('--all'),
    stacks: [
      existing('Orders', { events: { destroy: deletion('Orders') } }),
      existing('Billing', { dependsOn: ['Orders'], events: { destroy: deletion('Billing') } }),
    ],
    truth: [
      { stack: 'Billing', outcome: 'completed', operation: 'destroy' },
      { stack: 'Orders', outcome: 'completed', operation: 'destroy' },
    ],
  },
  {
    title: 'a stack with a nested one is created',
    command: deploy('Orders'),
    stacks: [
      stack('Orders', {
        resources: NESTED_RESOURCES,
        events: {
          deploy: [
            'Orders CREATE_IN_PROGRESS User Initiated',
            begun(TABLE, 'CREATE'),
            begun(NESTED, 'CREATE'),
            `${NESTED} CREATE_IN_PROGRESS Resource creation Initiated`,
            begun(`${NESTED}/`, 'CREATE'),
            ...done(`${NESTED}/Topic3B2C1D0E`, 'CREATE'),
            `${NESTED}/ CREATE_COMPLETE`,
            `${TABLE} CREATE_COMPLETE`,
            `${NESTED} CREATE_COMPLETE`,
            'Orders CREATE_COMPLETE',
          ],
        },
      }),
    ],
    truth: [{ stack: 'Orders', outcome: 'completed', operation: 'create' }],
  },
  {
    title: 'a resource of a nested stack fails',
    command: deploy('Orders'),
    stacks: [
      stack('Orders', {
        resources: NESTED_RESOURCES,
        events: {
          deploy: [
            'Orders CREATE_IN_PROGRESS User Initiated',
            begun(NESTED, 'CREATE'),
            `${NESTED} CREATE_IN_PROGRESS Resource creation Initiated`,
            begun(`${NESTED}/`, 'CREATE'),
            begun(`${NESTED}/Topic3B2C1D0E`, 'CREATE'),
            `${NESTED}/Topic3B2C1D0E CREATE_FAILED Invalid parameter: Topic Name`,
            `${NESTED}/ CREATE_FAILED ${listed('create', 'Topic3B2C1D0E')}`,
            `${NESTED} CREATE_FAILED Embedded stack arn:aws:cloudformation:eu-west-1:123456789012:stack/Orders-Api/1 was not successfully created: ${listed('create', 'Topic3B2C1D0E')}`,
            `Orders ROLLBACK_IN_PROGRESS ${listed('create', NESTED)} Rollback requested by user.`,
            begun(NESTED, 'DELETE'),
            begun(`${NESTED}/`, 'DELETE'),
            ...done(`${NESTED}/Topic3B2C1D0E`, 'DELETE'),
            `${NESTED}/ DELETE_COMPLETE`,
            `${NESTED} DELETE_COMPLETE`,
            'Orders ROLLBACK_COMPLETE',
          ],
        },
      }),
    ],
    truth: [
      {
        stack: 'Orders',
        outcome: 'rolled_back',
        operation: 'create',
        failed: ['Topic3B2C1D0E'],
        reason: 'Invalid parameter: Topic Name',
      },
    ],
  },
  {
    title: 'resources are imported into a stack',
    command: ['import', 'Orders', '--resource-mapping', '$FOLDER/resources.json'],
    stacks: [
      stack('Orders', {
        state: 'CREATE_COMPLETE',
        deployedTemplate: { Resources: {} },
        events: {
          deploy: [
            'Orders IMPORT_IN_PROGRESS User Initiated',
            ...done(TABLE, 'IMPORT'),
            ...done(QUEUE, 'IMPORT'),
            ...done(ROLE, 'IMPORT'),
            'Orders IMPORT_COMPLETE',
          ],
        },
      }),
    ],
    truth: [{ stack: 'Orders', outcome: 'completed', operation: 'update' }],
  },
  {
    title: 'a paused stack is rolled back on request',
    command: rollback('Orders'),
    stacks: [
      existing('Orders', {
        state: 'UPDATE_FAILED',
        events: {
          rollback: [
            'Orders UPDATE_ROLLBACK_IN_PROGRESS User Initiated',
            ...done(TABLE, 'UPDATE'),
            ...done(QUEUE, 'UPDATE'),
            'Orders UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS',
            'Orders UPDATE_ROLLBACK_COMPLETE',
          ],
        },
      }),
    ],
    truth: [{ stack: 'Orders', outcome: 'completed', operation: 'rollback' }],
  },
  {
    title: 'a paused stack cannot be rolled back on request',
    command: rollback('Orders'),
    stacks: [
      existing('Orders', {
        state: 'UPDATE_FAILED',
        events: {
          rollback: [
            'Orders UPDATE_ROLLBACK_IN_PROGRESS User Initiated',
            begun(TABLE, 'UPDATE'),
            `${TABLE} UPDATE_FAILED Subscriber limit exceeded: only 10 tables can be updated at a time`,
            `Orders UPDATE_ROLLBACK_FAILED ${listed('update', TABLE)}`,
          ],
        },
      }),
    ],
    truth: [
      {
        stack: 'Orders',
        outcome: 'rollback_failed',
        operation: 'rollback',
        failed: [TABLE],
        reason: 'Subscriber limit exceeded: only 10 tables can be updated at a time',
      },
    ],
  },
  {
    title: 'a function is hotswapped',
    command: [...deploy('Orders'), '--hotswap'],
    stacks: [existing('Orders', { resources: { [FUNCTION]: 'AWS::Lambda::Function' }, events: {} })],
    truth: [{ stack: 'Orders', outcome: 'completed', operation: 'hotswap' }],
  },
  {
    title: 'a hotswap has nothing to do',
    command: [...deploy('Orders'), '--hotswap'],
    stacks: [
      existing('Orders', {
        resources: { [FUNCTION]: 'AWS::Lambda::Function' },
        deployed: 'same',
        events: {},
      }),
    ],
    truth: [{ stack: 'Orders', outcome: 'no_changes', operation: 'none' }],
  },
  {
    title: 'a hotswap falls back to a full deployment',
    command: [...deploy('Orders'), '--hotswap-fallback'],
    stacks: [
      existing('Orders', {
        resources: { ...RESOURCES, Data5A5A5A5A: 'AWS::S3::Bucket' },
        events: { deploy: update('Orders') },
      }),
    ],
    truth: [{ stack: 'Orders', outcome: 'completed', operation: 'update' }],
  },
];
