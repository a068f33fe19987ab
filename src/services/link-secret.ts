import { isJsonObject } from '../domain/json.ts';
import type { Ports } from '../ports/ports.ts';
import type { RetryOnConflict } from './retry-on-conflict.ts';

/** The secret that public links are signed with. @throws MiyabiError `unavailable` */
export type LinkSecret = () => Promise<string>;

/** Where it is kept. Keys of this name never expire. */
const KEY = 'links#secret';

/**
 * The configured secret, or else one that is made once and kept beside the tasks: links on other pages must survive a
 * restart, and every process on the same store must accept them.
 */
export const linkSecret = ({
  configuredSecret,
  checkpoints,
  secrets,
  retryOnConflict,
}: Pick<Ports, 'checkpoints' | 'secrets'> &
  Readonly<{ configuredSecret: string | undefined; retryOnConflict: RetryOnConflict }>): LinkSecret => {
  let loading: Promise<string> | undefined;

  const load = (): Promise<string> =>
    retryOnConflict(async () => {
      const kept = await checkpoints.read(KEY);
      const known = isJsonObject(kept?.value) ? kept.value['secret'] : undefined;
      if (typeof known === 'string') return { result: known };
      const secret = secrets.next();
      return { result: secret, write: () => checkpoints.write(KEY, { secret }, kept?.version ?? 0) };
    });

  return async () => {
    if (configuredSecret !== undefined) return configuredSecret;
    loading ??= load();
    try {
      return await loading;
    } catch (error) {
      // The next request tries again.
      loading = undefined;
      throw error;
    }
  };
};
