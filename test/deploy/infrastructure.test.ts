// The examples for Terraform and SAM make what the stack makes: functions, permissions, tables, and what calls them.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parse as parseHcl } from '@cdktn/hcl2json';
import * as assert from 'uvu/assert';
import { parse as parseYaml, type ScalarTag } from 'yaml';
import { tableDefinitions } from '../../src/adapters/dynamodb/tables.ts';
import { isOnPath, run } from '../support/cli.ts';
import { synthesise } from '../support/stack.ts';
import { needs, suite } from '../support/suite.ts';

const SAM = fileURLToPath(new URL('../../docs/examples/sam/template.yaml', import.meta.url));
const TERRAFORM = fileURLToPath(new URL('../../docs/examples/terraform/main.tf', import.meta.url));
const FUNCTIONS = ['api', 'collector', 'webhooks'] as const;

/** What parsers give, looked into by name. */
// biome-ignore lint/suspicious/noExplicitAny: documents of three languages, whose shape the assertions are about
type Parsed = any;

/** A function as all three describe it. References are names in angle brackets; permissions are `action on target`. */
type Described = Readonly<{
  settings: Readonly<Record<string, unknown>>;
  environment: Readonly<Record<string, string>>;
  allowed: readonly string[];
}>;

/** What a reference means, by the names that the stack, SAM and Terraform give to resources. */
const REFERENCES: readonly (readonly [RegExp, string])[] = [
  [/TablesTasks|TasksTable|table\.tasks/, 'tasks'],
  [/TablesProjects|ProjectsTable|table\.projects/, 'projects'],
  [/TablesWebhooks|WebhooksTable|table\.webhooks/, 'webhooks'],
  [/LogsCdkDeploy|CdkDeployLogs|log_group\.cdk_deploy/, 'cdk-deploy'],
  [/LogsAgents|AgentsLogs|log_group\.agents/, 'agents'],
  [/LogsSystem|SystemLogs|log_group\.system/, 'system'],
  [/DeadLetters|dead_letters/, 'dead-letters'],
  [/resolve:ssm:|var\.api_keys/, 'api-keys'],
  [/resolve:secretsmanager:|random_password\.secret/, 'secret'],
];

const targetOf = (value: unknown): string => {
  const text = JSON.stringify(value);
  const found = REFERENCES.find(([pattern]) => pattern.test(text));
  if (found === undefined) throw new Error(`${text} refers to nothing that is known`);
  return `<${found[1]}${text.includes('/index/') ? '/index' : ''}>`;
};

