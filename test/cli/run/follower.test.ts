import { mock } from 'node:test';
import { stripVTControlCharacters } from 'node:util';
import * as assert from 'uvu/assert';
import { follow } from '../../../src/cli/run/follower.ts';
import { readSettings } from '../../../src/cli/settings.ts';
import { suite } from '../../support/suite.ts';

const test = suite('following a command');

const drawing = async () => {
  const drawn: (readonly string[])[] = [];
  const follower = await follow({
    settings: readSettings({}),
    clock: { now: () => 1_767_225_600_000 },
    command: ['cdk'],
    startedAt: 1_767_225_600_000,
    view: { write: () => true, draw: (lines) => void drawn.push(lines), say: () => {}, end: () => {} },
    drawsBars: true,
    echoes: true,
    size: () => ({ rows: 24, columns: 80 }),
    onReserve: () => {},
  });
  return { follower, drawn };
};

const ROW =
  'MyStack |  3/10 | 09:00:00 | CREATE_COMPLETE | AWS::Lambda::Function | Worker (Worker7F42A9D8)\n';
/** Longer than any rhythm of the follower. */
const LONG = 5_000;

for (const [title, noise] of [
  ['', 0],
  ['of a flood too', 20_000],
] as const) {
  test(`lines become bars ${title}`.trim(), async () => {
    mock.timers.enable({ apis: ['setTimeout', 'setInterval'] });
    try {
      const { follower, drawn } = await drawing();
      const flood = Array.from({ length: noise }, (_, index) => `bundling chunk ${index}\n`).join('');
      follower.take('stderr', Buffer.from(`${flood}${ROW}${flood}`), 1);
      mock.timers.tick(LONG);
      assert.match(drawn.at(-1)?.join('\n') ?? '', /MyStack.*30%/);
      follower.stopDrawing();
    } finally {
      mock.timers.reset();
    }
  });
}

for (const [title, line, bar] of [
  ['a counter without a name bears that of the command', 'Step 3/6', /^\W*cdk .*50%/],
  ['what a terminal echoes of a key is no part of the line behind it', `^C^Z${ROW}`, /^\W*MyStack .*30%/],
] as const) {
  test(title, async () => {
    mock.timers.enable({ apis: ['setTimeout', 'setInterval'] });
    try {
      const { follower, drawn } = await drawing();
      follower.take('stdout', Buffer.from(`${line}\n`), 1);
      mock.timers.tick(LONG);
      assert.match(stripVTControlCharacters(drawn.at(-1)?.join('\n') ?? ''), bar);
      follower.stopDrawing();
    } finally {
      mock.timers.reset();
    }
  });
}

test('nothing is drawn any more once drawing has stopped', async () => {
  mock.timers.enable({ apis: ['setTimeout', 'setInterval'] });
  try {
    const { follower, drawn } = await drawing();
    follower.take('stderr', Buffer.from(ROW), 1);
    follower.stopDrawing();
    mock.timers.tick(LONG);
    assert.equal(drawn, [[]]);
  } finally {
    mock.timers.reset();
  }
});

test.run();
