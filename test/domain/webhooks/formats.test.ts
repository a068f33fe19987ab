// Messages for chats, held against what the services publish: types and limits of Block Kit and of Discord's API, Microsoft's own
// reader of Adaptive Cards.
import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type * as Cards from 'adaptivecards';
import * as assert from 'uvu/assert';
import { bodyIn } from '../../../src/domain/webhooks/formats.ts';
import { ROOT } from '../../docs/fences.ts';
import { run, scratch } from '../../support/cli.ts';
import { suite } from '../../support/suite.ts';
import type { Messages } from './vendor-types.ts';

// Its modules are written for bundlers; the bundle beside them runs in Node, and has the same types.
const cards: typeof Cards = createRequire(import.meta.url)('adaptivecards/dist/adaptivecards.js');
const { AdaptiveCard, SerializationContext } = cards;

const test = suite('Webhooks for chats');

const task = (changes: object = {}) => ({
  task_id: 'brew-1',
  task_name: 'Deploy shop',
  project_id: 'shop',
  status: 'failed',
  progress: { current: 3, total: 9, percentage: 33 },
  details: { phase: 'upload', exit_code: 1, error_message: 'disk is full' },
  duration_seconds: 3_725,
  run: { command: 'cdk deploy', ci_url: 'https://ci.example.org/job/7?a=1&b=2|3' },
  failure: { message: 'Error: disk is full', lines: ['compiling', 'Error: disk is full', 'bye'] },
  ...changes,
});

const message = (type: string, data: object = task()) =>
  JSON.stringify({ type, timestamp: '2026-11-24T00:00:00.000Z', data });

// biome-ignore lint/suspicious/noExplicitAny: a test says what it expects of a message
type Loose = any;
const slack = (body: string): Loose => JSON.parse(bodyIn('slack', body));
const discord = (body: string): Loose => JSON.parse(bodyIn('discord', body));
const teams = (body: string): Loose => JSON.parse(bodyIn('teams', body));

/** Everything that could break a message: markup, mentions, fences, control characters, halves of emoji, length. */
const NASTY = `<!channel> @everyone & **b** _i_ ~s~ [x](javascript:1) \`\`\`fence\`\`\` \u0000\u001b[31m \\ | > # ${'😀'.repeat(50)}`;
const HUGE = task({
  task_name: NASTY.repeat(10),
  project_id: 'p'.repeat(128),
  details: { phase: NASTY.repeat(4), exit_code: 4_294_967_295, error_message: NASTY.repeat(40) },
  failure: {
    message: NASTY.repeat(40),
    lines: Array.from({ length: 30 }, () => NASTY.repeat(8)),
  },
});
const PLAIN_AMPERSANDS = task({
  task_name: '&'.repeat(512),
  failure: { message: '&<>'.repeat(1_365), lines: Array.from({ length: 11 }, () => '&'.repeat(1_000)) },
});
const ALL: readonly string[] = [
  message('task.failed'),
  message('task.failed', HUGE),
  message('task.failed', PLAIN_AMPERSANDS),
  message('task.completed', task({ failure: undefined, details: {}, run: undefined })),
  message('task.stale', task({ failure: undefined })),
  message('task.started', task()),
  message('webhook.test', { project_id: 'shop', webhook_id: 'w' }),
  message('task.failed', {}),
];

/** The limits of docs.slack.dev/reference/block-kit, in words where one is exceeded. */
const slackProblems = ({ text, blocks }: Loose): readonly string[] => {
  const problems: string[] = [];
  const check = (isRight: boolean, words: string) => {
    if (!isRight) problems.push(words);
  };
  const within = (value: unknown, length: number, what: string) =>
    check(
      typeof value === 'string' && value.length >= 1 && value.length <= length && value.isWellFormed(),
      `${what}: ${String(value).length} characters`,
    );
  within(text, 40_000, 'text');
  check(blocks.length <= 50, 'blocks');
  for (const block of blocks) {
    if (block.type === 'header') {
      check(block.text.type === 'plain_text', 'a header is plain text');
      within(block.text.text, 150, 'header');
    } else if (block.type === 'section') {
      check((block.text === undefined) !== (block.fields === undefined), 'a section has text or fields');
      if (block.text !== undefined) within(block.text.text, 3_000, 'section');
      check((block.fields ?? []).length <= 10, 'fields');
      for (const field of block.fields ?? []) within(field.text, 2_000, 'field');
    } else if (block.type === 'context') {
      check(block.elements.length >= 1 && block.elements.length <= 10, 'elements');
    } else problems.push(`${block.type} is no block of these messages`);
  }
  return problems;
};

