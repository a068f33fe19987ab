import { isJsonObject, type Json, type JsonObject } from '../json.ts';
import type { HistoryPoint } from '../tasks/progress.ts';
import type { Observation } from './format.ts';
import { plainLine, shownLine } from './line-text.ts';

/** Most texts have nothing else in them. */
const UNUSUAL = /[^ -~\n\t]/;

/**
 * A text that a log brings into a task, by the text rules of the API and more: no escapes, no control characters but tabs and
 * line ends, well-formed, and nothing that makes it read as another. A line of JSON may hold any of these.
 */
export const observedText = (text: string): string =>
  UNUSUAL.test(text)
    ? text
        .split('\n')
        .map((line) => plainLine(shownLine(line)))
        .join('\n')
    : text;

/** An observation whose texts are all cleaned like this. Its key stays unchanged: ids are made of it. */
export const shownObservation = (seen: Observation): Observation => {
  const { task_name, description, details, metadata } = seen;
  return {
    ...seen,
    task_name: observedText(task_name),
    ...(description === undefined ? {} : { description: observedText(description) }),
    // Each field keeps its kind: only texts in it change.
    details: shownFields(details) as Observation['details'],
    ...(metadata === undefined ? {} : { metadata: shownJson(metadata) }),
  };
};

/** A point of a history whose texts are all cleaned like this. */
export const shownPoint = (point: HistoryPoint): HistoryPoint =>
  point.phase === undefined ? point : { ...point, phase: observedText(point.phase) };

const shownFields = (fields: object): object =>
  Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [
      name,
      typeof value === 'string'
        ? observedText(value)
        : Array.isArray(value)
          ? value.map((item) => (typeof item === 'string' ? observedText(item) : item))
          : value,
    ]),
  );

const shownJson = (json: JsonObject): JsonObject =>
  Object.fromEntries(Object.entries(json).map(([name, value]) => [observedText(name), shownValue(value)]));

const shownValue = (value: Json): Json => {
  if (typeof value === 'string') return observedText(value);
  if (Array.isArray(value)) return value.map(shownValue);
  return isJsonObject(value) ? shownJson(value) : value;
};
