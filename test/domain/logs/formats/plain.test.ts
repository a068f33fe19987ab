import * as assert from 'uvu/assert';
import { plain } from '../../../../src/domain/logs/formats/plain.ts';
import { suite } from '../../../support/suite.ts';
import { inShort, play } from './play.ts';

const test = suite('plain');

test('a full counter completes, and what counts again is another run', () => {
  assert.equal(inShort(plain, 'Processing 1/3\nProcessing 3/3'), ['plain#1 completed 3/3']);
  assert.equal(inShort(plain, 'Processing 3/3\nProcessing 3/3\nUploading 1/4'), [
    'plain#1 completed 3/3',
    'plain#2 running 1/4',
  ]);
});

test('counters are taken as stated, they may fall', () => {
  assert.equal(inShort(plain, 'Downloading 90%\nInstalling 10%'), ['plain#1 running 10/100']);
});

test('what counts inside a step is part of that step', () => {
  const log = 'Step 1/3: fetch\nDownloading 50%\nDownloading 100%\nStep 2/3: build';
  assert.equal(inShort(plain, log), ['plain#1 running 2/3']);
  const [run] = play(plain, 'Step 1/3: fetch\nDownloading 50%');
  assert.equal([run?.current, run?.total], [1, 3]);
  assert.is(run?.details.current_step, 'Downloading 50%');
  assert.equal(inShort(plain, `${log}\nStep 3/3: push\nUploading 45%`), ['plain#1 running 3/3']);
});

test('a bar inside another one that counts as far is a step of it, and one that begins again is not', () => {
  const bar = (current: number, name = '') =>
    `${name}${String(current * 10).padStart(3)}%|████      | ${current}/10 [00:05<00:05, 10.0it/s]`;
  const inside = [2, 3, 0, 5, 10].map((count) => bar(count)).join('\n');
  assert.equal(inShort(plain, inside), ['plain#1 running 10/10'], 'it waits for what comes next');
  assert.equal(inShort(plain, `${inside}\n${bar(4)}`), ['plain#1 running 4/10']);
  assert.equal(inShort(plain, `${inside}\n${bar(4)}\n${bar(0)}\n${bar(10)}\n${bar(5)}`), [
    'plain#1 running 5/10',
  ]);
  assert.equal(inShort(plain, `${inside}\n${bar(4)}\n${bar(10)}`), ['plain#1 completed 10/10']);
  assert.equal(inShort(plain, `${inside}\nUploading 1/4`), [
    'plain#1 completed 10/10',
    'plain#2 running 1/4',
  ]);
  const named = [bar(3, 'Training: '), bar(0), bar(10), bar(4, 'Training: ')].join('\n');
  assert.equal(inShort(plain, named), ['plain#1 running 4/10']);
});

test('the bars of one epoch after the other are one run, with validation as its step', () => {
  const bar = (name: string, current: number, total = 100) =>
    `${name}: ${String(Math.floor((100 * current) / total)).padStart(3)}%|████      | ${current}/${total} [00:05<00:05, 10.0it/s]`;
  const log = [
    bar('Epoch 0', 50),
    bar('Validation DataLoader 0', 100),
    bar('Epoch 0', 100),
    bar('Epoch 1', 10),
    bar('Epoch 1', 90, 90),
  ];
  for (const [length, run] of [
    [2, 'running 50/100'],
    [3, 'running 100/100'],
    [4, 'running 10/100'],
    [5, 'running 90/90'],
  ] as const)
    assert.equal(inShort(plain, log.slice(0, length).join('\n')), [`plain#1 ${run}`]);
  assert.equal(inShort(plain, [...log, '`Trainer.fit` stopped: `max_epochs=2` reached.'].join('\n')), [
    'plain#1 completed 90/90',
  ]);
});

test('what counts long after the last step is another run', () => {
  const [step, other] = ['Step 3/3: push', 'Uploading 45%'].map((line) => plain.read(line));
  assert.ok(step && other);
  const { state } = plain.evolve(plain.initial, step, 0);
  const inside = plain.evolve(state, other, 60_000);
  assert.equal(inside.touched, ['plain#1']);
  assert.is(plain.observe(inside.state, 'plain#1')?.details.current_step, 'Uploading 45%');
  const after = plain.evolve(state, other, 3_600_000);
  assert.equal(after.touched, ['plain#1', 'plain#2']);
  const [first] = after.touched.map((key) => plain.observe(after.state, key));
  assert.equal([first?.status, first?.ended_at], ['completed', 0]);
});

const BEGUN = [
  'Step 3/3: push',
  'Stage 3/3',
  'Epoch 3/3',
  '[3/3] Uploading c.zip',
  '(3/3) Fetching users...',
];

for (const line of BEGUN) {
  test(`"${line}" has begun: it ends with words, a failure, the next run or its stream`, () => {
    assert.equal(inShort(plain, line), ['plain#1 running 3/3']);
    for (const end of ['Done', 'Done in 3.2s.', '✨  Done in 12.30s.', 'All steps completed successfully!'])
      assert.equal(inShort(plain, `${line}\n${end}`), ['plain#1 completed 3/3'], end);
    const failure = 'npm error code ELIFECYCLE';
    assert.equal(inShort(plain, `${line}\n${failure}`), ['plain#1 failed 3/3']);
    assert.equal(inShort(plain, `${line}\nDone\n${failure}`), ['plain#1 failed 3/3']);
    assert.equal(inShort(plain, `${line}\n${line.replace('3/3', '1/4')}`), [
      'plain#1 completed 3/3',
      'plain#2 running 1/4',
    ]);
    const run = play(plain, line)[0];
    assert.is(run && plain.atEnd?.(run).status, 'completed');
  });
}

test('words of an end say nothing of a counter that is not full, nor begin a run', () => {
  assert.equal(inShort(plain, 'Step 2/3: build\nDone in 3s'), ['plain#1 running 2/3']);
  assert.equal(inShort(plain, 'Done in 3s'), []);
  const run = play(plain, 'Step 2/3: build')[0];
  assert.is(run && plain.atEnd?.(run).status, 'running');
});

test('a failure long after a full counter is not one of what counted', () => {
  const [full, failure] = ['Processing 3/3', 'exit status 1'].map((line) => plain.read(line));
  assert.ok(full && failure);
  const { state } = plain.evolve(plain.initial, full, 0);
  assert.equal(plain.evolve(state, failure, 3_600_000).touched, []);
  assert.equal(plain.evolve(state, failure, 60_000).touched, ['plain#1']);
});

test('a task without a name of its own, and its own report', () => {
  const [run] = play(plain, 'Processing 1/3');
  assert.is(run?.task_name, '');
  assert.is(run?.task_type, 'agent_execution');
  assert.is(run?.message, 'Processing 1/3');
});

test('takes the count where a line has both a count and a percentage', () => {
  assert.equal(inShort(plain, 'Copying files: 45% (450/1000)'), ['plain#1 running 450/1000']);
});

test('passes over long lines and lines of many numbers', () => {
  assert.is(plain.read(`Processing ${'x'.repeat(600)} 3/10`), undefined);
  assert.is(plain.read(`x ${'4/5 '.repeat(100)}`), undefined);
});

test.run();
