import { isJsonObject } from '../src/domain/json.ts';
import { type CollectorEvent, decodeCollectorEvent } from '../src/entrypoints/lambda/events.ts';

/** A message of the queue. `receipt` is what it is deleted by. */
export type DeadLetter = Readonly<{ id: string; receipt: string; body: string }>;

export type DrainPorts = Readonly<{
  /** Some messages, hidden from other readers for a while; none if the queue is empty. */
  receive(): Promise<readonly DeadLetter[]>;
  remove(receipt: string): Promise<unknown>;
  /** Puts a message back at once. */
  release(receipt: string): Promise<unknown>;
  /** Gives an event to the collector. The reason if it was not taken in. */
  invoke(event: unknown): Promise<string | undefined>;
  say(line: string): void;
}>;

/** After this many failures in a row the collector itself is broken. */
export const MAX_FAILURES = 10;

/**
 * Gives every dead letter to the collector once and deletes those that it takes in. The others are put back in the end.
 * Taking in an event twice changes nothing, so it may be interrupted and started again.
 */
export const drain = async ({
  receive,
  remove,
  release,
  invoke,
  say,
}: DrainPorts): Promise<Readonly<{ taken: number; left: number }>> => {
  const left = new Map<string, DeadLetter>();
  let taken = 0;
  let failures = 0;

  const take = async (letter: DeadLetter): Promise<void> => {
    const event = eventIn(letter.body);
    const kind = kindOf(event);
    const reason = kind === undefined ? 'this is no event of the collector' : await invoke(event);
    if (reason === undefined) {
      await remove(letter.receipt);
      taken += 1;
      failures = 0;
      say(`${letter.id}: ${kind}, taken in`);
      return;
    }
    left.set(letter.id, letter);
    // A message that is no event says nothing about the collector.
    if (kind !== undefined) failures += 1;
    say(`${letter.id}: ${kind ?? 'unknown'}, left: ${reason}`);
  };

  try {
    for (;;) {
      const letters = await receive();
      const isAgain = letters.some(({ id }) => left.has(id));
      for (const letter of letters) {
        if (left.has(letter.id)) left.set(letter.id, letter);
        else if (failures < MAX_FAILURES) await take(letter);
        else left.set(letter.id, letter);
      }
      if (failures >= MAX_FAILURES) say(`The last ${failures} were not taken in: stopped`);
      if (letters.length === 0 || isAgain || failures >= MAX_FAILURES) break;
    }
  } finally {
    // A message that cannot be released becomes visible again when its timeout ends.
    await Promise.allSettled([...left.values()].map(({ receipt }) => release(receipt)));
  }
  return { taken, left: left.size };
};

/** Lambda wraps the event in what came of it; EventBridge leaves it as it is. Undefined if it is no JSON. */
const eventIn = (body: string): unknown => {
  try {
    const message: unknown = JSON.parse(body);
    return isJsonObject(message) && 'requestPayload' in message ? message['requestPayload'] : message;
  } catch {
    return undefined;
  }
};

/** What the event is, in words; undefined if the collector would refuse it. */
const kindOf = (event: unknown): string | undefined => {
  if (!isJsonObject(event)) return undefined;
  try {
    return wordsFor(decodeCollectorEvent(event));
  } catch {
    return undefined;
  }
};

const wordsFor = (event: CollectorEvent): string => {
  switch (event.kind) {
    case 'subscription':
      return `${event.events.length} lines of ${event.log_group}`;
    case 'schedule':
      return 'a scheduled collection';
    case 'direct':
      return `a collection of ${event.log_group ?? 'all groups'}`;
    case 'control':
      return 'a check of CloudWatch Logs';
    default:
      throw new Error(`No words for ${JSON.stringify(event satisfies never)}`);
  }
};
