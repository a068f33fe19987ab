import * as assert from 'uvu/assert';
import { cargo } from '../../../../src/domain/logs/formats/cargo.ts';
import { ninja } from '../../../../src/domain/logs/formats/ninja.ts';
import { turbo } from '../../../../src/domain/logs/formats/turbo.ts';
import { suite } from '../../../support/suite.ts';
import { inShort, play } from './play.ts';

const test = suite('ninja, cargo, turbo');

for (const [title, log, expected] of [
  ['a counter', '[12/345] Building CXX object src/a.cc.o', ['ninja#1 running 12/345']],
  [
    'a full counter, as nothing else closes it',
    '[2/2] Linking CXX executable app',
    ['ninja#1 completed 2/2'],
  ],
  ['the build file made anew', '[1/1] Re-running CMake...\n[1/9] CXX obj/a.o', ['ninja#1 running 1/9']],
  ['no work', 'ninja: no work to do.', ['ninja#1 completed -/-']],
  [
    'a failure',
    '[2/9] Building C object a.c.o\nFAILED: [code=1] a.c.o\n[3/9] Building C object b.c.o\nninja: build stopped: subcommand failed.',
    ['ninja#1 failed 3/9'],
  ],
  ['a failure in the last step', '[9/9] Linking C executable app\nFAILED: app', ['ninja#1 failed 9/9']],
  ['an interruption', '[2/9] CC a.o\nninja: build stopped: interrupted by user.', ['ninja#1 cancelled 2/9']],
  ['a broken build file', 'ninja: error: loading build.ninja', ['ninja#1 failed -/-']],
  ['two builds', '[2/2] CC b.o\n[1/3] CC a.o', ['ninja#1 completed 2/2', 'ninja#2 running 1/3']],
  ['a build begun again', '[7/9] CC b.o\n[1/9] CC a.o', ['ninja#1 running 7/9', 'ninja#2 running 1/9']],
  ['CMake', '[ 45%] Building CXX object a.o', ['ninja#1 running 45/100']],
  ['CMake at 100 % before its last target', '[100%] Linking CXX executable app', ['ninja#1 running 100/100']],
  ['CMake at its end', '[100%] Built target a\n[100%] Built target b', ['ninja#1 completed 100/100']],
  [
    'CMake that fails',
    '[ 45%] Building CXX object a.o\nmake[2]: *** [CMakeFiles/a.dir/build.make:76: a.o] Error 1\nmake: *** [all] Error 2',
    ['ninja#1 failed 45/100'],
  ],
  ['make without a counter', 'make: *** [all] Error 2', []],
  [
    'steps of another kind',
    '[1/4] Resolving packages...\n[3/4] Linking dependencies...\n[5/2] CC a.o\n[ 45%] CPU',
    [],
  ],
] as const) {
  test(`ninja: ${title}`, () => assert.equal(inShort(ninja, log), expected));
}

test('ninja names what failed first', () => {
  const [run] = play(
    ninja,
    '[2/9] CC a.o\nFAILED: a.o\nFAILED: [code=2] b.o\nninja: build stopped: subcommand failed.',
  );
  assert.equal(run?.details.failed_resources, ['a.o', 'b.o']);
  assert.is(run?.details.error_message, 'FAILED: a.o');
  assert.is(run?.ended_at, 4000);
});

for (const [title, log, reason] of [
  [
    'Ninja, after the step',
    '[1/2] CC a.o\nFAILED: [code=1] a.o\n/usr/bin/cc -c a.c\na.c:1:23: error: ‘zz’ undeclared\na.c:2:1: error: later\nninja: build stopped: subcommand failed.',
    'a.c:1:23: error: ‘zz’ undeclared',
  ],
  [
    'Ninja, in the last step',
    '[2/2] CC a.o\nFAILED: a.o\n/src/a.c:1:10: fatal error: b.h: No such file or directory\nninja: build stopped: subcommand failed.',
    '/src/a.c:1:10: fatal error: b.h: No such file or directory',
  ],
  [
    'make, before it',
    '[ 93%] Building C object a.o\na.c:1:23: error: ‘zz’ undeclared\ngmake[2]: *** [a.dir/build.make:79: a.o] Error 1\ngmake: *** [Makefile:91: all] Error 2',
    'a.c:1:23: error: ‘zz’ undeclared',
  ],
] as const) {
  test(`the compiler's words are why a build failed: ${title}`, () => {
    const [run] = play(ninja, log);
    assert.is(run?.status, 'failed');
    assert.is(run?.details.error_message, reason);
  });
}

