import { type JsonSchema, referredName } from './json-schema.ts';
import { markup as html } from './markup.ts';

/** The parts of an OpenAPI document that its page shows. */
type Content = Readonly<Record<string, Readonly<{ schema: JsonSchema }>>>;
type Operation = Readonly<{
  operationId: string;
  summary: string;
  description?: string;
  tags: readonly string[];
  'x-scope'?: string;
  parameters?: readonly Readonly<{
    name: string;
    in: string;
    required?: boolean;
    description?: string;
    schema: JsonSchema;
  }>[];
  requestBody?: Readonly<{ content: Content }>;
  responses: Readonly<Record<string, Readonly<{ description: string; content?: Content }>>>;
}>;
type Document = Readonly<{
  info: Readonly<{ title: string; version: string; description: string }>;
  tags: readonly Readonly<{ name: string }>[];
  paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  components: Readonly<{ schemas: Readonly<Record<string, JsonSchema>> }>;
}>;

/** The contract as a page: plain HTML without scripts and external files, so that it works offline. */
export const docsPage = (openApi: unknown): string => {
  // Made by openapi.ts, whose schemas are typed loosely.
  const { info, tags, paths, components } = openApi as Document;
  const operations = Object.entries(paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]) => ({ path, method: method.toUpperCase(), operation })),
  );
  const ofTag = (tag: string) => operations.filter(({ operation }) => operation.tags.includes(tag));
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${html(info.title)} API</title><style>${STYLE}</style></head><body>
<nav aria-label="Operations">${tags
    .map(
      ({ name }) =>
        `<h2>${html(name)}</h2><ul>${ofTag(name)
          .map(
            ({ operation: { operationId, summary } }) =>
              `<li><a href="#${operationId}">${html(summary)}</a></li>`,
          )
          .join('')}</ul>`,
    )
    .join('')}<h2>schemas</h2><ul>${Object.keys(components.schemas)
    .map((name) => `<li><a href="#schema-${name}">${name}</a></li>`)
    .join('')}</ul></nav>
<main><h1>${html(info.title)} API <small>${html(info.version)}</small></h1><p>${html(info.description)}</p>
<p>The contract as <a href="/openapi.json">OpenAPI 3.1</a>.</p>
${operations.map(operationHtml).join('\n')}
<h2>Schemas</h2>
${Object.entries(components.schemas)
  .map(([name, schema]) => `<section id="schema-${name}"><h3>${name}</h3>${schemaHtml(schema)}</section>`)
  .join('\n')}
</main></body></html>`;
};

const operationHtml = ({
  path,
  method,
  operation,
}: Readonly<{ path: string; method: string; operation: Operation }>) => {
  const { operationId, summary, description, parameters = [], requestBody, responses } = operation;
  const scope = operation['x-scope'];
  return `<section id="${operationId}"><h3><code class="${method}">${method}</code> <code>${html(path)}</code></h3>
<p><strong>${html(summary)}.</strong> ${html(description ?? '')}${scope === undefined ? '' : ` <em>Scope: ${html(scope)}.</em>`}</p>
${
  parameters.length === 0
    ? ''
    : `<table><caption>Parameters</caption>${parameters
        .map(
          ({ name, in: place, required, description: text = '', schema }) =>
            `<tr><th scope="row"><code>${html(name)}</code></th><td>${place}${required === true ? ', required' : ''}</td><td>${kindOf(schema)}</td><td>${html(text)}</td></tr>`,
        )
        .join('')}</table>`
}
${requestBody === undefined ? '' : `<p>Body: ${contentHtml(requestBody.content)}</p>`}
<table><caption>Answers</caption>${Object.entries(responses)
    .map(
      ([status, { description: text, content }]) =>
        `<tr><th scope="row">${status}</th><td>${html(text)}</td><td>${content === undefined ? '' : contentHtml(content)}</td></tr>`,
    )
    .join('')}</table></section>`;
};

const contentHtml = (content: Content): string =>
  Object.entries(content)
    .map(([type, { schema }]) => `${kindOf(schema)} <small>${html(type)}</small>`)
    .join('<br>');

const schemaHtml = (schema: JsonSchema): string => {
  const { properties, required = [] } = schema;
  if (properties === undefined) return `<p>${kindOf(schema)}</p>`;
  return `<table>${Object.entries(properties)
    .map(
      ([name, property]) =>
        `<tr><th scope="row"><code>${html(name)}</code></th><td>${required.includes(name) ? 'required' : ''}</td><td>${kindOf(property)}</td></tr>`,
    )
    .join('')}</table>`;
};

/** A short description of a schema. */
const kindOf = (schema: JsonSchema): string => {
  const { $ref, anyOf, enum: options, const: value, type, items } = schema;
  const { pattern, minimum, maximum, maxLength, properties } = schema;
  if ($ref !== undefined) {
    const name = referredName($ref);
    return `<a href="#schema-${name}">${name}</a>`;
  }
  if (anyOf !== undefined) return anyOf.map(kindOf).join(' or ');
  if (options !== undefined) return options.map((option) => `<code>${html(String(option))}</code>`).join(' ');
  if (value !== undefined) return `<code>${html(String(value))}</code>`;
  if (type === 'array') return `list of ${items === undefined ? 'anything' : kindOf(items)}`;
  if (properties !== undefined) return schemaHtml(schema);
  const limits = [
    minimum === undefined ? '' : `from ${minimum}`,
    maximum === undefined ? '' : `to ${maximum}`,
    maxLength === undefined ? '' : `up to ${maxLength} characters`,
    pattern === undefined ? '' : `<code>${html(pattern)}</code>`,
  ].filter((text) => text !== '');
  return `${type ?? 'anything'}${limits.length === 0 ? '' : ` <small>${limits.join(' ')}</small>`}`;
};

const STYLE = `:root{color-scheme:light dark;font:16px/1.5 system-ui,sans-serif}body{margin:0;display:grid;grid-template-columns:minmax(14rem,20rem) minmax(0,1fr)}
nav{position:sticky;top:0;height:100vh;overflow:auto;padding:1rem;border-right:1px solid #8886;font-size:.9rem;box-sizing:border-box}nav ul{list-style:none;padding:0;margin:0}nav h2{font-size:1rem;margin:1rem 0 .25rem}
main{padding:1rem 2rem;max-width:70rem}section{margin:2rem 0;padding-top:1rem;border-top:1px solid #8886}table{border-collapse:collapse;width:100%;margin:.5rem 0;font-size:.9rem}
caption{text-align:left;font-weight:600}th,td{text-align:left;vertical-align:top;padding:.25rem .75rem .25rem 0;border-top:1px solid #8883;overflow-wrap:anywhere}code{font-family:ui-monospace,monospace}small{opacity:.75}
@media(max-width:50rem){body{display:block}nav{position:static;height:auto}}`;
