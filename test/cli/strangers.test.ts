import * as assert from 'uvu/assert';
import { MIYABI, run, stranger } from '../support/cli.ts';
import { suite } from '../support/suite.ts';

const test = suite('what answers is no Miyabi server');

for (const [what, status, type, text, commands] of [
  ['a page', 200, 'text/html', '<html>hello</html>', [['tasks'], ['watch'], ['watch', 'x', '--json']]],
  ['JSON of something else', 200, 'application/json', '[1]', [['tasks', 'create', 'x'], ['projects']]],
  ['another page', 404, 'text/html', '<html>not here</html>', [['tasks', 'show', 'x']]],
] as const) {
  const often = what === 'another page' ? test : test.slow;
  often(`${what}: commands say so in one line, with code 4`, async () => {
    const server = await stranger(status, type, text);
    try {
      for (const command of commands) {
        const ran = await run([...MIYABI, ...command], { env: { MIYABI_URL: server.url } });
        assert.is(ran.code, 4, `${command.join(' ')}: ${ran.stderr}`);
        assert.is(ran.stdout, '');
        assert.match(ran.stderr, /^miyabi: what answers at \S+ is no Miyabi server: [^\n]+\n$/);
      }
    } finally {
      await server.close();
    }
  });
}

test('https to an http server is explained in words', async () => {
  const server = await stranger(200, 'text/html', '');
  try {
    const { code, stderr } = await run([...MIYABI, 'tasks'], {
      env: { MIYABI_URL: server.url.replace('http:', 'https:') },
    });
    assert.is(code, 4);
    assert.match(stderr, /^miyabi: the server at \S+ cannot be reached: it does not speak TLS[^\n]+\n$/);
  } finally {
    await server.close();
  }
});

test('where nothing listens on this machine, a server can be started; elsewhere it cannot', async () => {
  const server = await stranger(200, 'text/html', '');
  await server.close();
  for (const [host, hint] of [
    ['127.0.0.1', '; start one with miyabi serve, or set MIYABI_URL'],
    ['127.0.0.2', ''],
  ] as const) {
    const url = server.url.replace('127.0.0.1', host);
    const { code, stderr } = await run([...MIYABI, 'tasks'], { env: { MIYABI_URL: url } });
    assert.is(code, 4);
    assert.is(stderr, `miyabi: the server at ${url} cannot be reached: nothing listens there${hint}\n`);
  }
});

test.run();
