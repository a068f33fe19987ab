import { memoryTaskHistory } from '../../../src/adapters/memory/task-history.ts';
import { taskHistoryContract } from '../../contracts/ports.ts';

taskHistoryContract('memory', () => ({ port: memoryTaskHistory() }));
