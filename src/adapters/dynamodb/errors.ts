import { MiyabiError, unavailable } from '../../domain/errors.ts';

/** The details of an error of the SDK, of the network below it, or of neither. */
type Said = Readonly<{
  name: string;
  code: string;
  message: string;
  status: number | undefined;
  attempts: number;
}>;

const said = (error: unknown): Said => {
  const read = (value: unknown, key: string): unknown =>
    typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined;
  const text = (key: string): string => {
    const value = read(error, key);
    return typeof value === 'string' ? value : '';
  };
  const metadata = read(error, '$metadata');
  const status = read(metadata, 'httpStatusCode');
  const attempts = read(metadata, 'attempts');
  return {
    name: text('name'),
    code: text('code'),
    message: text('message'),
    status: typeof status === 'number' ? status : undefined,
    attempts: typeof attempts === 'number' ? attempts : 1,
  };
};

const OUTAGES = new Set([
  'ProvisionedThroughputExceededException',
  'ThrottlingException',
  'ThrottledException',
  'RequestLimitExceeded',
  'RequestThrottledException',
  'TooManyRequestsException',
  'ReplicatedWriteConflictException',
  'InternalServerError',
  'ServiceUnavailable',
  'ServiceUnavailableException',
  'TimeoutError',
  'RequestTimeout',
  'RequestTimeoutException',
  'AbortError',
  'NetworkingError',
  'QueueTimeoutError',
]);

const SETUP_ERRORS = new Set([
  'AccessDeniedException',
  'UnrecognizedClientException',
  'InvalidSignatureException',
  'MissingAuthenticationTokenException',
  'ExpiredTokenException',
  'CredentialsProviderError',
]);

/** Whether a condition of ours failed. With `attempts` above 1, our own earlier attempt may have made it fail. */
export const failedCondition = (error: unknown): { attempts: number } | undefined => {
  const { name, attempts } = said(error);
  return name === 'ConditionalCheckFailedException' ? { attempts } : undefined;
};

export const isNamed = (error: unknown, ...names: readonly string[]): boolean =>
  names.includes(said(error).name);

/** The MiyabiError for any other failed request to a table, with its cause. */
export const translated = (table: string, error: unknown): MiyabiError => {
  if (error instanceof MiyabiError) return error;
  const { name, code, message, status } = said(error);
  if (OUTAGES.has(name) || (status !== undefined && status >= 500) || /^E[A-Z_]+$/.test(code)) {
    return unavailable(`DynamoDB table ${table}`, error);
  }
  if (name === 'ValidationException' && /item size/i.test(message)) {
    return new MiyabiError('payload_too_large', 'That is more than the store keeps in one item, 400 KB', {
      cause: error,
    });
  }
  if (name === 'ResourceNotFoundException') {
    return new MiyabiError('configuration', `DynamoDB has no table ${table}; \`miyabi setup\` makes it`, {
      cause: error,
    });
  }
  if (SETUP_ERRORS.has(name)) {
    return new MiyabiError('configuration', `DynamoDB refuses access to table ${table}: ${name}`, {
      cause: error,
    });
  }
  return new MiyabiError(
    'internal',
    `DynamoDB table ${table} refused a request: ${name || 'unknown error'}`,
    {
      cause: error,
    },
  );
};
