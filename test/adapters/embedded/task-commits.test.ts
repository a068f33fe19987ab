import { embeddedProjectStore } from '../../../src/adapters/embedded/project-store.ts';
import { embeddedTaskCommits } from '../../../src/adapters/embedded/task-commits.ts';
import { embeddedTaskHistory } from '../../../src/adapters/embedded/task-history.ts';
import { embeddedTaskStore } from '../../../src/adapters/embedded/task-store.ts';
import { embeddedTaskTally } from '../../../src/adapters/embedded/task-tally.ts';
import { taskCommitsContract } from '../../contracts/ports.ts';
import { onEmbedded } from '../../support/embedded.ts';

taskCommitsContract(
  'embedded',
  onEmbedded((world) => {
    const projects = embeddedProjectStore(world);
    return {
      commits: embeddedTaskCommits({ ...world, projects }),
      tasks: embeddedTaskStore(world),
      tally: embeddedTaskTally(world),
      history: embeddedTaskHistory(world),
      projects,
    };
  }),
);
