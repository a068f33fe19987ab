import { memoryWebhookStore } from '../../../src/adapters/memory/webhook-store.ts';
import { webhookStoreContract } from '../../contracts/ports.ts';

webhookStoreContract('memory', () => ({ port: memoryWebhookStore() }));
