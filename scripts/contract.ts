import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { contractFiles } from './contract-files.ts';

// npm run contract: writes what is generated from the schemas.
for (const { path, text } of contractFiles()) writeFileSync(new URL(`../${path}`, import.meta.url), text);
const root = fileURLToPath(new URL('..', import.meta.url));
execFileSync('npx', ['biome', 'format', '--write', ...contractFiles().map(({ path }) => path)], {
  cwd: root,
});
