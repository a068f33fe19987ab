import { useEffect } from 'preact/hooks';

/** Names the page in the browser's tab and history. */
export const useTitle = (name: string): void => {
  useEffect(() => {
    document.title = name === '' ? 'Miyabi Progress' : `${name} · Miyabi`;
  }, [name]);
};
