import { contractTypes } from './contract-types.ts';
import { openApiDocument } from './openapi.ts';

/** The files that are generated from the schemas, by their path in the project. */
export const contractFiles = (): readonly Readonly<{ path: string; text: string }>[] => {
  const document = openApiDocument();
  return [
    {
      path: 'src/api/generated/openapi.ts',
      text: `// Generated from the schemas by npm run contract.\n\n/** The contract of the API, an OpenAPI 3.1 document. */\nexport const OPENAPI: unknown = ${JSON.stringify(document)};\n`,
    },
    { path: 'src/client/contract.ts', text: contractTypes(document) },
  ];
};
