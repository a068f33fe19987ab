import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { StringParameter } from 'aws-cdk-lib/aws-ssm';
import { Construct } from 'constructs';
import { acknowledge, acknowledgeCheckov, OWN_KEY } from '../acknowledge.ts';
import { apiKeysParameterOf, type DeployConfig } from '../config.ts';

/**
 * Secrets, which must not be in a template: the functions get them by references that CloudFormation resolves during
 * the deployment. A network without a way out could not call Secrets Manager at run time.
 *
 * With a cache, its password is in the environments too, and a customer-managed key encrypts them: permission to view
 * functions does not reveal it. Without a cache nothing in them is worth a dollar a month, and AWS's key is used.
 */
export class Keys extends Construct {
  readonly key: Key | undefined;
  readonly environment: Readonly<Record<string, string>>;

  constructor(scope: Construct, id: string, { name, cache, apiKeysVersion }: DeployConfig) {
    super(scope, id);
    this.key =
      cache === 'none'
        ? undefined
        : new Key(this, 'Key', {
            description: `${name}: environments of the functions, notifications of alarms`,
            enableKeyRotation: true,
            pendingWindow: Duration.days(7),
            removalPolicy: RemovalPolicy.DESTROY,
          });
    const secret = new Secret(this, 'Secret', {
      description: 'Signs the cursors of the Miyabi API',
      generateSecretString: { excludePunctuation: true, passwordLength: 64 },
    });
    acknowledge(secret, {
      SMG4: 'It signs cursors: a new one, from a deployment, makes clients restart their lists',
    });
    acknowledgeCheckov(secret, { 149: OWN_KEY });
    // Hashes of keys, made by `npm run deploy`. The version is part of the reference: new keys need a new deployment.
    const apiKeys = StringParameter.fromStringParameterAttributes(this, 'ApiKeys', {
      parameterName: apiKeysParameterOf(name),
      version: apiKeysVersion,
    });
    this.environment = {
      API_KEYS: apiKeys.stringValue,
      MIYABI_SECRET: secret.secretValue.unsafeUnwrap(),
    };
  }
}
