import { toJsonSchema } from '@valibot/to-json-schema';
import { defined } from '../src/domain/defined.ts';
import { fileSchema, RULES } from './config.ts';

/** The JSON Schema of `miyabi.deploy.json`, draft 2020-12, which editors check and complete the file by. */
export const optionsFileSchema = (): Readonly<Record<string, unknown>> => {
  const { properties = {} } = toJsonSchema(fileSchema, { typeMode: 'input', errorMode: 'ignore' });
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'Options of a Miyabi deployment',
    type: 'object',
    properties: {
      $schema: { type: 'string' },
      ...Object.fromEntries(
        Object.entries(properties).map(([option, schema]) => {
          const description = new Map(Object.entries(RULES)).get(option);
          return [
            option,
            {
              ...(typeof schema === 'object' ? schema : {}),
              ...defined({ description }),
            },
          ];
        }),
      ),
    },
    additionalProperties: false,
  };
};
