import type { Callback } from 'uvu';
import * as assert from 'uvu/assert';
import { type ErrorCode, MiyabiError } from '../../src/domain/errors.ts';

/** What a contract runs against: a fresh port, and how to put it away. */
export type Opened<Port> = Readonly<{ port: Port; close?: () => unknown }>;

/** Opens a fresh port. It shares no state with any other that is open. */
export type Open<Port> = () => Opened<Port> | Promise<Opened<Port>>;

/** A test that opens its own port: uvu takes a hook that throws for a success. */
export const using =
  <Port>(open: Open<Port>, run: (port: Port) => unknown): Callback =>
  async () => {
    const { port, close } = await open();
    try {
      await run(port);
    } finally {
      await close?.();
    }
  };

/** Awaits the failure of a promise, with this code where one is given. Gives the error back. */
export const rejects = async (promise: PromiseLike<unknown>, code?: ErrorCode): Promise<Error> => {
  let error: unknown;
  try {
    await promise;
  } catch (caught) {
    error = caught;
  }
  if (!(error instanceof Error))
    assert.unreachable(`expected a rejection${code === undefined ? '' : `: ${code}`}`);
  const found = error as Error;
  if (code !== undefined) {
    assert.instance(found, MiyabiError, found.stack ?? found.message);
    assert.is((found as MiyabiError).code, code);
  }
  return found;
};
