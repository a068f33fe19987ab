/** The system's name for what went wrong, e.g. `EACCES`; the error's own words where it has none. */
export const errnoOf = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error);
  return 'code' in error && typeof error.code === 'string' ? error.code : error.message;
};
