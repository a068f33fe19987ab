import { memoryTaskHistory } from '../../../src/adapters/memory/task-history.ts';
import { taskHistoryContract } from '../../contracts/task-history.ts';

taskHistoryContract('memory', () => ({ port: memoryTaskHistory() }));
