import * as assert from 'uvu/assert';
import { cargo } from '../../../../src/domain/logs/formats/cargo.ts';
import { cloudformation } from '../../../../src/domain/logs/formats/cloudformation.ts';
import { dockerBuild, dockerCompose } from '../../../../src/domain/logs/formats/docker.ts';
import { ffmpeg } from '../../../../src/domain/logs/formats/ffmpeg.ts';
import { goTest } from '../../../../src/domain/logs/formats/go-test.ts';
import { gradle } from '../../../../src/domain/logs/formats/gradle.ts';
import { ninja } from '../../../../src/domain/logs/formats/ninja.ts';
import { plain } from '../../../../src/domain/logs/formats/plain.ts';
import { playwright } from '../../../../src/domain/logs/formats/playwright.ts';
import { builtInFormats } from '../../../../src/domain/logs/formats/registry.ts';
import { terraform } from '../../../../src/domain/logs/formats/terraform.ts';
import { yarn } from '../../../../src/domain/logs/formats/yarn.ts';
import { logParser } from '../../../../src/domain/logs/parse.ts';
import { suite } from '../../../support/suite.ts';
import { inShort, play } from './play.ts';

const test = suite('tools');

const last = (...[format, log]: Parameters<typeof play>) => {
  const run = play(format, log).at(-1);
  if (run === undefined) throw new Error('no run');
  return run;
};

const YARN = [
  'yarn install v1.22.19',
  '[1/4] 🔍  Resolving packages...',
  '[2/4] Fetching packages...',
  '[3/4] Linking dependencies...',
  '[4/4] Building fresh packages...',
].join('\n');

test('yarn counts steps that begin, so its last step is not its end', () => {
  assert.equal(inShort(yarn, YARN), ['yarn#1 running 3/4']);
  assert.equal(inShort(yarn, `${YARN}\nDone in 12.30s.`), ['yarn#1 completed 4/4']);
  const failed = last(yarn, `${YARN}\nerror /srv/node_modules/canvas: Command failed.\nExit code: 1`);
  assert.equal([failed.status, failed.current], ['failed', 3]);
  assert.is(failed.details.error_message, '/srv/node_modules/canvas: Command failed.');
  assert.equal(inShort(yarn, `${YARN}\nDone in 1.00s.\n[1/4] Resolving packages...`), [
    'yarn#1 completed 4/4',
    'yarn#2 running 0/4',
  ]);
  const next = `${YARN}\n[1/4] Resolving packages...`;
  assert.equal(
    inShort(yarn, next),
    ['yarn#1 completed 4/4', 'yarn#2 running 0/4'],
    'the next run is its end',
  );
  const left = '[1/4] Resolving packages...\n[2/4] Fetching packages...\n[1/4] Resolving packages...';
  assert.equal(inShort(yarn, left), ['yarn#1 running 1/4', 'yarn#2 running 0/4']);
});

test('the bars that Yarn draws are part of it, and other counters are not', () => {
  const parser = logParser(builtInFormats);
  const bars = [
    '[1/4] Resolving packages...',
    '[3/4] Linking dependencies...',
    '[##----] 2/6',
    '[######] 6/6',
  ];
  parser.add([
    'yarn install v1.22.22',
    ...bars,
    'Processing 3/9',
    '[----] 0/4',
    'Done in 1.05s.',
    '[##--] 2/4',
  ]);
  assert.equal(
    parser.tasks().map(({ run: { key, status, current, total } }) => `${key} ${status} ${current}/${total}`),
    ['yarn/yarn#1 completed 4/4', 'plain/plain#1 running 2/4'],
  );
});

