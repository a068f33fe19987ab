import * as assert from 'uvu/assert';
import { MiyabiApiError, miyabiClient } from '../src/client/index.ts';
import { suite } from './support/suite.ts';

const test = suite('the typed client');

const answering = (status: number, text: string) => {
  const asked: string[] = [];
  const client = (baseUrl: string) =>
    miyabiClient({
      baseUrl,
      apiKey: 'k',
      fetch: (url) => {
        asked.push(String(url));
        return Promise.resolve(new Response(text, { status }));
      },
    });
  return { asked, client };
};

test('a server behind a path is asked behind that path, with a slash at its end or without', async () => {
  const { asked, client } = answering(200, '{"tasks":[],"next_cursor":null}');
  for (const baseUrl of [
    'https://a.example',
    'https://a.example/',
    'https://a.example/miyabi',
    'https://a.example/miyabi/',
  ])
    await client(baseUrl).listTasks({ query: { limit: 1 } });
  assert.equal(asked, [
    'https://a.example/api/tasks?limit=1',
    'https://a.example/api/tasks?limit=1',
    'https://a.example/miyabi/api/tasks?limit=1',
    'https://a.example/miyabi/api/tasks?limit=1',
  ]);
});

test('a page in the place of an answer is an error, whatever its status', async () => {
  for (const status of [200, 404, 502]) {
    const error = await answering(status, '<html>sign in</html>')
      .client('https://a.example')
      .listTasks()
      .catch((thrown: unknown) => thrown);
    assert.instance(error, MiyabiApiError);
    assert.is((error as MiyabiApiError).status, status);
    assert.is((error as MiyabiApiError).problem.code, 'unknown');
  }
});

test.run();
