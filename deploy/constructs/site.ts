import { Duration, Fn, RemovalPolicy, Stack } from 'aws-cdk-lib';
import type { HttpApi } from 'aws-cdk-lib/aws-apigatewayv2';
import { Certificate } from 'aws-cdk-lib/aws-certificatemanager';
import {
  AllowedMethods,
  CachePolicy,
  Function as CloudFrontFunction,
  Distribution,
  FunctionCode,
  FunctionEventType,
  FunctionRuntime,
  HeadersFrameOption,
  HeadersReferrerPolicy,
  HttpVersion,
  OriginRequestPolicy,
  PriceClass,
  ResponseHeadersPolicy,
  S3OriginAccessControl,
  SecurityPolicyProtocol,
  ViewerProtocolPolicy,
} from 'aws-cdk-lib/aws-cloudfront';
import { HttpOrigin, S3BucketOrigin } from 'aws-cdk-lib/aws-cloudfront-origins';
import { BlockPublicAccess, Bucket, BucketEncryption, type CfnBucket } from 'aws-cdk-lib/aws-s3';
import { BucketDeployment, CacheControl, Source } from 'aws-cdk-lib/aws-s3-deployment';
import { Construct } from 'constructs';
import { SECURITY_HEADERS } from '../../src/entrypoints/local/static.ts';
import { acknowledge, acknowledgeCheckov } from '../acknowledge.ts';
import type { DeployConfig } from '../config.ts';
import { acknowledgeFunction } from './node-function.ts';

/** Paths of the API, at the same origin as the page, so that no CORS is needed. */
const API_PATHS = ['/api/*', '/health*', '/openapi.json', '/docs', '/llms.txt', '/metrics', '/badge/*'];

/** Headers that the local server sends as well and that CloudFront has no setting for. */
const OWN_HEADERS = [
  'cross-origin-opener-policy',
  'cross-origin-resource-policy',
  'permissions-policy',
] as const;

const NO_BUCKET_LOG = 'CloudFront alone reads it, and what it holds is in every browser that came by';
const NO_FIREWALL =
  'A firewall costs more than all the rest; the gateway throttles and every answer but /health needs a key';
const NO_PAGE_LOG = 'The access log of the API records who requested what; the page itself is not secret';
const CLOUDFRONT_CERTIFICATE =
  'CloudFront’s own certificate allows no other minimum; with dashboardDomain it is TLSv1.2_2021';

/** The paths of the dashboard's own pages load its one HTML page. */
export const PAGE_ROUTES = `function handler(event) {
  var request = event.request;
  if (/^\\/(tasks|projects)\\/[^/]+\\/?$/.test(request.uri)) request.uri = '/index.html';
  return request;
}`;

/** The dashboard: files in a bucket that only CloudFront can read, and the API at the same origin. */
export class Site extends Construct {
  readonly distribution: Distribution;
  readonly #domain: string | undefined;

