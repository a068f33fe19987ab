/**
 * A program for `node -e` that keeps much garbage alive for a short time, again and again, and then prints the size of the
 * young generation in MB. `begin` runs first.
 */
export const youngGenerationProgram = (begin: string): string => `
import { getHeapSpaceStatistics } from 'node:v8';
import { setTimeout as pause } from 'node:timers/promises';
${begin}
let kept = [];
for (let round = 0; round < 50; round += 1) {
  kept = [...kept.slice(-40_000), ...Array.from({ length: 20_000 }, (_, index) => ({ index, text: 'x' + index }))];
  // Longer than between two looks, so that a slow machine does not grow in between.
  await pause(60);
}
const young = getHeapSpaceStatistics().find(({ space_name }) => space_name === 'new_space');
console.log(young.space_size / 1e6);
process.exit(0);
`;