test('Ansible fails for what failed last on a host, even where the result has several lines', () => {
  const log = [
    'PLAY [web] ****',
    'TASK [Print] ****',
    'fatal: [web1]: FAILED! => {"msg": "no paper"}',
    'TASK [Write by hand] ****',
    'changed: [web1]',
    'TASK [Check] ****',
    'failed: [web1] (item=1) => {',
    '    "changed": false,',
    '    "msg": "the ink is dry"',
    '}',
    'PLAY RECAP ****',
    'web1 : ok=1    changed=1    unreachable=0    failed=1    skipped=0    rescued=1    ignored=0',
  ];
  const parser = logParser(builtInFormats);
  parser.add(log);
  assert.equal(
    parser.tasks().map(({ run }) => [run.status, run.details.error_message]),
    [['failed', 'the ink is dry']],
  );
});

test('yarn takes no other error for its own', () => {
  assert.equal(inShort(yarn, 'error Command failed with exit code 1.'), []);
  assert.is(yarn.read('error: could not compile'), undefined);
});

test('yarn fails where a logger has taken the mark off its error', () => {
  const failed = last(yarn, `${YARN}\nweb-1  | error /app/node_modules/bcrypt: Command failed.`);
  assert.equal(
    [failed.status, failed.details.error_message],
    ['failed', '/app/node_modules/bcrypt: Command failed.'],
  );
});

test('later versions of yarn name their steps', () => {
  const begun = ['➤ YN0000: · Yarn 4.5.0', '➤ YN0000: ┌ Resolution step', '➤ YN0000: └ Completed'].join('\n');
  assert.is(last(yarn, begun).details.phase, 'Resolution step');
  assert.is(last(yarn, `${begun}\n➤ YN0000: · Done in 0s 500ms`).status, 'completed');
  assert.is(last(yarn, `${begun}\n➤ YN0000: Done with warnings in 1s 2ms`).status, 'completed');
  const broken =
    "sharp@npm:0.33.0 couldn't be built successfully (exit code 1, logs can be found here: /tmp/b.log)";
  const failed = last(yarn, `${begun}\n➤ YN0009: │ ${broken}\n➤ YN0000: · Failed with errors in 4s 1ms`);
  assert.equal([failed.status, failed.details.error_message], ['failed', broken]);
});

test('Podman counts steps that begin, and its error fails it', () => {
  const steps = 'STEP 1/2: FROM alpine:3.20\nSTEP 2/2: RUN make test';
  assert.equal(inShort(dockerBuild, steps), ['docker-build#1 running 1/2']);
  assert.equal(inShort(dockerBuild, `${steps}\nCOMMIT app:1`), ['docker-build#1 completed 2/2']);
  const failed = last(
    dockerBuild,
    `${steps}\nError: building at STEP "RUN make test": while running runtime: exit status 2`,
  );
  assert.is(failed.status, 'failed');
  assert.match(failed.details.error_message ?? '', /exit status 2$/);
});

test('docker compose fails with a dependency that does not start, and counts what it builds', () => {
  const unhealthy = 'dependency failed to start: container app-db-1 is unhealthy';
  assert.equal(inShort(dockerCompose, `[+] Running 2/3\n${unhealthy}`), ['docker-compose#1 failed 2/3']);
  assert.equal(inShort(dockerCompose, '[+] Building 1/2\n[+] Building 2/2'), [
    'docker-compose#1 completed 2/2',
  ]);
});

const DOCKER = 'Sending build context to Docker daemon  3.1kB\nStep 1/2 : FROM node:22\n ---> a24bb4013296';

test('docker build counts steps that begin', () => {
  assert.equal(inShort(dockerBuild, `${DOCKER}\nStep 2/2 : RUN npm test`), ['docker-build#1 running 1/2']);
  const built = `${DOCKER}\nStep 2/2 : RUN npm test\nSuccessfully built a24bb4013296\nSuccessfully tagged app:1`;
  assert.equal(inShort(dockerBuild, built), ['docker-build#1 completed 2/2']);
  const failed = last(
    dockerBuild,
    `${DOCKER}\nStep 2/2 : RUN npm test\nThe command '/bin/sh -c npm test' returned a non-zero code: 1`,
  );
  assert.equal([failed.status, failed.details.current_step], ['failed', 'RUN npm test']);
  assert.match(failed.details.error_message ?? '', /returned a non-zero code: 1$/);
});

