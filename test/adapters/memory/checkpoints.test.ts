import { memoryCheckpoints } from '../../../src/adapters/memory/checkpoints.ts';
import { checkpointsContract } from '../../contracts/checkpoints.ts';

checkpointsContract('memory', () => ({ port: memoryCheckpoints() }));
