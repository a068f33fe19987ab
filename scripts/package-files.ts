import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The declarations that `exports` of a package.json names, as paths below the package. */
export const entriesOf = (packageJson: unknown): readonly string[] => {
  const exported: unknown =
    typeof packageJson === 'object' && packageJson !== null ? Reflect.get(packageJson, 'exports') : undefined;
  return Object.values(exported ?? {}).flatMap((conditions: unknown) => {
    const types: unknown =
      typeof conditions === 'object' && conditions !== null ? Reflect.get(conditions, 'types') : undefined;
    return typeof types === 'string' ? [types.replace(/^\.\//, '')] : [];
  });
};

/**
 * Every declaration that these lead to, themselves included, as paths below the folder.
 *
 * @throws Error where one imports a file that is not there.
 */
export const declarationsOf = (folder: string, entries: readonly string[]): ReadonlySet<string> => {
  const found = new Set(entries);
  for (const file of found) {
    const text = readFileSync(join(folder, file), 'utf8');
    for (const [, specifier = ''] of text.matchAll(
      /(?:\bfrom\s+|\bimport\s*\(\s*|^import\s+)["'](\.[^"']+)["']/gm,
    )) {
      const path = join(dirname(file), specifier).replace(/\.[jt]s$/, '.d.ts');
      if (!existsSync(join(folder, path)))
        throw new Error(`${file} imports ${specifier}, which is not there`);
      found.add(path);
    }
  }
  return found;
};

/**
 * The declarations of a module of schemas without the constants that none of its types is made of. Only types are exported
 * from the package, and the type of a constant is many times as long as what is made of it.
 */
export const typesOnly = (declarations: string): string => {
  const statements = declarations.split(/^(?=(?:export|import|declare) )/m);
  const constants = new Map(
    statements.flatMap((statement) => {
      const name = /^(?:export )?declare const (\w+)/.exec(statement)?.[1];
      return name === undefined ? [] : [[name, statement] as const];
    }),
  );
  const used = new Set<string>();
  const isKept = (statement: string) => ![...constants.values()].includes(statement);
  const follow = (text: string): void => {
    for (const [, name = ''] of text.matchAll(/\btypeof (\w+)/g)) {
      if (used.has(name)) continue;
      used.add(name);
      follow(constants.get(name) ?? '');
    }
  };
  follow(statements.filter(isKept).join(''));
  return statements
    .filter((statement) => isKept(statement) || [...used].some((name) => constants.get(name) === statement))
    .join('');
};

/** The source that a compiled file comes from. The CDK construct belongs to the deployment. */
export const sourceOf = (compiled: string): string =>
  compiled
    .replace(/^dist\/cdk\//, 'deploy/cdk/')
    .replace(/^dist\//, 'src/')
    .replace(/(\.d\.ts|\.js)$/, '.ts');
