import { openApiDocument } from '../src/api/openapi.ts';

/** What a build puts in the place of `src/api/openapi.ts`: the finished contract, without what derives it. */
export const contractModule = (): string =>
  `export const openApiDocument = () => (${JSON.stringify(openApiDocument())});\n`;
