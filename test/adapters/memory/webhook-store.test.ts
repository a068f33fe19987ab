import { memoryWebhookStore } from '../../../src/adapters/memory/webhook-store.ts';
import { webhookStoreContract } from '../../contracts/webhook-store.ts';

webhookStoreContract('memory', () => ({ port: memoryWebhookStore() }));
