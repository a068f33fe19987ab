import type { LogFormat } from '../format.ts';
import { agentJson } from './agent-json.ts';
import { buildkit } from './buildkit.ts';
import { cargo } from './cargo.ts';
import { cdk } from './cdk.ts';
import { cloudformation } from './cloudformation.ts';
import { ninja } from './ninja.ts';
import { plain } from './plain.ts';
import { pytest } from './pytest.ts';
import { terraform } from './terraform.ts';
import { turbo } from './turbo.ts';

/**
 * The formats that Miyabi knows, the most particular first: a line belongs to the first one that reads it, and to no
 * other. So an exact feed comes before what was meant for people, and a bare counter comes last.
 */
export const builtInFormats: readonly LogFormat[] = [
  cloudformation,
  terraform,
  agentJson,
  cdk,
  buildkit,
  pytest,
  cargo,
  ninja,
  turbo,
  plain,
];
