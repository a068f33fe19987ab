import { toolFormat } from './kit/tool.ts';

/**
 * `aws cloudformation deploy` (source: awscli/customizations/cloudformation). It prints no events, and while it waits the same
 * lines as `sam deploy`, which does: so only its end makes a task, and one of `sam deploy` before any event.
 */
export const awsDeploy = toolFormat({
  name: 'aws-deploy',
  taskName: 'aws cloudformation deploy',
  taskType: 'deploy',
  counts: 'open',
  hint: {
    begins: [
      'Successfully created/updated',
      'Failed to create/update the stack',
      'Failed to create the changeset: ',
      'No changes to deploy. Stack ',
      'Error: Failed to create changeset ',
      'Error: No changes to deploy. Stack ',
    ],
  },
  patterns: [
    { says: 'ends', line: /^Successfully created\/updated stack - (?<name>[\w-]{1,128})$/, alone: true },
    {
      says: 'ends',
      line: /^(?:Error: )?No changes to deploy\. Stack (?<name>[\w-]{1,128}) is up to date$/,
      alone: true,
    },
    {
      says: 'fails',
      line: /^(?<reason>Failed to create\/update the stack)\. Run the following command$/,
      alone: true,
    },
    {
      says: 'fails',
      line: /^(?:Error: )?Failed to create (?:the changeset|changeset for the stack: (?<name>[\w-]{1,128}), ex): (?:Waiter \w{1,80} failed: .{1,200} Status: FAILED\. Reason: )?(?<reason>\S.{0,1000})$/,
      alone: true,
    },
  ],
});

/** Serverless Framework, version 3 and 4. */
export const serverless = toolFormat({
  name: 'serverless',
  taskName: 'serverless',
  taskType: 'deploy',
  counts: 'open',
  hint: {
    begins: [
      'Deploying ',
      'Removing ',
      'No changes to deploy. Deployment',
      'CREATE_',
      'UPDATE_',
      'DELETE_',
      'Error:',
      '✔ ',
      '✖ ',
    ],
  },
  patterns: [
    {
      says: 'works',
      line: /^(?:Deploying|Removing) "?(?<name>[\w-]{1,128})"? (?:to|from) stage "?[\w-]{1,64}"? \([a-z]{2}(?:-[a-z]{1,9}){1,2}-\d\)$/,
    },
    {
      says: 'step',
      line: /^(?<step>(?:CREATE|UPDATE|DELETE)_[A-Z_]{4,40} - AWS::[\w:]{3,120} - [\w-]{1,255})$/,
    },
    {
      says: 'broken',
      line: /^(?:CREATE|UPDATE|DELETE)_FAILED: (?<item>\w{1,255}) \([\w:@-]{3,130}\)(?: (?<reason>\S.{0,500}))?$/,
    },
    {
      says: 'ends',
      line: /^✔ {1,2}Service (?:deployed to stack|.{1,128} has been successfully removed).{0,200}$/,
      alone: true,
    },
    {
      says: 'ends',
      line: /^(?:✔ {1,2})?No changes to deploy\. Deployment skipped\. \(\d{1,6}s\)$/,
      alone: true,
    },
    { says: 'fails', line: /^✖ {1,2}Stack \S{1,128} failed to deploy \(\d{1,6}s\)$/, alone: true },
  ],
  because: {
    begins:
      /^(?!(?:Error:|Environment:|Credentials:|View the full error)|(?:CREATE|UPDATE|DELETE)_FAILED: )(?<reason>\S.{0,500})$/,
    between: /^(?:Error:|(?:Environment|Credentials): .{1,500})$/,
  },
});

