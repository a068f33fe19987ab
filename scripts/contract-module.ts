import { openApiDocument } from '../src/api/openapi.ts';

/** The build's replacement for `src/api/openapi.ts`: the finished contract, without the code that derives it. */
export const contractModule = (): string =>
  `export const openApiDocument = () => (${JSON.stringify(openApiDocument())});\n`;
