import * as fc from 'fast-check';
import * as assert from 'uvu/assert';
import { memoryCheckpoints } from '../../src/adapters/memory/checkpoints.ts';
import { badgeLink, signatureOf } from '../../src/api/badge-link.ts';
import { badgeSvg } from '../../src/api/badge-svg.ts';
import { BADGE_STYLES, type Badge } from '../../src/domain/badge.ts';
import { unavailable } from '../../src/domain/errors.ts';
import { anyCharacter } from '../support/any-character.ts';
import { openApi, withApi } from '../support/api.ts';
import { inFolder } from '../support/embedded.ts';
import { repeats, suite } from '../support/suite.ts';

const test = suite('Badges');

const ACCEPT = { accept: 'image/svg+xml' };
const titleOf = (svg: string): string | undefined => /<title>(.*?)<\/title>/s.exec(svg)?.[1];

test(
  'a task is shown without a key, by the link that the API answers',
  withApi(async ({ call }) => {
    await call('POST', '/api/tasks', {
      task_id: 'a.svg',
      task_name: 'Deploy <shop> & "co"',
      status: 'running',
      progress: { current: 21, total: 50 },
    });
    const { json } = await call('GET', '/api/tasks/a.svg/badge?base_url=https://miyabi.example/');
    assert.match(json.url, /^https:\/\/miyabi\.example\/badge\/task\/a\.svg\.svg\?sig=[\w-]{43}$/);
    assert.is(json.markdown, `![Deploy \\<shop\\> \\& "co"](${json.url})`);
    assert.is(json.html, `<img src="${json.url}" alt="Deploy &lt;shop&gt; &amp; &quot;co&quot;">`);
    const { pathname, search } = new URL(json.url);
    const { status, headers, text } = await call('GET', pathname + search, undefined, ACCEPT);
    assert.is(status, 200);
    assert.is(headers['content-type'], 'image/svg+xml; charset=utf-8');
    assert.is(headers['cache-control'], 'public, max-age=30');
    assert.is(titleOf(text), 'Deploy &lt;shop&gt; &amp; &quot;co&quot;: 42%');
  }),
);

test(
  'a link begins only with an address',
  withApi(async ({ call }) => {
    await call('POST', '/api/tasks', { task_id: 't' });
    const statusOf = async (base: string) =>
      (await call('GET', `/api/tasks/t/badge?base_url=${encodeURIComponent(base)}`)).status;
    for (const base of ['https://miyabi.example', 'http://[::1]:8787/tea', 'http://127.0.0.1:8787/'])
      assert.is(await statusOf(base), 200, base);
    for (const base of ['http://[', 'http://[::', 'https://', 'http://a:b', 'ftp://a', 'javascript:alert(1)'])
      assert.is(await statusOf(base), 400, base);
  }),
);

test(
  'an image that has not changed is not sent again, one that has changed is',
  withApi(async ({ call }) => {
    await call('POST', '/api/tasks', { task_id: 't', status: 'running', progress: { total: 4 } });
    const { url } = (await call('GET', '/api/tasks/t/badge')).json;
    const first = await call('GET', url, undefined, ACCEPT);
    const known = { ...ACCEPT, 'if-none-match': first.headers['etag'] ?? '' };
    const same = await call('GET', url, undefined, known);
    assert.equal([same.status, same.text, same.headers['etag']], [304, '', first.headers['etag']]);
    assert.is(same.headers['cache-control'], 'public, max-age=30');
    await call('POST', '/api/tasks/t/progress', { current: 3 });
    const next = await call('GET', url, undefined, known);
    assert.is(next.status, 200);
    assert.match(titleOf(next.text) ?? '', '75%');
    await call('POST', '/api/tasks/t/progress', { status: 'failed' });
    assert.match(titleOf((await call('GET', url, undefined, known)).text) ?? '', 'failed');
  }),
);

