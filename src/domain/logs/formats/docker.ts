import { fraction } from '../hint.ts';
import { toolFormat } from './kit/tool.ts';

/**
 * `docker build` without BuildKit, and Podman and Buildah: `Step 3/7 : RUN x` and `STEP 3/7: RUN x` are printed when the step
 * begins.
 */
export const dockerBuild = toolFormat({
  name: 'docker-build',
  taskName: 'docker build',
  taskType: 'build',
  counts: 'begun',
  hint: {
    contains: [fraction],
    begins: [
      ...["The command '", 'Sending build context', 'Successfully built', 'Error response from daemon: '],
      ...['COMMIT', 'Error: building at STEP ', 'building at STEP ', 'COPY failed: ', 'ADD failed: '],
      ...['pull access denied for ', 'manifest for '],
    ],
  },
  patterns: [
    { says: 'begins', line: /^Sending build context to Docker daemon\b/ },
    // Each stage of Podman counts its own steps.
    {
      says: 'counts',
      line: /^\[(?!1\/)\d{1,3}\/\d{1,3}\] STEP (?<current>\d{1,4})\/(?<total>\d{1,4}) ?: (?<step>[A-Z]{2,12}\b.*)$/,
      goesOn: true,
    },
    {
      says: 'counts',
      line: /^(?:\[1\/\d{1,3}\] )?(?:Step {1,3}(?=\S{3,9} : )|STEP {1,3})(?<current>\d{1,4})\/(?<total>\d{1,4}) ?: (?<step>[A-Z]{2,12}\b.*)$/,
    },
    { says: 'fails', line: /^(?:Error: )?(?<reason>building at STEP ".{1,1500}": .+)$/ },
    { says: 'ends', line: /^(?:\[\d{1,3}\/\d{1,3}\] )?COMMIT(?: \S{1,300})?$/ },
    { says: 'fails', line: /^(?<reason>The command '.{1,1500}' returned a non-zero code: \d{1,6})/ },
    {
      says: 'fails',
      line: /^Error response from daemon: (?<reason>(?:dockerfile|failed to (?:build|process)) ?.*)$/i,
    },
    {
      says: 'fails',
      line: /^(?<reason>(?:(?:COPY|ADD) failed: .+|pull access denied for \S{1,300}, .+|manifest for \S{1,300} not found: .+))$/,
    },
    { says: 'ends', line: /^Successfully built [0-9a-f]{12}$/ },
  ],
});

/**
 * `docker compose`. A terminal shows `[+] Running 1/2`, later versions `[+] up 1/2`, which counts what has been done; elsewhere
 * each container, network, volume and image has lines of its own, and nothing says that all went well.
 */
export const dockerCompose = toolFormat({
  name: 'docker-compose',
  taskName: 'docker compose',
  taskType: 'deploy',
  counts: 'done',
  grows: true,
  endsSilently:
    /^(?:Created|Recreated|Started|Restarted|Running|Healthy|Exited|Stopped|Killed|Removed|Pulled|Built)$/,
  hint: {
    contains: [fraction],
    begins: [
      ...[
        'Error response from daemon: ',
        'dependency failed to start: ',
        'service "',
        'unable to get image ',
      ],
      ...['Container ', 'Network ', 'Volume ', 'Image '],
    ],
  },
  patterns: [
    {
      says: 'counts',
      line: /^\[\+\] (?<phase>Running|Pulling|Stopping|Restarting|Creating|Starting|Building|up|down|pull|build) (?<current>\d{1,4})\/(?<total>\d{1,4})$/,
    },
    {
      says: 'works',
      line: /^(?<step>(?:Container|Network|Volume|Image) \S{1,200}) {1,2}(?<phase>Creating|Recreate|Starting|Restarting|Waiting|Stopping|Killing|Removing|Pulling|Building)$/,
    },
    {
      says: 'one done',
      line: /^(?<step>(?:Container|Network|Volume|Image) \S{1,200}) {1,2}(?<phase>Created|Recreated|Started|Restarted|Running|Healthy|Exited|Stopped|Killed|Removed|Pulled|Built)$/,
    },
    {
      says: 'one failed',
      line: /^(?:Container|Network|Volume|Image) (?<item>\S{1,200}) {1,2}Error(?: (?<reason>\S.{0,500}))?$/,
    },
    { says: 'fails', line: /^Error response from daemon: (?<reason>.+)$/ },
    {
      says: 'fails',
      line: /^(?<reason>dependency failed to start: .+|service "[^"]{1,120}" didn't complete successfully: .+|unable to get image '[^']{1,300}': .+)$/,
    },
  ],
});
