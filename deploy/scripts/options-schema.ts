import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../build/bundle.ts';
import { optionsFileSchema } from '../options-schema.ts';

writeFileSync(
  join(ROOT, 'deploy/miyabi.deploy.schema.json'),
  `${JSON.stringify(optionsFileSchema(), null, 2)}\n`,
);
