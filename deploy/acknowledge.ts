import { CfnResource, Validations } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';

/** Acknowledges findings of cdk-nag's AwsSolutions pack on this construct: rule → reason. */
export const acknowledge = (construct: IConstruct, reasons: Readonly<Record<string, string>>): void => {
  for (const [rule, reason] of Object.entries(reasons)) {
    Validations.of(construct).acknowledge({ id: `AwsSolutions-${rule}`, reason });
  }
};

/** Why a key of our own, which costs a dollar a month, encrypts only the environments of the functions. */
export const OWN_KEY = 'AWS encrypts it with a key of its own; no other account reads it';

/** Acknowledges checks of checkov on the resource of this construct: rule → reason. They are kept in the template. */
export const acknowledgeCheckov = (
  construct: IConstruct,
  reasons: Readonly<Record<string, string>>,
): void => {
  const resource = construct.node.defaultChild ?? construct;
  if (!CfnResource.isCfnResource(resource)) throw new Error(`${construct.node.path} is no resource`);
  const skip = Object.entries(reasons).map(([rule, comment]) => ({ id: `CKV_AWS_${rule}`, comment }));
  if (skip.length > 0) resource.addMetadata('checkov', { skip });
};
