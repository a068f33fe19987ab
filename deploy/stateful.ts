import { diffTemplate } from '@aws-cdk/cloudformation-diff';

/** Types of resources whose loss is a loss of data, or of addresses and keys that clients use. */
const STATEFUL = [
  'AWS::DynamoDB::GlobalTable',
  'AWS::ElastiCache::ReplicationGroup',
  'AWS::ElastiCache::ServerlessCache',
  'AWS::Logs::LogGroup',
  'AWS::S3::Bucket',
  'AWS::SecretsManager::Secret',
  'AWS::SQS::Queue',
  // Clients use their addresses.
  'AWS::ApiGatewayV2::Api',
  'AWS::CloudFront::Distribution',
];

export type Resources = Readonly<Record<string, Readonly<{ Type: string; Properties?: unknown }>>>;

/** The resources of a template that an update must not replace. */
export const statefulOf = (resources: Resources): Resources =>
  Object.fromEntries(Object.entries(resources).filter(([, { Type }]) => STATEFUL.includes(Type)));

/**
 * What an update from one template to another would lose, in words; empty if nothing. Replaced or removed resources,
 * and changes that CloudFormation refuses: it creates or deletes only one index of a table in an update.
 */
export const lossesOf = (before: Resources, after: Resources): readonly string[] => {
  const losses: string[] = [];
  const old = statefulOf(before);
  const { resources } = diffTemplate({ Resources: old }, { Resources: statefulOf(after) });
  resources.forEachDifference((id, change) => {
    if (change.isRemoval) losses.push(`${id} is removed`);
    else if (change.isUpdate && /REPLACE|DESTROY/.test(change.changeImpact)) {
      const properties = Object.keys(change.propertyUpdates).join(', ');
      losses.push(`${id} is replaced: ${properties || 'its type'} changed`);
    }
  });
  for (const [id, table] of Object.entries(old)) {
    if (after[id] === undefined) continue;
    const changed = symmetricDifference(indexesOf(table), indexesOf(after[id]));
    if (changed.length > 1) losses.push(`${id} changes several indexes at once: ${changed.join(', ')}`);
  }
  return losses;
};

const indexesOf = (resource: Resources[string] | undefined): ReadonlySet<string> => {
  // The properties of a table as CloudFormation defines them.
  const { GlobalSecondaryIndexes: indexes = [] } = (resource?.Properties ?? {}) as {
    GlobalSecondaryIndexes?: readonly { IndexName: string }[];
  };
  return new Set(indexes.map(({ IndexName }) => IndexName));
};

const symmetricDifference = (a: ReadonlySet<string>, b: ReadonlySet<string>): readonly string[] => [
  ...[...a].filter((one) => !b.has(one)),
  ...[...b].filter((one) => !a.has(one)),
];
