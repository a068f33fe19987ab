import { writeFileSync } from 'node:fs';
import { contractModule } from './contract-module.ts';

// Part of npm run build, after the compiler: the converter to JSON Schema is needed only by the build.
writeFileSync(new URL('../dist/api/openapi.js', import.meta.url), contractModule());