test('docker compose counts what is done, and its error fails it, full or not', () => {
  const error = 'Error response from daemon: Ports are not available: exposing port TCP 0.0.0.0:5432';
  assert.equal(inShort(dockerCompose, '[+] Running 1/3\n[+] Running 3/3'), [
    'docker-compose#1 completed 3/3',
  ]);
  assert.equal(inShort(dockerCompose, `[+] Running 2/3\n${error}`), ['docker-compose#1 failed 2/3']);
  assert.equal(inShort(dockerCompose, `[+] Running 3/3\n${error}`), ['docker-compose#1 failed 3/3']);
  assert.equal(inShort(dockerCompose, error), []);
});

const PLAYWRIGHT = [
  'Running 2 tests using 1 worker',
  '[1/2] [webkit] › tests/cart.spec.ts:4:3 › cart › opens',
  '[2/2] [webkit] › tests/cart.spec.ts:9:3 › cart › closes',
].join('\n');

test('Playwright ends with its own summary, failures first', () => {
  assert.equal(inShort(playwright, PLAYWRIGHT), ['playwright#1 running 1/2']);
  assert.equal(inShort(playwright, `${PLAYWRIGHT}\n  2 passed (3.1s)`), ['playwright#1 completed 2/2']);
  const failed = last(
    playwright,
    `${PLAYWRIGHT}\n  1) [webkit] › tests/cart.spec.ts:9:3 › cart › closes ─────\n  1 failed\n  1 passed (3.1s)`,
  );
  assert.is(failed.status, 'failed');
  assert.equal(failed.details.failed_resources, ['[webkit] › tests/cart.spec.ts:9:3 › cart › closes']);
});

test('Playwright counts a test once, however often it is tried again', () => {
  const tried = [
    'Running 2 tests using 1 worker',
    '✓  1 [chromium] › a.spec.ts:3:5 › works (1.2s)',
    '✘  2 [chromium] › a.spec.ts:7:5 › fails (300ms)',
    '✘  3 [chromium] › a.spec.ts:7:5 › fails (retry #1) (300ms)',
  ].join('\n');
  const run = last(playwright, tried);
  assert.equal([run.current, run.total, run.failed], [2, 2, 1]);
  assert.equal(inShort(playwright, `${PLAYWRIGHT}\n  1 interrupted`), ['playwright#1 cancelled 1/2']);
});

test('a run of go test in which nothing fails completes with its stream', () => {
  const passing = 'ok  \texample.com/a\t0.01s\nok  \texample.com/b\t(cached)';
  const run = last(goTest, passing);
  assert.is(run.status, 'running');
  assert.equal([goTest.atEnd?.(run).status, goTest.atEnd?.(run).ended_at], ['completed', run.last_at]);
  const failing = last(goTest, `${passing}\nFAIL\texample.com/c\t0.003s`);
  assert.is(goTest.atEnd?.(failing).status, 'running', 'the end of a log that is cut off is not known');
});

test('a panic, or an error of the compiler, is why go test has failed', () => {
  const panic =
    '--- FAIL: TestClose (0.00s)\npanic: index out of range [3] [recovered]\nFAIL\texample.com/a\t0.1s\nFAIL';
  assert.is(last(goTest, panic).details.error_message, 'panic: index out of range [3]');
  const broken =
    'ok  \texample.com/b\t0.01s\n./cart.go:5:2: undefined: x\nFAIL\texample.com/a [build failed]\nFAIL';
  assert.is(last(goTest, broken).details.error_message, './cart.go:5:2: undefined: x');
});

