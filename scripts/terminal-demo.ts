// Prints the demo's deployment at twice its speed; `npm run record` wraps it.
import { setTimeout as sleep } from 'node:timers/promises';
import { demoLines } from '../src/entrypoints/local/demo.ts';

const began = Date.now();
for (const { at, text } of demoLines(began)) {
  await sleep(Math.max(0, began + at * 500 - Date.now()));
  process.stdout.write(`${text}\n`);
}
