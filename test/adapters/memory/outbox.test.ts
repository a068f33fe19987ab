import { memoryClock } from '../../../src/adapters/memory/clock.ts';
import { memoryOutbox } from '../../../src/adapters/memory/outbox.ts';
import { outboxContract } from '../../contracts/ports.ts';

outboxContract('memory', () => {
  const clock = memoryClock();
  return { port: { outbox: memoryOutbox({ clock }), clock } };
});
