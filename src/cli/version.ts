import { readFileSync } from 'node:fs';
import { isJsonObject } from '../domain/json.ts';

/** From package.json, which is three folders up from the source as well as from the build. */
export const ownVersion = (): string => {
  const json: unknown = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
  return isJsonObject(json) ? String(json['version']) : '';
};
