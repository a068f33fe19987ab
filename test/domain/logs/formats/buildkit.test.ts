import * as assert from 'uvu/assert';
import { buildkit } from '../../../../src/domain/logs/formats/buildkit.ts';
import { suite } from '../../../support/suite.ts';
import { inShort, play } from './play.ts';

const test = suite('buildkit');

const PLAIN = `#0 building with "default" instance using docker driver

#1 [internal] load build definition from Dockerfile
#1 transferring dockerfile: 312B done
#1 DONE 0.0s
#2 [internal] load metadata for docker.io/library/node:20
#2 DONE 1.1s
#4 [build 1/3] FROM docker.io/library/node:20@sha256:0123
#4 resolve docker.io/library/node:20@sha256:0123 done
#4 DONE 0.0s
#5 [internal] load build context
#5 DONE 0.1s
#4 [build 1/3] FROM docker.io/library/node:20@sha256:0123
#4 sha256:4567 12.58MB / 48.49MB 0.3s
#4 DONE 4.2s
#6 [build 2/3] COPY . .
#6 CACHED
#7 [build 3/3] RUN npm ci
#7 0.345 added 12 packages, 3/4 done 45%
#7 ...
#8 [stage-1 2/2] COPY --from=build /app /app
`;

test('counts the steps of all stages that are done', () => {
  const [run] = play(buildkit, PLAIN);
  assert.is(run?.status, 'running');
  assert.equal([run?.current, run?.total], [2, 5]);
  assert.is(run?.details.current_step, '[stage-1 2/2] COPY --from=build /app /app');
  assert.is(run?.details.phase, 'stage-1');
});

test('ends with the exported image', () => {
  const log = `${PLAIN}#7 DONE 2.0s\n#8 DONE 0.1s\n#9 exporting to image\n#9 exporting layers 0.1s done\n`;
  assert.equal(inShort(buildkit, log), ['buildkit#1 running 5/5']);
  assert.equal(inShort(buildkit, `${log}#9 DONE 0.2s\n#10 exporting cache to registry\n`), [
    'buildkit#1 completed 5/5',
  ]);
});

test('a step that is done means that the steps before it are, unless they are seen to run', () => {
  const joined = '#9 [ 7/12] RUN a\n#9 DONE 0.1s\n#12 [10/12] RUN b\n#12 DONE 0.1s\n';
  assert.equal(inShort(buildkit, joined), ['buildkit#1 running 10/12']);
  const linked =
    '#4 [1/3] FROM alpine\n#4 DONE 0.1s\n#5 [2/3] RUN a\n#6 [3/3] COPY --link b b\n#6 DONE 0.1s\n';
  assert.equal(inShort(buildkit, linked), ['buildkit#1 running 2/3']);
  assert.equal(inShort(buildkit, `${linked}#5 DONE 2.0s\n`), ['buildkit#1 running 3/3']);
});

test('fails with the step that failed', () => {
  const [run, other] = play(
    buildkit,
    `${PLAIN}#7 ERROR: process "/bin/sh -c npm ci" did not complete successfully: exit code: 1
#8 CANCELED
------
 > [build 3/3] RUN npm ci:
------
ERROR: failed to solve: process "/bin/sh -c npm ci" did not complete successfully: exit code: 1`,
  );
  assert.is(run?.status, 'failed');
  assert.equal(run?.details.failed_resources, ['[build 3/3]']);
  assert.match(run?.details.error_message ?? '', /^process "\/bin\/sh -c npm ci" did not/);
  assert.is(other, undefined);
});

test('a cache that cannot be imported fails nothing', () => {
  const log = `${PLAIN}#3 importing cache manifest from r/app:cache\n#3 ERROR: r/app:cache: not found\n`;
  assert.equal(inShort(buildkit, log), ['buildkit#1 running 2/5']);
});