/** The limits of discord.com/developers/docs/resources/message#embed-object-embed-limits. */
const discordProblems = ({ content, embeds, allowed_mentions }: Loose): readonly string[] => {
  const problems: string[] = [];
  let all = 0;
  const within = (value: string | undefined, length: number, what: string) => {
    if (value === undefined) return;
    all += value.length;
    if (value.length === 0 || value.length > length || !value.isWellFormed())
      problems.push(`${what}: ${value.length} characters`);
  };
  if (content === undefined && embeds.length === 0) problems.push('an empty message');
  if (embeds.length > 10) problems.push('embeds');
  for (const embed of embeds) {
    within(embed.title, 256, 'title');
    within(embed.description, 4_096, 'description');
    if ((embed.fields ?? []).length > 25) problems.push('fields');
    for (const { name, value } of embed.fields ?? []) {
      within(name, 256, 'name');
      within(value, 1_024, 'value');
    }
    if (!(embed.color >= 0 && embed.color <= 0xff_ff_ff)) problems.push('colour');
    if (Number.isNaN(Date.parse(embed.timestamp))) problems.push('timestamp');
  }
  if (all > 6_000) problems.push(`${all} characters in all`);
  if (JSON.stringify(allowed_mentions) !== '{"parse":[]}') problems.push('it may mention people');
  return problems;
};

/** What Microsoft's reader of Adaptive Cards finds wrong, and the size that Teams takes. */
const teamsProblems = (sent: Loose): readonly string[] => {
  const [attachment] = sent.attachments;
  const context = new SerializationContext();
  const card = new AdaptiveCard();
  card.parse(attachment.content, context);
  const found = Array.from(
    { length: context.eventCount },
    (_event, index) => context.getEventAt(index).message,
  );
  return [
    ...found,
    ...card.validateProperties().validationEvents.map((event) => event.message),
    ...(Buffer.byteLength(JSON.stringify(sent)) > 28 * 1_024 ? ['larger than 28 KB'] : []),
    ...(sent.type === 'message' && attachment.contentType === 'application/vnd.microsoft.card.adaptive'
      ? []
      : ['no message with a card']),
  ];
};

test('keep to the limits of Slack, whatever a task contains', () => {
  for (const body of ALL) assert.equal(slackProblems(slack(body)), [], body.slice(0, 300));
});

test('keep to the limits of Discord, whatever a task contains', () => {
  for (const body of ALL) assert.equal(discordProblems(discord(body)), [], body.slice(0, 300));
});

/** What the compiler finds in messages that are written as literals, so that it also finds properties that no type has. */
const typeProblems = async (messages: readonly (readonly [type: keyof Messages, message: Loose])[]) => {
  const folder = scratch();
  try {
    const constants = messages.map(
      ([type, message], index) =>
        `export const m${index}: Messages['${type}'] = ${JSON.stringify(message)};\n`,
    );
    const types = join(ROOT, 'test/domain/webhooks/vendor-types.ts');
    writeFileSync(
      join(folder.path, 'messages.ts'),
      `import type { Messages } from '${types}';\n${constants.join('')}`,
    );
    const options =
      '--noEmit --strict --skipLibCheck --module nodenext --target es2022 --allowImportingTsExtensions';
    const tsc = join(ROOT, 'node_modules/.bin/tsc');
    const { code, stdout, stderr } = await run([
      'sh',
      '-c',
      `cd '${folder.path}' && '${tsc}' ${options} --types '' messages.ts`,
    ]);
    return code === 0 ? '' : stdout + stderr;
  } finally {
    folder.remove();
  }
};

test('have the types that Slack and Discord publish, whatever a task contains', async () => {
  const messages = ALL.flatMap((body) => [
    ['slack', slack(body)] as const,
    ['discord', discord(body)] as const,
  ]);
  assert.is(await typeProblems(messages), '');
  const misspelt = slack(message('task.failed'));
  misspelt.blocks[0].txt = 1;
  assert.match(await typeProblems([['slack', misspelt]]), 'does not exist in type');
  const wrong = discord(message('task.failed'));
  wrong.embeds[0].color = 'red';
  assert.match(await typeProblems([['discord', wrong]]), 'is not assignable');
});

