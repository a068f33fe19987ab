import { dynamodbCheckpoints } from '../../../src/adapters/dynamodb/checkpoints.ts';
import { dynamodbProjectStore } from '../../../src/adapters/dynamodb/project-store.ts';
import { dynamodbTaskHistory } from '../../../src/adapters/dynamodb/task-history.ts';
import { dynamodbTaskStore } from '../../../src/adapters/dynamodb/task-store.ts';
import { memoryClock } from '../../../src/adapters/memory/clock.ts';
import {
  checkpointsContract,
  projectStoreContract,
  taskHistoryContract,
  taskStoreContract,
} from '../../contracts/ports.ts';
import { type Dynamodb, openEmbedded } from '../../support/dynamodb.ts';
import { tiresome } from '../../support/faulty-dynamodb.ts';
import { slowly } from '../../support/suite.ts';
import { NOON } from '../../support/tasks.ts';

const TIRESOME = 'dynamodb in short and empty pages and halved batches';

const optionsOf = ({ client, names }: Dynamodb) => ({
  client: tiresome(client),
  tableName: names.tasks,
  clock: memoryClock(NOON),
  pause: async () => {},
});

slowly(() =>
  taskStoreContract(TIRESOME, () => openEmbedded((dynamodb) => dynamodbTaskStore(optionsOf(dynamodb)))),
);
slowly(
  () =>
    taskHistoryContract(TIRESOME, () => openEmbedded((dynamodb) => dynamodbTaskHistory(optionsOf(dynamodb)))),
  { except: ['takes 260 points in one call and pages through them'] },
);
slowly(() =>
  checkpointsContract(TIRESOME, () => openEmbedded((dynamodb) => dynamodbCheckpoints(optionsOf(dynamodb)))),
);
slowly(
  () =>
    projectStoreContract(TIRESOME, () =>
      openEmbedded((dynamodb) =>
        dynamodbProjectStore({ ...optionsOf(dynamodb), tableName: dynamodb.names.projects }),
      ),
    ),
  { except: ['pages through all projects, each once and always in the same order'] },
);
