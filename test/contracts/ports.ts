// The contracts of ports, on this project's test runner. Others run them on their own: docs/adapters.md.
import * as contracts from '../../src/contracts/index.ts';
import { suite, type Test } from '../support/suite.ts';

let current: Test | undefined;

const runner: contracts.Runner = {
  describe(name, body) {
    const test = suite(name);
    current = test;
    body();
    current = undefined;
    test.run();
  },
  test(title, run) {
    if (current === undefined) throw new Error(`${title} is outside a suite`);
    current(title, run);
  },
};

const here =
  <Rest extends readonly unknown[]>(contract: (runner: contracts.Runner, ...rest: Rest) => void) =>
  (...rest: Rest): void => {
    contract(runner, ...rest);
  };

export { noise, readAll } from '../../src/contracts/index.ts';

export const changeFeedContract = here(contracts.changeFeedContract);
export const checkpointsContract = here(contracts.checkpointsContract);
export const keyStoreContract = here(contracts.keyStoreContract);
export const lineStoreContract = here(contracts.lineStoreContract);
export const logReaderContract = here(contracts.logReaderContract);
export const logSourceContract = here(contracts.logSourceContract);
export const outboxContract = here(contracts.outboxContract);
export const projectCacheContract = here(contracts.projectCacheContract);
export const projectStoreContract = here(contracts.projectStoreContract);
export const rateLimiterContract = here(contracts.rateLimiterContract);
export const taskCacheContract = here(contracts.taskCacheContract);
export const taskCommitsContract = here(contracts.taskCommitsContract);
export const taskHistoryContract = here(contracts.taskHistoryContract);
export const taskListCacheContract = here(contracts.taskListCacheContract);
export const taskStoreContract = here(contracts.taskStoreContract);
export const taskTallyContract = here(contracts.taskTallyContract);
export const trailingStoreContract = here(contracts.trailingStoreContract);
export const webhookStoreContract = here(contracts.webhookStoreContract);
export type { FedLogSource } from '../../src/contracts/index.ts';
