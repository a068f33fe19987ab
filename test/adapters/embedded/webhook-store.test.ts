import { embeddedWebhookStore } from '../../../src/adapters/embedded/webhook-store.ts';
import { webhookStoreContract } from '../../contracts/ports.ts';
import { onEmbedded } from '../../support/embedded.ts';

webhookStoreContract('embedded', onEmbedded(embeddedWebhookStore));
