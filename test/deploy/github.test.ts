import { readdirSync, readFileSync } from 'node:fs';
import * as assert from 'uvu/assert';
import { suite } from '../support/suite.ts';

const read = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');

const SERVICES: Readonly<Record<string, string>> = {
  cloudformation: 'cloudformation',
  dynamodb: 'dynamodb',
  lambda: 'lambda',
  ssm: 'ssm',
};

const test = suite('Deploying from GitHub Actions');

test('the policy allows what the script asks for, and no more', () => {
  // Rolling back and redriving, which CI does not do, and the hook are apart.
  const files = readdirSync(new URL('../../deploy/scripts', import.meta.url)).filter(
    (file) => file !== 'rollback.ts' && file !== 'redrive.ts',
  );
  const requested = files.flatMap((file) =>
    [...read(`deploy/scripts/${file}`).matchAll(/import \{([^}]*)\} from '@aws-sdk\/client-(\w+)'/g)].flatMap(
      ([, names = '', client = '']) =>
        [...names.matchAll(/(\w+)Command\b/g)].flatMap(([, operation]) =>
          // Anyone may ask STS who they are.
          SERVICES[client] === undefined ? [] : [`${SERVICES[client]}:${operation}`],
        ),
    ),
  );
  const policy = JSON.parse(read('docs/examples/github-deploy-policy.json')) as {
    Statement: { Action: string | string[] }[];
  };
  const allowed = policy.Statement.flatMap(({ Action }) => Action).filter(
    (action) => action !== 'sts:AssumeRole',
  );
  assert.equal([...new Set(requested)].sort(), [...allowed].sort());
});

test('the workflow runs commands that there are', () => {
  const workflow = read('docs/examples/github-deploy.yml');
  const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
  const named = [...workflow.matchAll(/npm run (\S+)/g)].map(([, script]) => script ?? '');
  assert.ok(named.length > 0);
  for (const script of named) assert.ok(script in scripts, script);
  assert.match(workflow, 'id-token: write');
});

test.run();