test("are cards that Microsoft's reader accepts, whatever a task contains", () => {
  for (const body of ALL) assert.equal(teamsProblems(teams(body)), [], body.slice(0, 300));
  const broken = teams(message('task.failed'));
  broken.attachments[0].content.body.push({ type: 'TextBlok', text: 1 });
  assert.ok(teamsProblems(broken).length > 0, 'the reader notices a mistake');
});

test('say what happened, why, where and how far it was', () => {
  const { text, blocks } = slack(message('task.failed'));
  assert.is(text, ':x: Deploy shop failed: Error: disk is full');
  assert.is(blocks[0].text.text, ':x: Deploy shop failed');
  assert.is(blocks[1].text.text, 'Error: disk is full');
  assert.equal(
    blocks[2].fields.map((field: Loose) => field.text),
    ['*Project*\nshop', '*Progress*\n3/9', '*Phase*\nupload', '*Took*\n1 h 2 min', '*Exit code*\n1'],
  );
  assert.is(blocks[3].text.text, '```\ncompiling\nError: disk is full\nbye\n```');
  assert.is(blocks[4].elements[0].text, '<https://ci.example.org/job/7?a=1&amp;b=2%7C3|CI job>');

  const [embed] = discord(message('task.failed')).embeds;
  assert.is(embed.title, 'Deploy shop failed');
  assert.is(embed.description, 'Error: disk is full\n```\ncompiling\nError: disk is full\nbye\n```');
  assert.is(embed.url, 'https://ci.example.org/job/7?a=1&b=2|3');

  const { body, actions } = teams(message('task.failed')).attachments[0].content;
  assert.equal([body[0].text, body[0].color], ['Deploy shop failed', 'Attention']);
  assert.is(body[1].text, 'Error: disk is full');
  assert.equal(body[2].facts[0], { title: 'Project', value: 'shop' });
  assert.equal(
    body.slice(3).map((block: Loose) => [block.fontType, block.text]),
    [
      ['Monospace', 'compiling'],
      ['Monospace', 'Error: disk is full'],
      ['Monospace', 'bye'],
    ],
  );
  assert.is(actions[0].url, 'https://ci.example.org/job/7?a=1&b=2|3');
});

test('have a headline for each event, and the cause of failures only', () => {
  const titles = ['task.completed', 'task.failed', 'task.stale', 'webhook.test'].map(
    (type) => discord(message(type)).embeds[0].title,
  );
  assert.equal(titles, [
    'Deploy shop completed',
    'Deploy shop failed',
    'Deploy shop is stale',
    'Test message of Miyabi Progress',
  ]);
  const completed = slack(message('task.completed', task({ failure: undefined })));
  assert.not.match(JSON.stringify(completed), 'disk is full');
});

test('take no markup, mention or fence from a task', () => {
  const sent = slack(message('task.failed', HUGE));
  assert.not.match(JSON.stringify(sent), '<!channel>');
  const code = sent.blocks.at(-2).text.text;
  assert.is(code.split('```').length, 3, 'one fence, opened and closed');
  const [embed] = discord(message('task.failed', HUGE)).embeds;
  assert.is(embed.description.split('```').length, 3);
  assert.match(embed.title, '\\*\\*b\\*\\*');
  const card = teams(message('task.failed', HUGE)).attachments[0].content;
  assert.match(card.body[1].text, '\\[x\\]\\(javascript:1\\)');
});

test('link to web pages only', () => {
  const body = message('task.failed', task({ run: undefined, github: { pr_url: 'javascript:alert(1)' } }));
  assert.not.match(bodyIn('teams', body), 'javascript:alert');
  const pull = message(
    'task.failed',
    task({ run: undefined, github: { pr_url: 'https://x.example/pull/1' } }),
  );
  assert.match(bodyIn('slack', pull), '<https://x.example/pull/1|Pull request>');
});

test('are left as they are for programs', () => {
  const body = message('task.failed');
  assert.is(bodyIn('generic', body), body);
});

test.run();
