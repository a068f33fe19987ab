import { Duration } from 'aws-cdk-lib';
import { AccessLogFormat } from 'aws-cdk-lib/aws-apigateway';
import {
  ApiMapping,
  CorsHttpMethod,
  DomainName,
  HttpApi,
  HttpMethod,
  HttpNoneAuthorizer,
  HttpRoute,
  HttpRouteKey,
  HttpStage,
  LogGroupLogDestination,
} from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpJwtAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2-authorizers';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import { Certificate } from 'aws-cdk-lib/aws-certificatemanager';
import type { Alias } from 'aws-cdk-lib/aws-lambda';
import type { ILogGroup } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { acknowledge } from '../acknowledge.ts';
import type { DeployConfig } from '../config.ts';

/** API Gateway stops waiting after this many seconds; the function must answer earlier. */
const GATEWAY_TIMEOUT_SECONDS = 29;

export type HttpEntranceProps = Readonly<{ config: DeployConfig; alias: Alias; accessLogs: ILogGroup }>;

/** The entrance: an HTTP API for the alias, with a limit for all callers together and an access log. */
export class HttpEntrance extends Construct {
  readonly api: HttpApi;
  /** With a domain of one's own: what the DNS record of the domain must point to. */
  readonly domainTarget: string | undefined;

  constructor(scope: Construct, id: string, { config, alias, accessLogs }: HttpEntranceProps) {
    super(scope, id);
    const { corsOrigins } = config;
    this.api = new HttpApi(this, 'Api', {
      apiName: config.name,
      description: 'Miyabi Progress',
      createDefaultStage: false,
      ...(corsOrigins.length === 0
        ? {}
        : {
            corsPreflight: {
              allowOrigins: [...corsOrigins],
              allowMethods: [
                CorsHttpMethod.GET,
                CorsHttpMethod.HEAD,
                CorsHttpMethod.POST,
                CorsHttpMethod.PATCH,
                CorsHttpMethod.DELETE,
              ],
              allowHeaders: [
                'authorization',
                'content-type',
                'idempotency-key',
                'if-match',
                'if-none-match',
                'last-event-id',
                'x-api-key',
              ],
              exposeHeaders: ['etag', 'location', 'retry-after', 'idempotent-replayed', 'x-request-id'],
              maxAge: Duration.minutes(10),
            },
          }),
    });
    const integration = new HttpLambdaIntegration('Integration', alias, {
      timeout: Duration.seconds(GATEWAY_TIMEOUT_SECONDS),
    });
    const everything = new HttpRoute(this, 'Everything', {
      httpApi: this.api,
      routeKey: HttpRouteKey.DEFAULT,
      integration,
      authorizer: authorizerOf(config),
    });
    if (config.auth === 'keys') {
      acknowledge(everything, {
        APIG4:
          'The API itself asks for a key, compares it in constant time, and refuses to start without any',
      });
    } else {
      const open = [
        ['Health', HttpMethod.GET, '/health', 'Liveness: it reads and reveals nothing'],
        ['Badge', HttpMethod.GET, '/badge/{proxy+}', 'Pages of others show it; the link is signed'],
        ['Preflight', HttpMethod.OPTIONS, '/{proxy+}', 'A browser asks before it has a token to show'],
      ] as const;
      for (const [routeId, method, path, reason] of open) {
        const route = new HttpRoute(this, routeId, {
          httpApi: this.api,
          routeKey: HttpRouteKey.with(path, method),
          integration,
          authorizer: new HttpNoneAuthorizer(),
        });
        acknowledge(route, { APIG4: reason });
      }
    }
    const stage = new HttpStage(this, 'Stage', {
      httpApi: this.api,
      stageName: '$default',
      autoDeploy: true,
      throttle: { rateLimit: config.requestsPerSecond, burstLimit: config.burst },
      detailedMetricsEnabled: false,
      accessLogSettings: { destination: new LogGroupLogDestination(accessLogs), format: accessLogOf(config) },
    });
    this.domainTarget = this.#mapDomain(config, stage);
  }

  #mapDomain({ apiDomain, apiCertificate }: DeployConfig, stage: HttpStage): string | undefined {
    if (apiDomain === undefined || apiCertificate === undefined) return undefined;
    const domainName = new DomainName(this, 'Domain', {
      domainName: apiDomain,
      certificate: Certificate.fromCertificateArn(this, 'Certificate', apiCertificate),
    });
    new ApiMapping(this, 'Mapping', { api: this.api, domainName, stage });
    return domainName.regionalDomainName;
  }

  get url(): string {
    return this.api.apiEndpoint;
  }
}

const authorizerOf = ({ auth, jwtIssuer, jwtAudience }: DeployConfig) =>
  auth === 'jwt' && jwtIssuer !== undefined
    ? new HttpJwtAuthorizer('Jwt', jwtIssuer, { jwtAudience: [...jwtAudience] })
    : new HttpNoneAuthorizer();

/** The gateway knows the caller only of a token. API keys are checked, and named in the log, by the function. */
const accessLogOf = ({ auth }: DeployConfig): AccessLogFormat =>
  AccessLogFormat.custom(
    JSON.stringify({
      requestId: '$context.requestId',
      time: '$context.requestTime',
      ip: '$context.identity.sourceIp',
      ...(auth === 'jwt' ? { caller: '$context.authorizer.claims.sub' } : {}),
      method: '$context.httpMethod',
      path: '$context.path',
      status: '$context.status',
      bytes: '$context.responseLength',
      latency: '$context.responseLatency',
      integrationLatency: '$context.integrationLatency',
      error: '$context.integrationErrorMessage',
    }),
  );
