/** A JSON Schema (2020-12) with the keywords that the contract uses; other keywords are kept as they are. */
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

/** The name of the schema in `#/components/schemas/NAME`. */
export const referredName = ($ref: string): string => $ref.slice($ref.lastIndexOf('/') + 1);