test('ffmpeg names the cause above its end, or nothing but the file and the cause', () => {
  const begun =
    "Input #0, mov,mp4, from 'in.mp4':\nDuration: 00:00:10.00, start: 0.000000, bitrate: 100 kb/s";
  const full = last(
    ffmpeg,
    `${begun}\nError writing trailer of out.mp4: No space left on device\nConversion failed!`,
  );
  assert.is(full.details.error_message, 'Error writing trailer of out.mp4: No space left on device');
  const banner = 'ffmpeg version 4.4.2 Copyright (c) 2000-2021 the FFmpeg developers';
  const missing = last(ffmpeg, `${banner}\nnothing.mp4: No such file or directory`);
  assert.equal(
    [missing.status, missing.details.error_message],
    ['failed', 'nothing.mp4: No such file or directory'],
  );
  assert.equal(inShort(ffmpeg, 'cat: nothing.txt: No such file or directory'), []);
});

test('a full bar of Gradle is not the end of its build', () => {
  const bar = '<===========--> 85% EXECUTING [4s]\n<=============> 100% EXECUTING [6s]';
  assert.equal(inShort(gradle, bar), ['gradle#1 running 100/100']);
  assert.equal(inShort(gradle, `${bar}\nBUILD SUCCESSFUL in 1m 6s`), ['gradle#1 completed 100/100']);
  const log = `${bar}\n> Task :api:test FAILED\nFAILURE: Build failed with an exception.\nBUILD FAILED in 6s`;
  const failed = last(gradle, log);
  assert.equal([failed.status, failed.details.failed_resources], ['failed', [':api:test']]);
  assert.equal(inShort(gradle, '> Task :compileJava\n> Task :jar UP-TO-DATE\nBUILD SUCCESSFUL in 3s'), [
    'gradle#1 completed -/-',
  ]);
});

test('a failure right after a full counter takes its end back, and none is made of a failure alone', () => {
  const failure = 'Error: Process completed with exit code 2.';
  assert.equal(inShort(plain, `Processing 3/3\n${failure}`), ['plain#1 failed 3/3']);
  assert.is(last(plain, `Processing 3/3\n${failure}`).details.error_message, failure);
  assert.equal(inShort(plain, `Processing 2/3\nnpm error code E404`), ['plain#1 running 2/3']);
  for (const final of [failure, 'Process completed with exit code 2.', 'ERROR: Job failed: exit code 1'])
    assert.equal(
      inShort(plain, `Processing 2/3\n${final}`),
      ['plain#1 failed 2/3'],
      'nothing comes after it',
    );
  assert.equal(inShort(plain, failure), []);
});

test('among all formats, the exit code of a step is no error of Terraform', () => {
  const parser = logParser(builtInFormats);
  parser.add(['Step 7/7: publish', 'Error: Process completed with exit code 2.']);
  assert.equal(
    parser.tasks().map(({ run }) => run.status),
    ['failed'],
  );
});

test('a bar inside a bar is a step of the outer one, never its end', () => {
  const outer = ' 40%|████      | 20/50 [10:00<15:00, 30.0s/it]';
  const inner = ['  0%|          | 0/8 [00:00<?, ?it/s]', '100%|██████████| 8/8 [00:04<00:00,  2.0it/s]'];
  const run = last(plain, [outer, ...inner].join('\n'));
  assert.equal([run.status, run.current, run.total], ['running', 20, 50]);
  assert.match(run.details.current_step ?? '', /8\/8/);
  const next = outer.replace('20/50', '21/50');
  assert.equal(inShort(plain, [outer, ...inner, next].join('\n')), ['plain#1 running 21/50']);
});

test('a test that fails after cargo has finished its build fails the run', () => {
  const log = [
    'Finished `test` profile [unoptimized + debuginfo] target(s) in 1.05s',
    'test cart::closes ... FAILED',
    'error: test failed, to rerun pass `--lib`',
  ].join('\n');
  const run = last(cargo, log);
  assert.equal([run.status, run.details.failed_resources], ['failed', ['cart::closes']]);
});

