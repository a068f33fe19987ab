/**
 * A program for `node -e` that keeps much garbage alive for a short time, again and again, and then prints the size of the
 * young generation in MB. `begin` runs first. With `--expose-gc` it has a rest in between, in which V8 shrinks it from
 * Node 22 on, and prints both sizes.
 */
export const youngGenerationProgram = (begin: string): string => `
import { getHeapSpaceStatistics } from 'node:v8';
import { setTimeout as pause } from 'node:timers/promises';
${begin}
const print = () => {
  const young = getHeapSpaceStatistics().find(({ space_name }) => space_name === 'new_space');
  console.log(young.space_size / 1e6);
};
const load = async () => {
  let kept = [];
  for (let round = 0; round < 50; round += 1) {
    kept = [...kept.slice(-40_000), ...Array.from({ length: 20_000 }, (_, index) => ({ index, text: 'x' + index }))];
    // So that the looks at it are not late on a slow machine.
    await pause(60);
  }
};
await load();
if (globalThis.gc !== undefined) {
  globalThis.gc({ type: 'major', execution: 'sync', flavor: 'last-resort' });
  await pause(60);
  print();
  await load();
}
print();
process.exit(0);
`;
