import { memoryCheckpoints } from '../../../src/adapters/memory/checkpoints.ts';
import { checkpointsContract } from '../../contracts/ports.ts';

checkpointsContract('memory', () => ({ port: memoryCheckpoints() }));