test('an error of Microsoft’s compiler is why a build has failed', () => {
  for (const error of [
    'src\\app.cpp(3): fatal error C1083: Cannot open include file: "b.h"',
    'C:\\src\\app.cpp(3,10): error C2065: "x": undeclared identifier',
    'LINK : fatal error LNK1104: cannot open file "b.lib"',
  ]) {
    const log = `[1/2] Building CXX object app.obj\nFAILED: app.obj\n${error}\nninja: build stopped: subcommand failed.`;
    assert.is(last(ninja, log).details.error_message, error);
  }
});

test('Terraform that fails before its plan has failed, and words alone have not', () => {
  const framed =
    'Initializing the backend...\n╷\n│ Error: Unsupported argument\n│\n│   on main.tf line 5:\n╵';
  assert.equal(inShort(terraform, framed), ['terraform#1 failed -/-']);
  assert.equal(inShort(terraform, 'Error: Unsupported argument'), []);
  const json =
    '{"@module":"terraform.ui","type":"diagnostic","diagnostic":{"severity":"error","summary":"No such provider"}}';
  assert.is(last(terraform, json).details.error_message, 'No such provider');
  const after = `Apply complete! Resources: 1 added, 0 changed, 0 destroyed.\n${framed}`;
  assert.equal(inShort(terraform, after), ['terraform#1 completed 1/1', 'terraform#2 failed -/-']);
});

test('each unit of Terragrunt is a run of its own', () => {
  const log = [
    'STDOUT [net] terraform: Plan: 2 to add, 0 to change, 0 to destroy.',
    'STDOUT [db/main] terraform: Plan: 1 to add, 0 to change, 0 to destroy.',
    'STDOUT [net] terraform: aws_vpc.a: Creating...',
    'STDOUT [net] terraform: aws_vpc.a: Creation complete after 2s [id=x]',
    'STDOUT [db/main] terraform: Apply complete! Resources: 1 added, 0 changed, 0 destroyed.',
    'STDERR [net] terraform: Error: creating EC2 Subnet: InvalidSubnet.Range',
  ].join('\n');
  assert.equal(inShort(terraform, log), ['terraform:net#1 failed 1/2', 'terraform:db/main#1 completed 1/1']);
  assert.equal(
    play(terraform, log).map(({ task_name }) => task_name),
    ['net', 'db/main'],
  );
});

test('a table of stack events is a deployment', () => {
  const row = (state: string, type: string, id: string, reason = '-') =>
    `${state.padEnd(30)} ${type.padEnd(30)} ${id.padEnd(24)} ${reason}`;
  const STACK = 'AWS::CloudFormation::Stack';
  const begun = [
    row('CREATE_IN_PROGRESS', STACK, 'tea', 'User Initiated'),
    row('CREATE_IN_PROGRESS', 'AWS::SQS::Queue', 'Orders'),
  ];
  const done = [row('CREATE_COMPLETE', 'AWS::SQS::Queue', 'Orders'), row('CREATE_COMPLETE', STACK, 'tea')];
  const run = last(cloudformation, [...begun, ...done].join('\n'));
  assert.equal([run.task_name, run.status, run.details.operation], ['tea', 'completed', 'create']);
  const failed = last(
    cloudformation,
    [
      ...begun,
      row('CREATE_FAILED', 'AWS::SQS::Queue', 'Orders', 'Name is taken'),
      row('ROLLBACK_IN_PROGRESS', STACK, 'tea', 'The following resource(s) failed to create: [Orders].'),
      row('ROLLBACK_COMPLETE', STACK, 'tea'),
    ].join('\n'),
  );
  assert.equal([failed.status, failed.details.outcome], ['failed', 'rolled_back']);
  assert.equal(
    [failed.details.failed_resources, failed.details.error_message],
    [['Orders'], 'Name is taken'],
  );
});

test.run();
