import { memoryKeyStore } from '../../../src/adapters/memory/key-store.ts';
import { keyStoreContract } from '../../contracts/key-store.ts';

keyStoreContract('memory', () => ({ port: memoryKeyStore() }));