test('fails before the first step', () => {
  const log = `#1 [internal] load build definition from Dockerfile
#1 DONE 0.0s
ERROR: failed to build: failed to solve: failed to read dockerfile: open Dockerfile: no such file`;
  assert.equal(inShort(buildkit, log), ['buildkit#1 failed -/-']);
});

test('a second build is another run', () => {
  const first = `${PLAIN}#9 exporting to image\n#9 DONE 0.2s\n`;
  assert.equal(inShort(buildkit, first + PLAIN), ['buildkit#1 completed 2/5', 'buildkit#2 running 2/5']);
  assert.equal(inShort(buildkit, PLAIN + PLAIN), ['buildkit#1 running 2/5', 'buildkit#2 running 2/5']);
});

test('a compose build ends when all services are exported', () => {
  const log = `#1 [web internal] load build definition from Dockerfile
#2 [api internal] load build definition from Dockerfile
#5 [web 1/2] FROM docker.io/library/nginx
#5 DONE 0.1s
#6 [api 1/1] FROM docker.io/library/node
#6 DONE 0.1s
#8 [api] exporting to image
#8 DONE 0.1s
#7 [web 2/2] COPY . .
`;
  assert.equal(inShort(buildkit, log), ['buildkit#1 running 2/3']);
  const end = '#7 DONE 0.1s\n#9 [web] exporting to image\n#9 DONE 0.1s\n';
  assert.equal(inShort(buildkit, log + end), ['buildkit#1 completed 3/3']);
});

const TTY = `[+] Building 0.0s (0/1)
[+] Building 3.4s (5/12)                                   docker:default
 => [internal] load build definition from Dockerfile                0.0s
 => CACHED [build 2/5] COPY package.json .                          0.0s
 => [build 3/5] RUN npm ci                                          2.9s
`;

test('reads the terminal output', () => {
  const [run] = play(buildkit, TTY);
  assert.equal([run?.status, run?.current, run?.total], ['running', 5, 12]);
  assert.is(run?.details.current_step, '[build 3/5] RUN npm ci');
});

test('FINISHED ends it, once', () => {
  const log = `${TTY}[+] Building 12.3s (12/12) FINISHED\n => [build 3/5] RUN npm ci   2.9s\n => exporting to image 0.1s\n[+] Building 12.3s (12/12) FINISHED\n`;
  assert.equal(inShort(buildkit, log), ['buildkit#1 completed 12/12']);
  assert.equal(inShort(buildkit, log + TTY), ['buildkit#1 completed 12/12', 'buildkit#2 running 5/12']);
});

test('a failed row under FINISHED takes the end back', () => {
  const [run] = play(
    buildkit,
    `${TTY}[+] Building 12.3s (6/6) FINISHED\n => ERROR [build 3/5] RUN npm ci   2.9s\nERROR: failed to solve: exit code: 1`,
  );
  assert.is(run?.status, 'failed');
  assert.equal(run?.details.failed_resources, ['[build 3/5]']);
});

test('a redraw after a failure begins nothing', () => {
  const log = `${TTY} => ERROR [build 3/5] RUN npm ci   2.9s\n[+] Building 3.5s (6/12)\n => ERROR [build 3/5] RUN npm ci   2.9s\n`;
  assert.equal(inShort(buildkit, log), ['buildkit#1 failed 5/12']);
});

test('is not led astray by the names of stages', () => {
  const log =
    '#1 [internal] load build definition from Dockerfile\n#2 [constructor 1/2] FROM x\n#3 [__proto__ 1/2] FROM x';
  assert.equal(inShort(buildkit, log), ['buildkit#1 running 0/4']);
});

for (const line of [
  '#7 fixed in 2/5',
  '# 3/4',
  '#12',
  '#1 [x 3/2] RUN y',
  'ERROR: something',
  '[+] Running 2/3',
]) {
  test(`${line} says nothing`, () => assert.is(buildkit.read(line), undefined));
}

test.run();
