import { memoryLogReader } from '../../../src/adapters/memory/log-reader.ts';
import { memoryLogSource } from '../../../src/adapters/memory/log-source.ts';
import { logReaderContract } from '../../contracts/ports.ts';
import { NOON } from '../../support/tasks.ts';

logReaderContract('memory', () => {
  const source = memoryLogSource();
  let count = 0;
  return {
    port: {
      reader: memoryLogReader({ source }),
      start: NOON,
      group: 'g',
      write: async (stream, lines) => {
        for (const [timestamp, message] of lines) {
          count += 1;
          source.add('g', stream, { id: `e${count}`, timestamp, message });
        }
      },
    },
  };
});