  constructor(
    scope: Construct,
    id: string,
    { config, api, folder }: Readonly<{ config: DeployConfig; api: HttpApi; folder: string }>,
  ) {
    super(scope, id);
    const { name, dashboardDomain, dashboardCertificate } = config;
    this.#domain = dashboardDomain;
    // CloudFront is global: without the Region, the same system in a second Region would clash.
    const globalName = `${name}-${Stack.of(this).region}`;
    const bucket = new Bucket(this, 'Files', {
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      encryption: BucketEncryption.S3_MANAGED,
      enforceSSL: true,
      versioned: true,
      lifecycleRules: [{ noncurrentVersionExpiration: Duration.days(30) }],
      removalPolicy: RemovalPolicy.RETAIN,
    });
    acknowledge(bucket, { S1: NO_BUCKET_LOG });
    acknowledgeCheckov(bucket, { 18: NO_BUCKET_LOG });

    const headers = new ResponseHeadersPolicy(this, 'Headers', {
      responseHeadersPolicyName: globalName,
      securityHeadersBehavior: {
        contentSecurityPolicy: {
          contentSecurityPolicy: SECURITY_HEADERS['content-security-policy'],
          override: true,
        },
        contentTypeOptions: { override: true },
        frameOptions: { frameOption: HeadersFrameOption.DENY, override: true },
        referrerPolicy: { referrerPolicy: HeadersReferrerPolicy.NO_REFERRER, override: true },
        strictTransportSecurity: {
          accessControlMaxAge: Duration.days(365),
          includeSubdomains: true,
          override: true,
        },
      },
      customHeadersBehavior: {
        customHeaders: OWN_HEADERS.map((header) => ({
          header,
          value: SECURITY_HEADERS[header],
          override: true,
        })),
      },
    });
    const routes = new CloudFrontFunction(this, 'Routes', {
      functionName: `${globalName}-routes`,
      code: FunctionCode.fromInline(PAGE_ROUTES),
      runtime: FunctionRuntime.JS_2_0,
    });
    const toApi = {
      origin: new HttpOrigin(Fn.select(2, Fn.split('/', api.apiEndpoint))),
      allowedMethods: AllowedMethods.ALLOW_ALL,
      cachePolicy: CachePolicy.CACHING_DISABLED,
      originRequestPolicy: OriginRequestPolicy.ALL_VIEWER_EXCEPT_HOST_HEADER,
      viewerProtocolPolicy: ViewerProtocolPolicy.HTTPS_ONLY,
    };
    this.distribution = new Distribution(this, 'Distribution', {
      comment: 'Miyabi dashboard',
      defaultRootObject: 'index.html',
      httpVersion: HttpVersion.HTTP2_AND_3,
      priceClass: PriceClass.PRICE_CLASS_100,
      ...(dashboardDomain === undefined || dashboardCertificate === undefined
        ? {}
        : {
            domainNames: [dashboardDomain],
            certificate: Certificate.fromCertificateArn(this, 'Certificate', dashboardCertificate),
            minimumProtocolVersion: SecurityPolicyProtocol.TLS_V1_2_2021,
          }),
      defaultBehavior: {
        origin: S3BucketOrigin.withOriginAccessControl(bucket, {
          originAccessControl: new S3OriginAccessControl(this, 'Access', {
            originAccessControlName: globalName,
          }),
        }),
        viewerProtocolPolicy: ViewerProtocolPolicy.REDIRECT_TO_HTTPS,
        responseHeadersPolicy: headers,
        functionAssociations: [{ function: routes, eventType: FunctionEventType.VIEWER_REQUEST }],
      },
      additionalBehaviors: Object.fromEntries(API_PATHS.map((path) => [path, toApi])),
    });
    acknowledge(this.distribution, {
      CFR1: 'Anyone with a key may watch from anywhere',
      CFR2: NO_FIREWALL,
      CFR3: NO_PAGE_LOG,
      ...(dashboardDomain === undefined ? { CFR4: CLOUDFRONT_CERTIFICATE } : {}),
    });
    acknowledgeCheckov(this.distribution, {
      68: NO_FIREWALL,
      86: NO_PAGE_LOG,
      ...(dashboardDomain === undefined ? { 174: CLOUDFRONT_CERTIFICATE } : {}),
    });

    // The names of assets contain hashes and can be cached; the page is uploaded last and is always revalidated, so
    // nothing has to be invalidated.
    const assets = new BucketDeployment(this, 'Assets', {
      destinationBucket: bucket,
      sources: [Source.asset(folder, { exclude: ['index.html'] })],
      cacheControl: [CacheControl.fromString('public, max-age=31536000, immutable')],
      prune: false,
    });
    const page = new BucketDeployment(this, 'Page', {
      destinationBucket: bucket,
      sources: [Source.asset(folder, { exclude: ['assets', 'assets/**'] })],
      cacheControl: [CacheControl.noCache()],
      prune: false,
    });
    page.node.addDependency(assets);
    this.#acknowledgeCopier(assets, bucket);
  }

  get url(): string {
    return `https://${this.#domain ?? this.distribution.distributionDomainName}`;
  }

  /** What the DNS record of a custom domain must point to; undefined without one. */
  get domainTarget(): string | undefined {
    return this.#domain === undefined ? undefined : this.distribution.distributionDomainName;
  }

  /** The CDK's own function that copies files from its assets, with the role that the CDK gives it. */
  #acknowledgeCopier({ handlerRole }: BucketDeployment, bucket: Bucket): void {
    const stack = Stack.of(this);
    // The CDK types every default child as a construct.
    const files = stack.getLogicalId(bucket.node.defaultChild as CfnBucket);
    const copier = handlerRole.node.scope;
    if (copier === undefined) throw new Error('The role belongs to the function that copies');
    const reason =
      'The CDK’s function that copies the dashboard: reads its assets, writes this bucket, nothing else';
    acknowledgeFunction(copier, { hasLimit: false, isInNetwork: false, hasKey: false });
    acknowledge(copier, {
      L1: 'The CDK chooses the runtime of its own function',
      'IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole]': reason,
      ...Object.fromEntries(
        [
          ...['GetObject*', 'GetBucket*', 'List*', 'DeleteObject*', 'Abort*'].map(
            (action) => `Action::s3:${action}`,
          ),
          `Resource::arn:<AWS::Partition>:s3:::cdk-${Stack.of(this).synthesizer.bootstrapQualifier}-assets-<AWS::AccountId>-<AWS::Region>/*`,
          `Resource::<${files}.Arn>/*`,
        ].map((finding) => [`IAM5[${finding}]`, reason]),
      ),
    });
  }
}
