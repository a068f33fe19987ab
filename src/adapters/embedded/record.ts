import { crc32 } from 'node:zlib';

/** A value that differs from what was written: the disk or another program has changed it. */
export class DamagedRecord extends Error {
  constructor(what: string, reason: string, options?: ErrorOptions) {
    super(`${what} is damaged: ${reason}`, options);
    this.name = 'DamagedRecord';
  }
}

/** The present format of records. A record of an older version is read by its version. */
const VERSION = '1';
const CHECK_LENGTH = 8;
const HEAD_LENGTH = CHECK_LENGTH + VERSION.length;

const checkOf = (text: string, before = 0): string =>
  crc32(text, before).toString(16).padStart(CHECK_LENGTH, '0');
/** The checksum of the JSON continues from this one: joining both texts just to check them would copy a large one. */
const CHECK_OF_VERSION = crc32(VERSION);

/**
 * JSON text with its version and a checksum in front. LevelDB verifies the checksums of its blocks only when it repairs,
 * so without one of ours a changed bit would be read as data.
 */
export const toRecord = (value: unknown): string => recordOf(JSON.stringify(value));

/** The record of a JSON text. */
export const recordOf = (json: string): string => `${checkOf(json, CHECK_OF_VERSION)}${VERSION}${json}`;

/** The JSON text of a record, to search in it. */
export const textOf = (record: string): string => record.slice(HEAD_LENGTH);

/** The value of a record. `what` names it in errors. @throws DamagedRecord */
export const fromRecord = (what: string, record: string): unknown => {
  const text = record.slice(CHECK_LENGTH);
  if (checkOf(text) !== record.slice(0, CHECK_LENGTH))
    throw new DamagedRecord(what, 'its checksum does not match');
  const version = text.slice(0, VERSION.length);
  if (version !== VERSION)
    throw new DamagedRecord(
      what,
      `it has version ${version}, this Miyabi reads ${VERSION}: was it written by a newer one?`,
    );
  try {
    return JSON.parse(text.slice(VERSION.length));
  } catch (error) {
    throw new DamagedRecord(what, 'it is no JSON', { cause: error });
  }
};

/** The value of a record that this process has written or verified. */
export const fromOwnRecord = (record: string): unknown => JSON.parse(textOf(record));