test('a compiler alone is no build, and its words are none of one that went well', () => {
  assert.equal(play(ninja, 'a.c:1:23: error: no'), []);
  assert.is(
    play(ninja, '[1/2] CC a.o\na.c:1:2: error: tried\n[2/2] CC b.o')[0]?.details.error_message,
    undefined,
  );
});

for (const [title, log, expected] of [
  [
    'crates without a total',
    '   Compiling a v1.0.0\n   Compiling b v0.2.1 (/src/b)',
    ['cargo#1 running 2/-'],
  ],
  [
    'the bar',
    '   Compiling a v1.0.0\n    Building [===>      ] 12/345: serde, libc(build)',
    ['cargo#1 running 12/345'],
  ],
  ['a full bar, which is no end', '    Building [=========>] 9/9: app(bin)', ['cargo#1 running 9/9']],
  [
    'the end',
    '   Compiling a v1.0.0\n    Finished `dev` profile [unoptimized + debuginfo] target(s) in 3.21s',
    ['cargo#1 completed 1/-'],
  ],
  [
    'the end of old',
    'Compiling a v1.0.0\nFinished release [optimized] target(s) in 3m 02s',
    ['cargo#1 completed 1/-'],
  ],
  [
    'two builds',
    'Compiling a v1.0.0\nFinished release [optimized] target(s) in 3s\nChecking a v1.0.0',
    ['cargo#1 completed 1/-', 'cargo#2 running 1/-'],
  ],
  ['downloads', '  Downloaded serde v1.0.0', ['cargo#1 running -/-']],
  ['prose', 'Compiling the report\nFinished early\nerror: could not open file\nBuilding [x] 1/2', []],
] as const) {
  test(`cargo: ${title}`, () => assert.equal(inShort(cargo, log), expected));
}

test('cargo fails with the first error of the compiler', () => {
  const [run] = play(
    cargo,
    'Compiling app v0.1.0\nerror[E0308]: mismatched types\nerror[E0425]: not found\nerror: could not compile `app` (lib) due to 2 previous errors\nerror: could not compile `other` (lib)',
  );
  assert.is(run?.status, 'failed');
  assert.is(run?.details.error_message, 'error[E0308]: mismatched types');
  assert.equal(run?.details.failed_resources, ['app', 'other']);
});

const TURBO =
  '• Packages in scope: a, b\n• Running build in 5 packages\na:build: cache miss, executing 0123\n';
for (const [title, log, expected] of [
  ['under way', TURBO, ['turbo#1 running -/-']],
  [
    'successful',
    `${TURBO} Tasks:    5 successful, 5 total\nCached:    1 cached, 5 total\n`,
    ['turbo#1 completed 5/5'],
  ],
  ['failed', `${TURBO} Tasks:    3 successful, 5 total\n`, ['turbo#1 failed 3/5']],
  ['only the end', ' Tasks:    3 successful, 3 total\n', ['turbo#1 completed 3/3']],
  [
    'twice',
    `${TURBO} Tasks:    5 successful, 5 total\n${TURBO}`,
    ['turbo#1 completed 5/5', 'turbo#2 running -/-'],
  ],
  ['the tests of another tool', 'Tests:       1 failed, 2 passed, 3 total\nTasks: 3 of 5', []],
] as const) {
  test(`turbo: ${title}`, () => assert.equal(inShort(turbo, log), expected));
}

test('turbo names the tasks that failed', () => {
  const [run] = play(
    turbo,
    `${TURBO} ERROR  run failed: command  exited (1)\n Tasks:    3 successful, 5 total\n  Time:    1.2s\nFailed:    web#build\n`,
  );
  assert.equal(run?.details.failed_resources, ['web#build']);
  assert.is(run?.details.error_message, 'run failed: command  exited (1)');
  assert.is(run?.details.phase, 'build');
});

test.run();