test(
  'a project shows its tasks',
  withApi(async ({ call }) => {
    await call('POST', '/api/projects', { project_id: 'shop', project_name: 'Shop' });
    const { url } = (await call('GET', '/api/projects/shop/badge')).json;
    const title = async () => titleOf((await call('GET', url, undefined, ACCEPT)).text);
    assert.is(await title(), 'Shop: no tasks');
    await call('POST', '/api/tasks', { task_id: 'a', project_id: 'shop', status: 'running' });
    assert.is(await title(), 'Shop: running');
    await call('POST', '/api/tasks', { task_id: 'b', project_id: 'shop', status: 'running' });
    assert.is(await title(), 'Shop: 2 active');
    await call('POST', '/api/tasks/a/progress', { status: 'failed' });
    await call('POST', '/api/tasks/b/progress', { status: 'failed' });
    assert.is(await title(), 'Shop: failed');
  }),
);

const SECRET = 'a-secret-of-the-tests';

test(
  'a wrong signature and a missing subject have the same answer',
  withApi(
    async ({ call }) => {
      await call('POST', '/api/tasks', { task_id: 't', project_id: 'shop' });
      const right = signatureOf(SECRET, { kind: 'task', id: 't' });
      const answers = new Set<string>();
      for (const target of [
        '/badge/task/t.svg',
        '/badge/task/t.svg?sig=',
        '/badge/task/t.svg?sig=wrong',
        `/badge/task/t.svg?sig=${right}A`,
        `/badge/task/t.svg?sig=${right.slice(1)}`,
        `/badge/task/other.svg?sig=${right}`,
        `/badge/project/t.svg?sig=${right}`,
        `/badge/key/t.svg?sig=${right}`,
        '/badge/project/shop.svg?sig=wrong',
        `/badge/task/other.svg?sig=${signatureOf(SECRET, { kind: 'task', id: 'other' })}`,
        `/badge/project/other.svg?sig=${signatureOf(SECRET, { kind: 'project', id: 'other' })}`,
        `/badge/task/t.svg?sig=${signatureOf('another secret', { kind: 'task', id: 't' })}`,
      ]) {
        const { status, headers, text } = await call('GET', target, undefined, ACCEPT);
        assert.is(status, 404, target);
        answers.add(JSON.stringify([headers, text]));
      }
      assert.is(answers.size, 1);
      assert.is((await call('GET', `/badge/task/t.svg?sig=${right}`, undefined, ACCEPT)).status, 200);
      await call('DELETE', '/api/tasks/t');
      assert.is((await call('GET', `/badge/task/t.svg?sig=${right}`, undefined, ACCEPT)).status, 404);
    },
    { MIYABI_SECRET: SECRET },
  ),
);

test(
  'without MIYABI_SECRET, links survive a restart of the local server',
  inFolder(async (folder) => {
    const env = { MIYABI_BACKEND: 'local', MIYABI_DATA_DIR: folder };
    const before = await openApi(env);
    await before.call('POST', '/api/tasks', { task_id: 't' });
    const { url } = (await before.call('GET', '/api/tasks/t/badge')).json;
    await before.close();
    const after = await openApi(env);
    try {
      assert.is((await after.call('GET', url, undefined, ACCEPT)).status, 200);
      assert.is((await after.call('GET', '/api/tasks/t/badge')).json.url, url);
    } finally {
      await after.close();
    }
  }),
);

test('servers on one store make one secret, and one that cannot read it says so and tries again', async () => {
  const checkpoints = memoryCheckpoints();
  const state = { isDown: false };
  const shared = {
    ...checkpoints,
    read: async (key: string) => {
      if (state.isDown) throw unavailable('The store', new Error('down'));
      return checkpoints.read(key);
    },
  };
  const servers = [
    await openApi({}, {}, { checkpoints: shared }),
    await openApi({}, {}, { checkpoints: shared }),
  ];
  try {
    for (const { call } of servers) await call('POST', '/api/tasks', { task_id: 't' });
    state.isDown = true;
    const linksOf = () => Promise.all(servers.map(({ call }) => call('GET', '/api/tasks/t/badge')));
    assert.equal(
      (await linksOf()).map(({ status }) => status),
      [503, 503],
    );
    state.isDown = false;
    const links = (await linksOf()).map(({ json }) => json.url);
    assert.is(new Set(links).size, 1);
    for (const { call } of servers) assert.is((await call('GET', links[0], undefined, ACCEPT)).status, 200);
  } finally {
    for (const { close } of servers) await close();
  }
});

