/** As much of JSON Schema as the tools use. */
export type Property = Readonly<{
  type: 'string' | 'integer' | 'array' | 'object';
  description: string;
  enum?: readonly string[];
  minimum?: number;
  maximum?: number;
  items?: Readonly<{ type: 'string'; enum?: readonly string[] }>;
  additionalProperties?: Readonly<{ type: 'string' }>;
}>;

export type InputSchema = Readonly<{
  type: 'object';
  properties: Readonly<Record<string, Property>>;
  required?: readonly string[];
  additionalProperties: false;
}>;

export const inputSchema = (
  properties: Readonly<Record<string, Property>>,
  ...required: readonly string[]
): InputSchema => ({
  type: 'object',
  properties,
  ...(required.length === 0 ? {} : { required }),
  additionalProperties: false,
});

export const text = (description: string): Property => ({ type: 'string', description });

export const whole = (description: string, minimum = 0, maximum?: number): Property => ({
  type: 'integer',
  minimum,
  ...(maximum === undefined ? {} : { maximum }),
  description,
});
