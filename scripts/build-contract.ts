import { writeFileSync } from 'node:fs';
import { contractModule } from './contract-module.ts';

// Part of npm run build, after the compiler: the converter to JSON Schema is a dependency of the build alone.
writeFileSync(new URL('../dist/api/openapi.js', import.meta.url), contractModule());
