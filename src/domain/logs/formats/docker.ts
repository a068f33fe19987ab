import { fraction } from '../hint.ts';
import { toolFormat } from './kit/tool.ts';

/** `docker build` without BuildKit: `Step 3/7 : RUN x` is printed when the step begins. */
export const dockerBuild = toolFormat({
  name: 'docker-build',
  taskName: 'docker build',
  taskType: 'build',
  counts: 'begun',
  hint: {
    contains: [fraction],
    begins: ["The command '", 'Sending build context', 'Successfully built', 'Error response from daemon: '],
  },
  patterns: [
    { says: 'begins', line: /^Sending build context to Docker daemon\b/ },
    {
      says: 'counts',
      line: /^Step (?<current>\d{1,4})\/(?<total>\d{1,4}) : (?<step>[A-Z]{2,12}\b.*)$/,
    },
    { says: 'fails', line: /^(?<reason>The command '.{1,1500}' returned a non-zero code: \d{1,6})/ },
    {
      says: 'fails',
      line: /^Error response from daemon: (?<reason>(?:dockerfile|failed to (?:build|process)|pull access|manifest for) ?.*)$/i,
    },
    { says: 'ends', line: /^Successfully built [0-9a-f]{12}$/ },
  ],
});

/** `docker compose up`: `[+] Running 1/2` counts what has been started. */
export const dockerCompose = toolFormat({
  name: 'docker-compose',
  taskName: 'docker compose',
  taskType: 'deploy',
  counts: 'done',
  hint: { contains: [fraction], begins: ['Error response from daemon: '] },
  patterns: [
    {
      says: 'counts',
      line: /^\[\+\] (?<phase>Running|Pulling|Stopping|Restarting|Creating|Starting|up|down) (?<current>\d{1,4})\/(?<total>\d{1,4})$/,
    },
    { says: 'fails', line: /^Error response from daemon: (?<reason>.+)$/ },
  ],
});
