import type {
  APIGatewayProxyEvent,
  APIGatewayProxyEventV2,
  APIGatewayProxyResult,
  APIGatewayProxyStructuredResultV2,
} from 'aws-lambda';
import type { HttpApp, HttpRequest } from '../../api/message.ts';
import { MiyabiError } from '../../domain/errors.ts';
import { isJsonObject } from '../../domain/json.ts';

export type ApiEvent = APIGatewayProxyEvent | APIGatewayProxyEventV2;
export type ApiResult = APIGatewayProxyResult | APIGatewayProxyStructuredResultV2;

/**
 * A request from an event of API Gateway: payload format 1.0 (REST APIs and HTTP APIs on request) or 2.0 (HTTP APIs and
 * function URLs).
 */
export const requestOf = (event: ApiEvent): HttpRequest =>
  // The field `version` tells the two formats apart, but their types do not narrow by it.
  'version' in event && event.version === '2.0'
    ? fromV2(event as APIGatewayProxyEventV2)
    : fromV1(event as APIGatewayProxyEvent);

const fromV2 = (event: APIGatewayProxyEventV2): HttpRequest => {
  const { stage, http, requestId } = event.requestContext;
  return {
    id: requestId,
    method: http.method,
    path: withoutStage(event.rawPath, stage),
    search: event.rawQueryString,
    headers: isAuthorizedByToken(event) ? withoutToken(event.headers) : event.headers,
    ...bodyOf(event.body, event.isBase64Encoded),
  };
};

const fromV1 = (event: APIGatewayProxyEvent): HttpRequest => {
  const search = new URLSearchParams();
  for (const [name, values] of Object.entries(event.multiValueQueryStringParameters ?? {})) {
    for (const value of values ?? []) search.append(name, value);
  }
  if (event.multiValueQueryStringParameters === null || event.multiValueQueryStringParameters === undefined) {
    for (const [name, value] of Object.entries(event.queryStringParameters ?? {}))
      search.append(name, value ?? '');
  }
  return {
    id: event.requestContext.requestId,
    method: event.httpMethod,
    path: isOfHttpApi(event) ? withoutStage(event.path, event.requestContext.stage) : event.path,
    search: search.toString(),
    headers: Object.fromEntries(
      Object.entries(event.headers ?? {}).map(([name, value]) => [name.toLowerCase(), value]),
    ),
    ...bodyOf(event.body, event.isBase64Encoded),
  };
};

const isAuthorizedByToken = ({ requestContext }: APIGatewayProxyEventV2): boolean =>
  'authorizer' in requestContext &&
  isJsonObject(requestContext.authorizer) &&
  'jwt' in requestContext.authorizer;

/** If the gateway has checked a token in `authorization`, the key is in `x-api-key`. */
const withoutToken = ({ authorization, ...headers }: APIGatewayProxyEventV2['headers']) => headers;

/** In payload 1.0, HTTP APIs set a version and REST APIs do not; only the former include the stage in the path. */
// The field `version` tells the two formats apart, but their types do not narrow by it.
const isOfHttpApi = (event: APIGatewayProxyEvent): boolean => 'version' in event && event.version === '1.0';

/** HTTP APIs include a named stage in the path, but not the default one. */
const withoutStage = (path: string, stage: string): string => {
  if (stage === '$default') return path;
  const prefix = `/${stage}`;
  if (!(path === prefix || path.startsWith(`${prefix}/`))) return path;
  return path.slice(prefix.length) || '/';
};

const bodyOf = (body: string | null | undefined, isBase64: boolean): Pick<HttpRequest, 'body' | 'bytes'> => {
  if (body === null || body === undefined || body === '') return {};
  const bytes = Buffer.from(body, isBase64 ? 'base64' : 'utf8');
  return { body: isBase64 ? bytes.toString('utf8') : body, bytes };
};

/** The application as a Lambda. Its answers must be complete texts: a stream would be billed by the second. */
export const apiLambda =
  (app: HttpApp) =>
  async (event: ApiEvent): Promise<ApiResult> => {
    const { status, headers, body } = await app(requestOf(event));
    if (typeof body !== 'string') throw new MiyabiError('internal', 'A Lambda cannot answer with a stream');
    return { statusCode: status, headers, body, isBase64Encoded: false };
  };
