import { signal } from '@preact/signals';

const STORAGE_KEY = 'miyabi-api-key';

// Storage may be blocked in a private window; then the key lives as long as the page.
const stored = (): string => {
  try {
    return sessionStorage.getItem(STORAGE_KEY) ?? '';
  } catch {
    return '';
  }
};

const store = (value: string): void => {
  try {
    if (value === '') sessionStorage.removeItem(STORAGE_KEY);
    else sessionStorage.setItem(STORAGE_KEY, value);
  } catch {
    // Nothing to do: see above.
  }
};

/** The API key in use, empty where there is none. It ends with the browser tab. */
export const key = signal(stored());

/** Goes up with every key that is tried, even the same one again. */
export const attempt = signal(0);

/** Whether the server requires a key: `wanted` before one was tried, `refused` after. */
export const signIn = signal<'no' | 'wanted' | 'refused'>('no');

/** Whether a submitted key has not been answered yet. */
export const trying = signal(false);

/** A refused key is of no use to the next page either. */
export const keyRefused = (): void => {
  signIn.value = key.peek() === '' ? 'wanted' : 'refused';
  trying.value = false;
  store('');
};

export const keyAccepted = (): void => {
  trying.value = false;
  signIn.value = 'no';
};

export const signInWith = (value: string): void => {
  store(value);
  key.value = value;
  trying.value = true;
  attempt.value += 1;
};

export const signOut = (): void => {
  store('');
  key.value = '';
  attempt.value += 1;
};
