// What linters of others say about the templates and workflows. They are programs that .ci/require installs.
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as assert from 'uvu/assert';
import { CHOICES } from '../../deploy/config.ts';
import { fencesOf } from '../docs/fences.ts';
import { isOnPath, run } from '../support/cli.ts';
import { synthesise, VARIANTS } from '../support/stack.ts';
import { needs, suite } from '../support/suite.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** Options that change nothing in a template, or only names. */
const WITHOUT_EFFECT = ['name', 'qualifier'];

/** The CDK repeats dependencies that follow from references; zones are chosen by an option. */
const CFN_LINT = ['cfn-lint', '--format', 'json', '--ignore-checks', 'W3005', 'W3010', '--'];
const CHECKOV = ['checkov', '--framework', 'cloudformation', '--quiet', '--compact', '--skip-download'];

/** A bucket that no linter may accept, to see that they look. */
const CARELESS = { Resources: { Bucket: { Type: 'AWS::S3::Bucket', Properties: { Colour: 'red' } } } };

/** Runs on the templates of all variants in one folder, with the careless one among them. */
const withTemplates = async (look: (folder: string, files: readonly string[]) => Promise<void>) => {
  const folder = mkdtempSync(join(tmpdir(), 'miyabi-templates-'));
  try {
    const templates = Object.entries(VARIANTS).map(
      ([name, options]) => [name, synthesise(options).template.toJSON()] as const,
    );
    const files = [...templates, ['careless', CARELESS] as const].map(([name, template]) => {
      const file = join(folder, `${name}.template.json`);
      writeFileSync(file, JSON.stringify(template));
      return file;
    });
    await look(folder, files);
  } finally {
    rmSync(folder, { recursive: true });
  }
};

/** The JSON that a linter prints; a failure to start is reported with what it said. */
const reportOf = async (command: readonly string[]): Promise<unknown> => {
  const { stdout, stderr } = await run(command);
  try {
    return JSON.parse(stdout);
  } catch {
    throw new Error(`${command[0]} printed no JSON: ${stdout.slice(-500)}${stderr.slice(-500)}`);
  }
};

const test = suite('Static checks of the deployment');

test('every option is on in a variant that is checked', () => {
  const chosen = new Set(Object.values(VARIANTS).flatMap((options) => Object.keys(options)));
  const left = CHOICES.filter((option) => !chosen.has(option) && !WITHOUT_EFFECT.includes(option));
  assert.equal(left, ['requestsPerSecond', 'burst']);
});

/** Each takes some seconds of the processor, and its program. */
const by = (program: string) => needs(test, isOnPath(program), `${program} is not on the PATH`);

by('cfn-lint')(
  'cfn-lint finds nothing in any variant',
  () =>
    withTemplates(async (_folder, files) => {
      const found = (await reportOf([...CFN_LINT, ...files])) as {
        Filename: string;
        Rule: { Id: string };
        Message: string;
      }[];
      const isCareless = ({ Filename }: { Filename: string }) => Filename.includes('careless');
      assert.ok(found.some(isCareless), 'it looks');
      assert.equal(
        found.filter((one) => !isCareless(one)).map((one) => `${one.Filename} ${one.Rule.Id} ${one.Message}`),
        [],
      );
    }),
  { slow: true },
);

by('checkov')(
  'checkov finds nothing in any variant that is not acknowledged with a reason',
  () =>
    withTemplates(async (folder) => {
      const { results, summary } = (await reportOf([
        ...CHECKOV,
        '--output',
        'json',
        '--directory',
        folder,
      ])) as {
        results: {
          failed_checks: { file_path: string; check_id: string; check_name: string; resource: string }[];
        };
        summary: { passed: number };
      };
      const isCareless = ({ file_path }: { file_path: string }) => file_path.includes('careless');
      assert.ok(summary.passed > 100, 'it looks');
      assert.ok(results.failed_checks.some(isCareless), 'it looks');
      assert.equal(
        results.failed_checks
          .filter((one) => !isCareless(one))
          .map((one) => `${one.file_path} ${one.check_id} ${one.resource}: ${one.check_name}`),
        [],
      );
    }),
  { slow: true },
);

by('actionlint')(
  'actionlint finds nothing in the workflows, of the project and of the documentation',
  async () => {
    const workflows = ['.github/workflows', 'docs/examples'].flatMap((folder) =>
      readdirSync(join(ROOT, folder))
        .filter((file) => file.endsWith('.yml'))
        .map((file) => join(ROOT, folder, file)),
    );
    assert.ok(workflows.length >= 2);
    const { code, stdout, stderr } = await run(['actionlint', ...workflows]);
    assert.is(code, 0, stdout + stderr);
    const folder = mkdtempSync(join(tmpdir(), 'miyabi-workflow-'));
    try {
      const file = join(folder, 'careless.yml');
      writeFileSync(
        file,
        'on: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n      - colour: red\n',
      );
      assert.match((await run(['actionlint', file])).stdout, 'colour');
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
  { slow: true },
);

by('actionlint')(
  'actionlint finds nothing in the example of the action, whose inputs it reads from action.yml',
  async () => {
    const example = fencesOf('docs/ci.md').find(({ text }) => text.includes('/miyabi-progress@'))?.text ?? '';
    const folder = mkdtempSync(join(tmpdir(), 'miyabi-action-'));
    try {
      const workflows = join(folder, '.github/workflows');
      mkdirSync(workflows, { recursive: true });
      // Only of a repository does actionlint read the action.
      mkdirSync(join(folder, '.git'));
      copyFileSync(join(ROOT, 'action.yml'), join(folder, 'action.yml'));
      const file = join(workflows, 'example.yml');
      const lint = async (text: string) => {
        writeFileSync(file, text.replace(/uses: .*miyabi-progress@.*/, 'uses: ./'));
        return run(['sh', '-c', 'cd "$0" && actionlint "$1"', folder, file]);
      };
      const { code, stdout, stderr } = await lint(example);
      assert.is(code, 0, stdout + stderr);
      assert.match((await lint(example.replace('comment:', 'comments:'))).stdout, 'comments');
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
  { slow: true },
);

test.run();
