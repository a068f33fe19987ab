import type { Task } from '../../../src/client/index.ts';
import { briefDuration } from '../format.ts';
import { t } from '../i18n.ts';
import { Copyable } from './command.tsx';
import { Facts, Out } from './facts.tsx';

/** The process that a task stands for, and how it ended. */
export const RunFacts = ({ task: { run, details, expect } }: Readonly<{ task: Task }>) => {
  const texts = t.value.run;
  return (
    <Facts
      title={texts.title}
      facts={[
        [texts.command, run === undefined ? undefined : <Copyable text={run.command} />],
        [texts.exitCode, details.exit_code === undefined ? undefined : String(details.exit_code)],
        [texts.signal, details.signal],
        [texts.host, run?.host],
        [texts.user, run?.user],
        [texts.directory, run?.directory === undefined ? undefined : <code>{run.directory}</code>],
        [texts.branch, run?.git?.branch],
        [texts.commit, run?.git?.commit === undefined ? undefined : <Copyable text={run.git.commit} />],
        [texts.ci, run?.ci_url === undefined ? undefined : <Out to={run.ci_url}>{run.ci_url}</Out>],
        [
          texts.expected,
          expect === undefined
            ? undefined
            : texts.every(briefDuration(expect.every_seconds), briefDuration(expect.grace_seconds)),
        ],
      ]}
    />
  );
};
