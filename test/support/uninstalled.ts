const moduleOf = (text: string): string => `data:text/javascript,${encodeURIComponent(text)}`;

/** The environment of a program that finds no package of a scope, e.g. `@opentelemetry/`, as if none were installed. */
export const withoutPackages = (scope: string): Readonly<Record<string, string>> => {
  const hooks = `export const resolve = (specifier, context, next) => {
  if (!specifier.startsWith(${JSON.stringify(scope)})) return next(specifier, context);
  throw Object.assign(new Error("Cannot find package '" + specifier + "'"), { code: 'ERR_MODULE_NOT_FOUND' });
};`;
  const hook = `import { register } from 'node:module'; register(${JSON.stringify(moduleOf(hooks))});`;
  return { NODE_OPTIONS: `--import ${moduleOf(hook)}` };
};
