declare module 'dynalite' {
  import type { Server } from 'node:http';

  /** What of dynalite is used here. Times in milliseconds; without a path everything is in memory. */
  function dynalite(options?: {
    path?: string;
    createTableMs?: number;
    deleteTableMs?: number;
    updateTableMs?: number;
  }): Server;
  export = dynalite;
}
