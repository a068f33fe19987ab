/** The system's code for an error, e.g. `EACCES`; the error's message if it has none. */
export const errnoOf = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error);
  return 'code' in error && typeof error.code === 'string' ? error.code : error.message;
};
