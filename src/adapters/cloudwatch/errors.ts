import { MiyabiError, unavailable } from '../../domain/errors.ts';
import { AttemptsFailed, isWorthRetrying } from '../../domain/retry.ts';

const REFUSALS: ReadonlySet<string> = new Set([
  'AccessDeniedException',
  'CredentialsProviderError',
  'ExpiredTokenException',
  'InvalidClientTokenId',
  'InvalidSignatureException',
  'MissingAuthenticationTokenException',
  'SignatureDoesNotMatch',
  'UnrecognizedClientException',
]);

const INVALID: ReadonlySet<string> = new Set(['InvalidParameterException', 'ValidationException']);

const nameOf = (error: unknown): string => {
  const last = error instanceof AttemptsFailed ? error.cause : error;
  return last instanceof Error ? last.name : '';
};

/** Whether the backend rejects a parameter, which it also does for an expired page token. */
export const isInvalid = (error: unknown): boolean => INVALID.has(nameOf(error));

/** The MiyabiError for a failed request. The cause keeps the number of attempts. */
export const translated = (group: string, error: unknown): MiyabiError => {
  const name = nameOf(error);
  if (name === 'ResourceNotFoundException') {
    return new MiyabiError('not_found', `there is no log group ${group}`, { cause: error });
  }
  if (isWorthRetrying(error)) return unavailable(`CloudWatch log group ${group}`, error);
  if (REFUSALS.has(name)) {
    return new MiyabiError('configuration', `CloudWatch Logs refuses access to ${group}: ${name}`, {
      cause: error,
    });
  }
  if (INVALID.has(name)) {
    return new MiyabiError(
      'invalid_input',
      `CloudWatch Logs does not take the request for log group ${group}`,
      {
        cause: error,
      },
    );
  }
  return new MiyabiError(
    'internal',
    `CloudWatch Logs refused a request for ${group}: ${name || 'unknown error'}`,
    {
      cause: error,
    },
  );
};

export const isAlreadyThere = (error: unknown): boolean => nameOf(error) === 'ResourceAlreadyExistsException';
