/** A JSON Schema (2020-12), as far as the contract uses it; other keywords are kept as they are. */
export type JsonSchema = Readonly<{
  $ref?: string;
  anyOf?: readonly JsonSchema[];
  enum?: readonly unknown[];
  const?: unknown;
  type?: string;
  items?: JsonSchema;
  pattern?: string;
  minimum?: number;
  maximum?: number;
  maxLength?: number;
  properties?: Readonly<Record<string, JsonSchema>>;
  required?: readonly string[];
  additionalProperties?: boolean | JsonSchema;
  [keyword: string]: unknown;
}>;

/** The name of the schema that `#/components/schemas/NAME` refers to. */
export const referredName = ($ref: string): string => $ref.slice($ref.lastIndexOf('/') + 1);
