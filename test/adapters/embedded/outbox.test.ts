import { randomUUID } from 'node:crypto';
import { embeddedOutbox } from '../../../src/adapters/embedded/outbox.ts';
import { outboxContract } from '../../contracts/ports.ts';
import { onEmbedded } from '../../support/embedded.ts';

outboxContract(
  'embedded',
  onEmbedded((world) => ({
    outbox: embeddedOutbox({ ...world, tokens: randomUUID }),
    clock: world.clock,
  })),
);
