import { embeddedKeyStore } from '../../../src/adapters/embedded/key-store.ts';
import { keyStoreContract } from '../../contracts/ports.ts';
import { onEmbedded } from '../../support/embedded.ts';

keyStoreContract('embedded', onEmbedded(embeddedKeyStore));
