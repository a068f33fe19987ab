// A library is configured by the environment of the program that it is a part of, where there is one.

type Surroundings = Readonly<{
  process?: Readonly<{ env?: Readonly<Record<string, string | undefined>> }>;
  location?: Readonly<{ origin?: string; protocol?: string }>;
}>;

// What a runtime lacks is undefined, which the types of Node do not say.
const { process, location } = globalThis as unknown as Surroundings;

/** The server on this machine, as `npm start` serves it. */
const LOCAL_SERVER = 'http://127.0.0.1:8787';

/** A variable of the environment; undefined if it is empty, if there is none, or if Deno does not permit it. */
export const environmentVariable = (name: string): string | undefined => {
  try {
    const value = process?.env?.[name]?.trim();
    return value === '' ? undefined : value;
  } catch {
    return undefined;
  }
};

/** `MIYABI_URL`, in a web page the origin of the page, else the server on this machine. */
export const usualUrl = (): string => {
  const isPage = location?.protocol?.startsWith('http') === true;
  return environmentVariable('MIYABI_URL') ?? (isPage ? location?.origin : undefined) ?? LOCAL_SERVER;
};
