import { memoryClock } from '../../../src/adapters/memory/clock.ts';
import { memoryProjectCache } from '../../../src/adapters/memory/project-cache.ts';
import { projectCacheContract } from '../../contracts/ports.ts';

projectCacheContract('memory', () => {
  const clock = memoryClock();
  return { port: { cache: memoryProjectCache({ clock }), clock } };
});
