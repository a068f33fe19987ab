import { memoryKeyStore } from '../../../src/adapters/memory/key-store.ts';
import { keyStoreContract } from '../../contracts/ports.ts';

keyStoreContract('memory', () => ({ port: memoryKeyStore() }));
