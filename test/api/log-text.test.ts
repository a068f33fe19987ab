import * as assert from 'uvu/assert';
import { type Api, withApi } from '../support/api.ts';
import { suite } from '../support/suite.ts';

const PLACE = '/api/logs/text?log_group=deploys&log_stream=one';
const LOG = Buffer.from('茶室: deploying... [1/1]\nTeaHouse: deploying... [1/1]\n ✅  TeaHouse\n');

const send = async ({ app }: Api, search: string, bytes: Uint8Array, type = 'text/plain; charset=utf-8') => {
  const { status, body } = await app({
    method: 'POST',
    path: '/api/logs/text',
    search,
    headers: { 'content-type': type },
    bytes,
    body: Buffer.from(bytes).toString('utf8'),
  });
  return { status, json: JSON.parse(String(body)) };
};

const test = suite('HTTP API: logs as text');

test(
  'a log may come in pieces that are cut within a character, and the answer says where to go on',
  withApi(async (api) => {
    const search = PLACE.slice(PLACE.indexOf('?') + 1);
    const cut = LOG.indexOf('✅') + 1;
    const first = await send(api, `${search}&offset=0`, LOG.subarray(0, cut));
    assert.is(first.status, 200);
    assert.is(first.json.next_offset, cut);
    const second = await send(api, `${search}&offset=${cut}&last=true`, LOG.subarray(cut));
    assert.is(second.json.next_offset, LOG.length);
    const { json } = await api.call('GET', '/api/tasks');
    const house = json.tasks.find((task: { task_name: string }) => task.task_name === 'TeaHouse');
    assert.is(house.status, 'completed');
  }),
);

test(
  'a gap, an unknown parameter and another type are refused by name',
  withApi(async (api) => {
    const search = PLACE.slice(PLACE.indexOf('?') + 1);
    const gap = await send(api, `${search}&offset=7`, LOG);
    assert.is(gap.status, 400);
    assert.is(gap.json.fields[0].path, 'offset');
    assert.is((await send(api, `${search}&colour=red`, LOG)).json.fields[0].path, 'colour');
    assert.is((await send(api, search, LOG, 'application/json')).status, 415);
    assert.is((await send(api, 'log_group=deploys', LOG)).json.fields[0].path, 'log_stream');
    assert.is((await send(api, search, Buffer.alloc(300_000))).status, 413);
  }),
);

test.run();
