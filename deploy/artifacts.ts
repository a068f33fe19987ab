import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { MiyabiError } from '../src/domain/errors.ts';
import { LOG_FORMATS_FILE, ROOT } from './build/bundle.ts';
import type { Artifacts } from './system.ts';

/**
 * The output of `npm run build:all`.
 *
 * @throws MiyabiError `configuration` if a part of it is missing.
 */
export const requireArtifacts = (
  dist = join(ROOT, 'dist'),
): Readonly<{ artifacts: Artifacts; customFormats: boolean }> => {
  const artifacts = {
    api: join(dist, 'lambda/api.zip'),
    collector: join(dist, 'lambda/collector.zip'),
    webhooks: join(dist, 'lambda/webhooks.zip'),
    hook: join(dist, 'lambda/hook.zip'),
    dashboard: join(dist, 'web'),
  };
  for (const path of Object.values(artifacts)) {
    if (!existsSync(path)) {
      throw new MiyabiError('configuration', `${path} is missing: npm run build:all makes it`);
    }
  }
  return { artifacts, customFormats: existsSync(join(dist, 'lambda/collector', LOG_FORMATS_FILE)) };
};
