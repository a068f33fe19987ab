import { parseAst } from 'vite';

/** A change to a source file: what stands from `start` to `end` becomes `text`. */
export type Mutant = Readonly<{
  start: number;
  end: number;
  text: string;
  line: number;
  /** The named functions around it, innermost first. */
  functions: readonly string[];
}>;

type Node = Readonly<{ type: string; start: number; end: number; [key: string]: unknown }>;

const OPPOSITES: Readonly<Record<string, string>> = {
  ...{ '===': '!==', '!==': '===', '<': '<=', '<=': '<', '>': '>=', '>=': '>' },
  ...{ '&&': '||', '||': '&&', '+': '-', '-': '+', '*': '/', '/': '*' },
};
const METHODS: Readonly<Record<string, string>> = { some: 'every', every: 'some' };

const isNode = (value: unknown): value is Node =>
  typeof value === 'object' && value !== null && typeof Reflect.get(value, 'type') === 'string';

const nodeAt = (node: Node, key: string): Node | undefined => {
  const value = node[key];
  return isNode(value) ? value : undefined;
};

const nameOf = (node: Node, parent: Node | undefined): string | undefined => {
  if (!/Function/.test(node.type)) return undefined;
  const named = nodeAt(node, 'id') ?? (parent && (nodeAt(parent, 'id') ?? nodeAt(parent, 'key')));
  const name = named?.['name'];
  return typeof name === 'string' ? name : undefined;
};

/**
 * Every small mistake in a source: a comparison or a logical operator replaced by its opposite, a condition that always
 * or never holds, a guard or a statement left out, a number off by one, `some` for `every`.
 */
export const mutantsOf = (source: string): readonly Mutant[] => {
  const found: Mutant[] = [];
  const lineAt = (offset: number) => source.slice(0, offset).split('\n').length;

  const visit = (node: Node, parent: Node | undefined, around: readonly string[]): void => {
    // Types do not exist at run time.
    if (
      /^TS(?!AsExpression|SatisfiesExpression|NonNull)/.test(node.type) ||
      node.type === 'ImportDeclaration'
    )
      return;
    const name = nameOf(node, parent);
    const functions = name === undefined ? around : [name, ...around];
    const replace = ({ start, end }: Pick<Node, 'start' | 'end'>, text: string): void => {
      found.push({ start, end, text, line: lineAt(start), functions });
    };
    const textOf = ({ start, end }: Node) => source.slice(start, end);
    const [left, right, test, argument] = ['left', 'right', 'test', 'argument'].map((key) =>
      nodeAt(node, key),
    );
    switch (node.type) {
      case 'BinaryExpression':
      case 'LogicalExpression': {
        const operator = String(node['operator']);
        if (left === undefined || right === undefined) break;
        const opposite = OPPOSITES[operator];
        const at = left.end + source.slice(left.end, right.start).indexOf(operator);
        if (opposite !== undefined) replace({ start: at, end: at + operator.length }, opposite);
        if (operator === '??') replace(node, textOf(right));
        break;
      }
      case 'IfStatement':
      case 'ConditionalExpression':
        if (test !== undefined) for (const text of ['true', 'false']) replace(test, text);
        break;
      case 'UnaryExpression':
        if (node['operator'] === '!' && argument !== undefined) replace(node, textOf(argument));
        break;
      case 'ExpressionStatement':
        if (!/^['"]/.test(textOf(node))) replace(node, ';');
        break;
      case 'Literal': {
        const { value } = node;
        if (typeof value === 'boolean') replace(node, String(!value));
        else if (typeof value === 'number') replace(node, String(value + 1));
        break;
      }
      case 'MemberExpression': {
        const property = nodeAt(node, 'property');
        const other = METHODS[String(property?.['name'])];
        if (property !== undefined && other !== undefined && node['computed'] === false)
          replace(property, other);
        break;
      }
    }
    for (const [key, value] of Object.entries(node)) {
      if (key === 'typeAnnotation' || key === 'returnType' || key === 'typeParameters') continue;
      for (const child of Array.isArray(value) ? value : [value])
        if (isNode(child)) visit(child, node, functions);
    }
  };
  // ESTree's types leave no way to read a child by its key.
  visit(parseAst(source, { lang: 'ts' }) as unknown as Node, undefined, []);
  return found;
};