/** The events that the GitHub action for CloudFormation streams: `03:04:05 CREATE_COMPLETE AWS::SQS::Queue/Orders`. */
export const cloudformationAction = toolFormat({
  name: 'cloudformation-action',
  taskName: 'CloudFormation',
  taskType: 'deploy',
  counts: 'open',
  hint: { begins: ['CREATE_', 'UPDATE_', 'DELETE_', 'IMPORT_', 'ROLLBACK_'] },
  patterns: [
    {
      says: 'works',
      line: /^(?:CREATE|UPDATE|DELETE|IMPORT)_IN_PROGRESS {1,8}AWS::CloudFormation::Stack\/(?<name>[\w-]{1,128})\b/,
    },
    {
      says: 'ends',
      line: /^(?:CREATE|UPDATE|DELETE|IMPORT)_COMPLETE {1,8}AWS::CloudFormation::Stack\/(?<name>[\w-]{1,128})\b/,
    },
    {
      says: 'fails',
      line: /^(?<reason>(?:UPDATE_)?ROLLBACK_(?:COMPLETE|FAILED)|DELETE_FAILED) {1,8}AWS::CloudFormation::Stack\/(?<name>[\w-]{1,128})\b/,
    },
    {
      says: 'step',
      line: /^(?<phase>(?:UPDATE_)?ROLLBACK_IN_PROGRESS) {1,8}AWS::CloudFormation::Stack\/[\w-]{1,128}\b/,
    },
    {
      says: 'broken',
      line: /^(?:CREATE|UPDATE|DELETE|IMPORT)_FAILED {1,8}AWS::[\w:]{3,120}\/(?<item>[\w-]{1,255})(?: {1,8}(?<reason>\S.{0,1000}))?$/,
    },
    {
      says: 'one done',
      line: /^(?:CREATE|UPDATE|IMPORT)_COMPLETE {1,8}(?<step>AWS::[\w:]{3,120}\/[\w-]{1,255})\b/,
    },
    {
      says: 'step',
      line: /^(?:CREATE|UPDATE|DELETE|IMPORT)_IN_PROGRESS {1,8}(?<step>AWS::[\w:]{3,120}\/[\w-]{1,255})\b/,
    },
  ],
});

/** Rain (source: internal/cmd/deploy, internal/aws/cfn/stack.go). The number of resources to go is for terminals only. */
export const rain = toolFormat({
  name: 'rain',
  taskName: 'rain',
  taskType: 'deploy',
  counts: 'open',
  hint: {
    begins: [
      ...[
        "Deploying template '",
        "Executing changeset '",
        'Stack ',
        'Change set was created, but there is no change',
      ],
      ...[
        'Successfully ',
        "failed deploying stack '",
        "Failed to delete stack '",
        'error creating changeset: ',
      ],
      ...["error while executing changeset '"],
    ],
  },
  patterns: [
    {
      says: 'begins',
      line: /^(?:Deploying template|Executing changeset) '[^']{1,255}' as stack '(?<name>[\w-]{1,128})' in [a-z]{2}(?:-[a-z]{1,9}){1,2}-\d\.$/,
    },
    {
      says: 'works',
      line: /^Stack (?<name>[\w-]{1,128}): (?<phase>[A-Z]{6,8}(?:_[A-Z]{2,10}){0,4}_IN_PROGRESS) - (?<step>\d{1,6} resources? (?:pending|in progress)(?:, \d{1,6} resources? in progress)?)$/,
    },
    {
      says: 'broken',
      line: /^Stack (?<name>[\w-]{1,128}): (?<phase>(?:CREATE|UPDATE|DELETE|IMPORT)_FAILED|(?:UPDATE_|IMPORT_)?ROLLBACK_(?:COMPLETE|FAILED))$/,
    },
    { says: 'step', line: /^Stack (?<name>[\w-]{1,128}): (?<phase>(?:CREATE|UPDATE|IMPORT)_COMPLETE)$/ },
    { says: 'ends', line: /^Successfully (?:deployed|updated|imported) (?<name>[\w-]{1,128})$/ },
    { says: 'ends', line: /^Successfully deleted stack '(?<name>[\w-]{1,128})'$/, alone: true },
    {
      says: 'ends',
      line: /^Change set was created, but there is no change\. Deploy was skipped\.$/,
      alone: true,
    },
    {
      says: 'fails',
      line: /^(?:failed deploying|Failed to delete) stack '(?<name>[\w-]{1,128})'$/,
      alone: true,
    },
    {
      says: 'fails',
      line: /^(?<reason>error (?:creating changeset|while executing changeset '[^']{1,255}'): .+)$/,
      alone: true,
    },
  ],
  because: { begins: /^- (?<item>[\w/]{1,255})(?: - \S{1,1024})?: (?<reason>\S.*)$/, between: /^Messages:$/ },
});
