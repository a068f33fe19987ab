/** What of the packages without types of their own is used here. */
declare module 'autocannon' {
  import type { EventEmitter } from 'node:events';

  type Result = Readonly<{ errors: number; non2xx: number }>;
  /** `duration` in seconds; it looks whether that is over every `sampleInt` milliseconds. */
  function autocannon(
    options: Readonly<{
      url: string;
      connections: number;
      duration: number;
      sampleInt: number;
      requests?: readonly Readonly<{
        method?: string;
        headers?: Readonly<Record<string, string>>;
        /** Gives each request its path and its body. */
        setupRequest?: (request: object) => object;
      }>[];
    }>,
  ): Promise<Result> &
    Readonly<{
      on(
        event: 'response',
        listener: (client: EventEmitter, status: number, bytes: number, milliseconds: number) => void,
      ): void;
    }>;
  export = autocannon;
}

declare module 'express' {
  import type { Server } from 'node:http';

  type Request = Readonly<{
    params: Readonly<Record<string, string>>;
    headers: Readonly<Record<string, string | undefined>>;
  }>;
  interface Response {
    status(status: number): Response;
    set(headers: Readonly<Record<string, string>>): Response;
    send(body: string): void;
    end(): void;
  }
  function express(): {
    disable(setting: string): void;
    get(path: string, handler: (request: Request, response: Response) => void): void;
    listen(port: number, host: string, listening: () => void): Server;
  };
  export = express;
}

declare module 'node:sqlite' {
  class DatabaseSync {
    constructor(path: string);
    exec(sql: string): void;
    prepare(sql: string): { run(...values: readonly (string | number)[]): void };
    close(): void;
  }
}
