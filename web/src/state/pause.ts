/** Waits; ends early if `stop` says so, the network is back, or the page becomes visible. */
export const pause = (ms: number, stop: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (stop.aborted) {
      resolve();
      return;
    }
    const end = () => {
      clearTimeout(timer);
      stop.removeEventListener('abort', end);
      removeEventListener('online', end);
      document.removeEventListener('visibilitychange', seen);
      resolve();
    };
    const seen = () => {
      if (!document.hidden) end();
    };
    const timer = setTimeout(end, ms);
    stop.addEventListener('abort', end);
    addEventListener('online', end);
    document.addEventListener('visibilitychange', seen);
  });