test('any text is shown as text, in an image that is well-formed', () => {
  const badges = fc.record({
    label: fc.oneof(
      fc.string({ unit: anyCharacter }),
      fc.constantFrom('</title><script>', ']]>', '\ud800', '\u0000\uffff'),
    ),
    message: fc.string({ unit: anyCharacter, maxLength: 20 }),
    tone: fc.constantFrom<Badge['tone']>('active', 'waiting', 'good', 'bad', 'neutral'),
    percentage: fc.option(fc.integer({ min: 0, max: 100 })),
    isOpen: fc.boolean(),
  });
  fc.assert(
    fc.property(badges, fc.constantFrom(...BADGE_STYLES), (badge, style) => {
      const svg = badgeSvg(badge, style);
      const names: string[] = [];
      const rest = svg.replace(
        /<(\/?)(svg|title|clipPath|rect|g|text)((?: [A-Za-z]+(?:-[a-z]+)?="[^"<&]*")*)(\/?)>/g,
        (_tag, end: string, name: string, _attributes, empty: string) => {
          if (end !== '') assert.is(names.pop(), name);
          else if (empty === '') names.push(name);
          return '';
        },
      );
      assert.equal(names, []);
      assert.not.match(rest, /<|&(?!(amp|lt|gt|quot|#39);)/);
      // biome-ignore lint/suspicious/noControlCharactersInRegex: XML allows none of them
      assert.not.match(svg, /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/);
      assert.ok(svg.isWellFormed());
    }),
    { numRuns: repeats({ few: 20, all: 100 }) },
  );
});

test('the bar is as long as the progress, and the image as wide as its text', () => {
  const badge: Badge = { label: 'Deploy', message: '50%', tone: 'active', percentage: 50, isOpen: true };
  const widths = (svg: string) =>
    [...svg.matchAll(/<rect x="\d+" y="\d+" width="(\d+)"/g)].map(([, width]) => Number(width));
  const [, track = 0, done = 0] = widths(badgeSvg(badge, 'badge'));
  assert.is(done, track / 2);
  const [, wideTrack = 0, wideDone = 0] = widths(badgeSvg(badge, 'bar'));
  assert.ok(wideTrack > track);
  assert.is(wideDone, wideTrack / 2);
  const ended = widths(badgeSvg({ ...badge, message: 'failed', tone: 'bad', isOpen: false }, 'badge'));
  assert.is(ended.length, 2, 'one that has ended has no bar in its line');
  const widthOf = (label: string) =>
    Number(/width="(\d+)"/.exec(badgeSvg({ ...badge, label }, 'badge'))?.[1]);
  assert.ok(widthOf('Deploy the shop') > widthOf('Deploy'));
  assert.ok(widthOf('配備する') > widthOf('depl'));
  assert.is(widthOf('x'.repeat(500)), widthOf('x'.repeat(5_000)), 'a long name is cut');
  assert.match(titleOf(badgeSvg({ ...badge, label: 'x'.repeat(500) }, 'badge')) ?? '', 'x'.repeat(500));
});

test('a name cannot leave the Markdown that it is in', () => {
  const { markdown } = badgeLink(SECRET, { kind: 'task', id: 'a:b@c' }, 'a](x) ![b\n`c`', {
    base_url: 'http://h',
  });
  assert.match(
    markdown,
    /^!\[a\\\]\\\(x\\\) \\!\\\[b \\`c\\`\]\(http:\/\/h\/badge\/task\/a%3Ab%40c\.svg\?sig=/,
  );
});

test.run();
