import type { LogFormat } from '../format.ts';
import { agentJson } from './agent-json.ts';

/**
 * The formats that Miyabi knows, the most particular first: a line belongs to the first one that reads it, and to no
 * other. So an exact feed comes before what was meant for people, and a bare counter comes last.
 */
export const builtInFormats: readonly LogFormat[] = [agentJson];