const isReference = (value: unknown): boolean => typeof value !== 'string' || /\$\{|\{\{resolve:/.test(value);

const environmentOf = (variables: Parsed): Described['environment'] =>
  Object.fromEntries(
    Object.entries(variables)
      .map(([name, value]) => [name, isReference(value) ? targetOf(value) : String(value)] as const)
      .sort(),
  );

const listOf = (value: Parsed): readonly Parsed[] => (Array.isArray(value) ? value : [value]);

/** Permissions to write logs are given in three ways, and those of the queue for messages differ in what is asked. */
const allowedBy = (
  statements: readonly Readonly<{ actions: Parsed; resources: Parsed; keys?: unknown }>[],
): readonly string[] =>
  [
    ...new Set(
      statements.flatMap(({ actions, resources, keys }) =>
        listOf(actions)
          .filter((action: string) => /^(dynamodb|logs:(Filter|Get)LogEvents)/.test(action))
          .flatMap((action: string) =>
            listOf(resources).map(
              (resource) =>
                `${action} on ${targetOf(resource)}${keys === undefined ? '' : ` only ${JSON.stringify(keys)}`}`,
            ),
          ),
      ),
    ),
  ].toSorted();

const LEADING_KEYS = 'dynamodb:LeadingKeys';
const keysOf = (condition: Parsed): unknown => condition?.['ForAllValues:StringLike']?.[LEADING_KEYS];

const stack = synthesise({ cache: 'none', dashboard: false });

const inStack = (name: string): Described => {
  const [, fn] =
    stack
      .ofType('AWS::Lambda::Function')
      .find(([, { Properties }]) => Properties?.['FunctionName'] === `miyabi-${name}`) ?? [];
  const { Runtime, Handler, MemorySize, Timeout, Architectures, Environment, Role } = (fn?.Properties ??
    {}) as Parsed;
  const statements = stack
    .ofType('AWS::IAM::Policy')
    .filter(([, { Properties }]) => JSON.stringify(Properties?.['Roles']).includes(Role['Fn::GetAtt'][0]))
    .flatMap(([, { Properties = {} }]) => (Properties['PolicyDocument'] as Parsed).Statement);
  return {
    settings: { Runtime, Handler, MemorySize, Timeout, Architectures },
    environment: environmentOf(Environment.Variables),
    allowed: allowedBy(
      statements.map(({ Action, Resource, Condition }) => ({
        actions: Action,
        resources: Resource,
        keys: keysOf(Condition),
      })),
    ),
  };
};

/** CloudFormation's short forms, as their long ones. */
const customTags: ScalarTag[] = [
  { tag: '!Ref', resolve: (text) => ({ Ref: text }) },
  { tag: '!GetAtt', resolve: (text) => ({ 'Fn::GetAtt': text.split('.') }) },
  { tag: '!Sub', resolve: (text) => ({ 'Fn::Sub': text }) },
];
const sam: Parsed = parseYaml(readFileSync(SAM, 'utf8'), { customTags });

const inSam = (name: string): Described => {
  const resource = Object.values<Parsed>(sam.Resources).find(
    ({ Properties }) => Properties.FunctionName === `miyabi-${name}`,
  );
  const { Environment, Policies } = resource.Properties;
  const { Runtime, Handler, MemorySize, Timeout, Architectures } = {
    ...sam.Globals.Function,
    ...resource.Properties,
  };
  return {
    settings: { Runtime, Handler, MemorySize, Timeout, Architectures },
    environment: environmentOf(Environment.Variables),
    allowed: allowedBy(
      Policies.flatMap(({ Statement }: Parsed) => Statement).map((statement: Parsed) => ({
        actions: statement.Action,
        resources: statement.Resource,
        keys: keysOf(statement.Condition),
      })),
    ),
  };
};

const terraform = async (): Promise<Parsed> => parseHcl('main.tf', readFileSync(TERRAFORM, 'utf8'));

const inTerraform = ({ resource, data }: Parsed, name: string): Described => {
  const [fn] = resource.aws_lambda_function[name];
  const [{ statement }] = data.aws_iam_policy_document[name];
  return {
    settings: {
      Runtime: fn.runtime,
      Handler: fn.handler,
      MemorySize: fn.memory_size,
      Timeout: fn.timeout,
      Architectures: fn.architectures,
    },
    environment: environmentOf(fn.environment[0].variables),
    allowed: allowedBy(
      statement.map(({ actions, resources, condition }: Parsed) => ({
        actions,
        resources,
        keys: condition?.[0].variable === LEADING_KEYS ? condition[0].values : undefined,
      })),
    ),
  };
};

const definitions = tableDefinitions({
  tasks: 'miyabi-tasks',
  projects: 'miyabi-projects',
  webhooks: 'miyabi-webhooks',
});

const byName = <T extends Readonly<{ name: string }>>(items: readonly T[]): readonly T[] =>
  items.toSorted((a, b) => a.name.localeCompare(b.name));

const test = suite('Infrastructure of others');

for (const name of FUNCTIONS) {
  test(`SAM: the function ${name} is what the stack makes`, () => {
    assert.equal(inSam(name), inStack(name));
  });

  test(`Terraform: the function ${name} is what the stack makes`, async () => {
    assert.equal(inTerraform(await terraform(), name), inStack(name));
  });
}

test('SAM: the tables are as the adapters define them, kept and restorable', () => {
  const tables = Object.values<Parsed>(sam.Resources).filter(({ Type }) => Type === 'AWS::DynamoDB::Table');
  const described = tables.map(({ Properties }) => ({
    name: Properties.TableName,
    key: Properties.KeySchema.map(({ AttributeName }: Parsed) => AttributeName),
    indexes: Properties.GlobalSecondaryIndexes.map((index: Parsed) => ({
      name: index.IndexName,
      key: index.KeySchema.map(({ AttributeName }: Parsed) => AttributeName),
      includes: index.Projection.NonKeyAttributes ?? [],
    })),
    attributes: Object.fromEntries(
      Properties.AttributeDefinitions.map((one: Parsed) => [one.AttributeName, one.AttributeType]),
    ),
    ...(Properties.TimeToLiveSpecification === undefined
      ? {}
      : { ttl: Properties.TimeToLiveSpecification.AttributeName }),
  }));
  assert.equal(byName(described), byName(definitions));
  for (const { DeletionPolicy, Properties } of tables) {
    assert.is(DeletionPolicy, 'Retain');
    assert.is(Properties.PointInTimeRecoverySpecification.PointInTimeRecoveryEnabled, true);
  }
});

test('Terraform: the tables are as the adapters define them, kept and restorable', async () => {
  const { resource } = await terraform();
  const tables = Object.values<Parsed>(resource.aws_dynamodb_table).map(([table]) => table);
  const described = tables.map((table) => ({
    name: table.name,
    key: [table.hash_key, table.range_key].filter((key) => key !== undefined),
    indexes: table.global_secondary_index.map((index: Parsed) => ({
      name: index.name,
      key: [index.hash_key, index.range_key],
      includes: index.non_key_attributes ?? [],
    })),
    attributes: Object.fromEntries(table.attribute.map(({ name, type }: Parsed) => [name, type])),
    ...(table.ttl === undefined ? {} : { ttl: table.ttl[0].attribute_name }),
  }));
  assert.equal(byName(described), byName(definitions));
  for (const { lifecycle, point_in_time_recovery } of tables) {
    assert.is(lifecycle[0].prevent_destroy, true);
    assert.is(point_in_time_recovery[0].enabled, true);
  }
});

test('SAM: what calls the functions is what does in the stack', () => {
  const eventsOf = (name: string) =>
    Object.values<Parsed>(sam.Resources)
      .filter(({ Properties }) => Properties.FunctionName === `miyabi-${name}`)
      .flatMap(({ Properties }) => Object.values<Parsed>(Properties.Events))
      .map(({ Type, Properties }) => [
        Type,
        Properties.Schedule ??
          (Properties.LogGroupName === undefined ? '' : targetOf(Properties.LogGroupName)),
      ]);
  assert.equal(eventsOf('api'), [['HttpApi', '']]);
  assert.equal(eventsOf('collector'), [
    ['Schedule', 'rate(1 minute)'],
    ['CloudWatchLogs', '<cdk-deploy>'],
    ['CloudWatchLogs', '<agents>'],
  ]);
  assert.equal(eventsOf('webhooks'), [['Schedule', 'rate(1 minute)']]);
});

test('Terraform: every call is allowed, and what calls the functions is what does in the stack', async () => {
  const { resource } = await terraform();
  const functionIn = (reference: string) => /^\$\{aws_lambda_function\.(\w+)\./.exec(reference)?.[1];
  const of = (type: string): readonly Parsed[] => Object.values<Parsed>(resource[type]).map(([one]) => one);
  assert.equal(
    of('aws_cloudwatch_log_subscription_filter').map(({ log_group_name, destination_arn }) => [
      targetOf(log_group_name),
      functionIn(destination_arn),
    ]),
    ['<agents>', '<cdk-deploy>'].map((group) => [group, 'collector']),
  );
  assert.equal(
    of('aws_cloudwatch_event_target').map(({ arn }) => functionIn(arn)),
    ['collector', 'webhooks'],
  );
  assert.is(of('aws_cloudwatch_event_rule')[0].schedule_expression, 'rate(1 minute)');
  const callers = of('aws_lambda_permission').map(
    ({ function_name, principal }) => `${principal} ${functionIn(function_name)}`,
  );
  assert.equal(callers.toSorted(), [
    'apigateway.amazonaws.com api',
    'events.amazonaws.com collector',
    'events.amazonaws.com webhooks',
    'logs.amazonaws.com collector',
    'logs.amazonaws.com collector',
  ]);
  const [integration] = of('aws_apigatewayv2_integration');
  assert.is(integration.payload_format_version, '2.0');
});

needs(test, isOnPath('cfn-lint'), 'cfn-lint is not on the PATH')(
  'SAM: cfn-lint finds nothing in the template',
  async () => {
    const { code, stdout, stderr } = await run(['cfn-lint', '--', SAM]);
    assert.is(code, 0, stdout + stderr);
  },
  { slow: true },
);

test.run();
