import * as assert from 'uvu/assert';
import { masker, secretsOf } from '../../../src/domain/logs/masking.ts';
import { processorMs } from '../../support/processor-time.ts';
import { suite } from '../../support/suite.ts';

const test = suite('masks');

const masked = (line: string, secrets: readonly string[] = []): string => masker(secrets).mask(line);

/** Invented, and assembled here so that no scanner takes them for leaked keys. */
const AWS_KEY = `AKIA${'QWERTYUIOPASDFGH'}`;
const GITHUB = `ghp_${'a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8'}`;
const JWT = `eyJ${'hbGciOiJIUzI1NiJ9'}.eyJ${'zdWIiOiIxMjM0NTY3ODkwIn0'}.${'dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U'}`;

const SECRETS: readonly (readonly [line: string, hidden: string])[] = [
  ['password=hunter2', 'hunter2'],
  ['DB_PASSWORD=hunter2 and more', 'hunter2'],
  ['"password": "hun\\"ter2", "user": "me"', 'hun'],
  ["dbPassword: 'hunter2 with spaces'", 'hunter2'],
  ['{\\"token\\":\\"abc123def\\"}', 'abc123def'],
  ['api_key => abc123', 'abc123'],
  ['ApiKey: abc123', 'abc123'],
  ['--password hunter2 --user me', 'hunter2'],
  ['--db-password=hunter2', 'hunter2'],
  ['aws_secret_access_key = wJalrXUtnFEMI/K7MDENG', 'wJalr'],
  ['AWS_SESSION_TOKEN=FwoGZXIvYXdzE', 'FwoGZ'],
  [`credentials for ${AWS_KEY} found`, AWS_KEY],
  ['Authorization: Bearer abc.def.ghi', 'abc.def'],
  ['authorization: AWS4-HMAC-SHA256 Credential=AK/2026, SignedHeaders=host, Signature=deadbeef', 'deadbeef'],
  ["curl -H 'Authorization: Basic dXNlcjpwYXNz' https://example.com", 'dXNlcjpwYXNz'],
  ['{"Authorization":"token abc123"}', 'abc123'],
  ['using bearer abcdefgh12345', 'abcdefgh12345'],
  ['postgres://me:hunter2@db.example/app', 'hunter2'],
  ['cloning https://abcdefghijklmnopqrstuvwx@example.com/r.git', 'abcdefghijkl'],
  ['GET https://x.example/?X-Amz-Signature=deadbeef01&a=1', 'deadbeef01'],
  ['https://x.blob.example/f?sv=1&sig=abcdefgh%3D', 'abcdefgh'],
  [`push with ${GITHUB}`, GITHUB],
  [`jwt ${JWT} ok`, 'dozjg'],
  ['-----BEGIN RSA PRIVATE KEY-----\\nMIIEow\\n-----END RSA PRIVATE KEY----- done', 'MIIEow'],
  ['password: \u001b[1mhunter2\u001b[0m', 'hunter2'],
  ['\u001b[36mDB_PASSWORD\u001b[39m=\u001b[33mhunter2\u001b[39m', 'hunter2'],
  ['"passcode":"hunter2"', 'hunter2'],
  ['Server=db;Uid=sa;Pwd=hunter2;', 'hunter2'],
  ['user=me pass=hunter2', 'hunter2'],
  ['curl -u me:hunter2 https://x.example', 'hunter2'],
  ['//registry.example/:_auth=aHVudGVyMg==', 'aHVudGVy'],
  ['Set-Cookie: session=hunter2; Path=/', 'hunter2'],
  [`https://hooks.slack.com/services/${'T0000/B0000/XXXXhunter2'}`, 'hunter2'],
  [`stripe sk_${'test_4eC39HqLyjWDarjtT1zdp7dc'}`, '4eC39'],
  [`webhook whsec_${'abcdefghijklmnopqrstuvwxyz'}`, 'abcdefgh'],
  [`miyabi_${'x'.repeat(43)}`, 'xxxx'],
  [`hf_${'a'.repeat(34)}`, 'aaaa'],
  [`SG.${'a'.repeat(22)}.${'b'.repeat(43)}`, 'bbbb'],
  [`pypi-${'A'.repeat(60)}`, 'AAAA'],
  [`dckr_pat_${'a'.repeat(27)}`, 'aaaa'],
  [`dop_v1_${'a'.repeat(64)}`, 'aaaa'],
  [`ya29.${'a'.repeat(40)}`, 'aaaa'],
];

