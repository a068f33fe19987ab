import { RemovalPolicy } from 'aws-cdk-lib';
import { AttributeType, Billing, ProjectionType, TableEncryptionV2, TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import { type IRole, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import {
  type TableDefinition,
  type TableNames,
  tableDefinitions,
} from '../../src/adapters/dynamodb/tables.ts';
import type { TaskShards } from '../../src/adapters/dynamodb/task-shards.ts';
import type { TableGrants } from '../grants.ts';

const TYPES = { S: AttributeType.STRING, N: AttributeType.NUMBER } as const;

/** The three tables, as the adapters define them. They outlive the stack. */
export class Tables extends Construct {
  readonly tasks: TableV2;
  readonly projects: TableV2;
  readonly webhooks: TableV2;
  readonly #indexArns: ReadonlyMap<TableV2, readonly string[]>;

  constructor(
    scope: Construct,
    id: string,
    { name, names, shards }: Readonly<{ name: string; names: TableNames; shards: TaskShards }>,
  ) {
    super(scope, id);
    const [tasks, projects, webhooks] = tableDefinitions(names, shards);
    if (tasks === undefined || projects === undefined || webhooks === undefined) {
      throw new Error('There are three tables');
    }
    // A table with a name of its own is another resource: the one before leaves the stack and stays, and CloudFormation
    // imports the table that has the name instead of replacing one by the other.
    const idOf = (usual: string, table: TableDefinition): string =>
      table.name === `${name}-${usual.toLowerCase()}` ? usual : `${usual}-${table.name}`;
    this.tasks = this.#table(idOf('Tasks', tasks), tasks);
    this.projects = this.#table(idOf('Projects', projects), projects);
    this.webhooks = this.#table(idOf('Webhooks', webhooks), webhooks);
    const indexArns = (table: TableV2, { indexes }: TableDefinition) =>
      indexes.map((index) => `${table.tableArn}/index/${index.name}`);
    this.#indexArns = new Map([
      [this.tasks, indexArns(this.tasks, tasks)],
      [this.projects, indexArns(this.projects, projects)],
      [this.webhooks, indexArns(this.webhooks, webhooks)],
    ]);
  }

  get arns(): readonly string[] {
    return [this.tasks, this.projects, this.webhooks].flatMap((table) => [
      table.tableArn,
      ...(this.#indexArns.get(table) ?? []),
    ]);
  }

  grant(role: IRole, { tasks, projects, webhooks, indexesOf, taskKeys, webhookKeys }: TableGrants): void {
    for (const [name, table, actions, keys] of [
      ['tasks', this.tasks, tasks, taskKeys],
      ['projects', this.projects, projects, undefined],
      ['webhooks', this.webhooks, webhooks, webhookKeys],
    ] as const) {
      if (actions.length === 0) continue;
      role.addToPrincipalPolicy(
        new PolicyStatement({
          actions: actions.map((action) => `dynamodb:${action}`),
          resources: [table.tableArn],
          ...(keys === undefined
            ? {}
            : { conditions: { 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': [...keys] } } }),
        }),
      );
      if (!indexesOf.includes(name)) continue;
      role.addToPrincipalPolicy(
        new PolicyStatement({
          actions: ['dynamodb:Query'],
          resources: [...(this.#indexArns.get(table) ?? [])],
        }),
      );
    }
  }

  #table(id: string, { name, key: [partition, sort], indexes, attributes, ttl }: TableDefinition): TableV2 {
    const attribute = (of: string) => ({ name: of, type: TYPES[attributes[of] ?? 'S'] });
    return new TableV2(this, id, {
      tableName: name,
      partitionKey: attribute(partition),
      ...(sort === undefined ? {} : { sortKey: attribute(sort) }),
      billing: Billing.onDemand(),
      encryption: TableEncryptionV2.awsManagedKey(),
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      deletionProtection: true,
      removalPolicy: RemovalPolicy.RETAIN,
      ...(ttl === undefined ? {} : { timeToLiveAttribute: ttl }),
      globalSecondaryIndexes: indexes.map((index) => ({
        indexName: index.name,
        partitionKey: attribute(index.key[0]),
        sortKey: attribute(index.key[1]),
        ...(index.includes.length === 0
          ? { projectionType: ProjectionType.KEYS_ONLY }
          : { projectionType: ProjectionType.INCLUDE, nonKeyAttributes: [...index.includes] }),
      })),
    });
  }
}