const HARMLESS: readonly string[] = [
  'MyStack |  3/10 | 09:00:00 | CREATE_COMPLETE | AWS::SecretsManager::Secret | DbSecret (DbSecretA1B2C3D4)',
  'AuthToken: deploying... [1/2]',
  'ApiToken: creating CloudFormation changeset...',
  'MyStack | 1/3 | 09:00:00 | CREATE_IN_PROGRESS | AWS::SSM::Parameter | Password (Password1234)',
  'MyStack.SecretArn = arn:aws:secretsmanager:eu-west-1:123456789012:secret/x',
  '{"task_id":"t-1","progress":{"current":3,"total":10},"tokens":1234}',
  'cloning ssh://git@example.com/r.git',
  'arn:aws:secretsmanager:us-east-1:123456789012:secret:db-AbCdEf',
  'aws_secretsmanager_secret.db_password: Creation complete after 2s [id=arn:aws:secretsmanager:eu-west-1:1:secret:db-x]',
  'random_password.token: Still creating... [10s elapsed]',
  'random_password.token: Refreshing state... [id=none]',
  'Tea.ApiToken = arn:aws:ssm:eu-west-1:123456789012:parameter/x',
  'Rotating token: 3/10 done',
  'SyntaxError: Unexpected token: punc',
  'token = null',
  'Authorization: deploying... [1/2]',
  'Cookie: creating CloudFormation changeset...',
  'PWD=/home/me/shop',
  'pass=10 fail=2',
  'tests/test_password.py::test_token PASSED [ 45%]',
  'docker run -u 1000:1000 image',
  'https://example.com:8080/a@b',
  'Compiling tokenizer v1.0.2',
  'sk-learn and task-sk-1 are no keys',
];

test(`${SECRETS.length} kinds of secrets are hidden, and only they`, () => {
  for (const [line, hidden] of SECRETS) {
    const text = masked(line);
    assert.not.ok(text.includes(hidden), `${line} became ${text}`);
    assert.ok(text.includes('[masked]'), text);
  }
  assert.is(masked('DB_PASSWORD=hunter2 and more'), 'DB_PASSWORD=[masked] and more');
  assert.is(masked('"password": "hun\\"ter2", "user": "me"'), '"password": "[masked]", "user": "me"');
  assert.is(masked('postgres://me:hunter2@db.example/app'), 'postgres://[masked]@db.example/app');
});

test('among other lines a secret is hidden as on its own, and they stay as they are', () => {
  const lines = SECRETS.flatMap(([line]) => [line, ...HARMLESS]);
  assert.equal(
    masker().mask(lines.join('\n')).split('\n'),
    lines.map((line) => masked(line)),
  );
});

test('lines of deployments stay as they are', () => {
  for (const line of HARMLESS) assert.is(masked(line), line);
});

test('JSON stays JSON', () => {
  for (const line of [
    '{"token": 12345, "current": 3}',
    '{"a":{"secret":"x\\ny"},"current":3}',
    '{"password":null,"current":3}',
  ]) {
    const value: unknown = JSON.parse(masked(line));
    assert.is((value as { current: number }).current, 3);
  }
});

test('a private key over many lines is hidden to its end, and one without an end not for ever', () => {
  const key = [
    'before',
    '-----BEGIN PRIVATE KEY-----',
    'MIIEvQIBADANBg',
    'kqhkiG9w0BAQ==',
    '-----END PRIVATE KEY-----',
    'after',
  ];
  const MASK = '[masked]';
  assert.equal(masker().mask(key.join('\n')).split('\n'), ['before', MASK, MASK, MASK, MASK, 'after']);
  const mask = masker();
  mask.mask('-----BEGIN PRIVATE KEY-----');
  const rest = Array.from({ length: 500 }, (_, index) => `line ${index}`);
  const masked = mask.mask(rest.join('\n')).split('\n');
  assert.is(masked.length, 500);
  assert.is(masked.filter((line) => line.startsWith('line')).length, 381);
});

test('what the command was given as a secret is hidden wherever it prints it', () => {
  const secrets = secretsOf({
    NPM_TOKEN: 'abcdef-123456',
    PATH: '/usr/bin',
    DB_PASSWORD: 'short',
    TOKEN_FILE: '/run/secrets/token',
  });
  assert.equal(secrets, ['abcdef-123456']);
  assert.is(masked('sent abcdef-123456 twice: abcdef-123456', secrets), 'sent [masked] twice: [masked]');
});

test('time grows with the length of a line, not with its square', () => {
  const hard = [
    (n: number) => 'eyJ'.repeat(n / 3),
    (n: number) => 'password="'.repeat(n / 10),
    (n: number) => 'password=\\"'.repeat(n / 11),
    (n: number) => '://a:'.repeat(n / 5),
    (n: number) => 'authorization: '.repeat(n / 15),
    (n: number) => '--a-'.repeat(n / 4),
    (n: number) => '-----BEGIN '.repeat(n / 11),
    (n: number) => `token=${'\\'.repeat(n)}`,
    (n: number) => `password${' '.repeat(n)}`,
    (n: number) => 'sk-'.repeat(n / 3),
    (n: number) => 'bearer '.repeat(n / 7),
    (n: number) => 'A'.repeat(n),
    (n: number) => 'cookie: '.repeat(n / 8),
    (n: number) => 'pwd='.repeat(n / 4),
    (n: number) => ' -u a'.repeat(n / 5),
    (n: number) => 'SG.'.repeat(n / 3),
    (n: number) => 'token\u001b[1m='.repeat(n / 10),
  ];
  const took = (line: string): number => processorMs(() => masker().mask(line));
  for (const [index, make] of hard.entries()) {
    took(make(6_000));
    const short = took(make(6_000));
    const long = took(make(60_000));
    // Ten times the text; a square would be a hundred times the work.
    assert.ok(
      long < Math.max(40, short * 45),
      `line ${index}: ${short.toFixed(2)} ms, then ${long.toFixed(2)} ms`,
    );
  }
});

test.run();
