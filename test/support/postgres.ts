import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, chownSync, existsSync, mkdirSync, readdirSync } from 'node:fs';
import { userInfo } from 'node:os';
import { delimiter, join } from 'node:path';
import { scratch, until } from './cli.ts';
import { freePort } from './free-port.ts';

/** Where the programs of the newest PostgreSQL here are: on the PATH, or where Debian puts them. */
const programs = ((): string | undefined => {
  const onPath = (process.env['PATH'] ?? '').split(delimiter);
  const debian = '/usr/lib/postgresql';
  const versions = existsSync(debian) ? readdirSync(debian).sort((a, b) => Number(b) - Number(a)) : [];
  return [...onPath, ...versions.map((version) => join(debian, version, 'bin'))].find((folder) =>
    ['initdb', 'postgres', 'pg_isready'].every((program) => existsSync(join(folder, program))),
  );
})();

export const hasPostgres = programs !== undefined;

/** PostgreSQL refuses to run as root: then it runs as the user that its package has made. */
const asUser = (): Readonly<{ uid?: number; gid?: number }> => {
  if (userInfo().uid !== 0) return {};
  const id = (what: string) => Number(execFileSync('id', [what, 'postgres'], { encoding: 'utf8' }));
  return { uid: id('-u'), gid: id('-g') };
};

/** A PostgreSQL server with an empty cluster, on a free port of this machine. */
export const startPostgres = async (): Promise<Readonly<{ url: string; stop(): Promise<void> }>> => {
  const folder = scratch();
  const user = asUser();
  const data = join(folder.path, 'data');
  mkdirSync(data, { mode: 0o700 });
  chmodSync(folder.path, 0o755);
  if (user.uid !== undefined && user.gid !== undefined) chownSync(data, user.uid, user.gid);
  const port = await freePort();
  const program = (name: string) => join(programs ?? '', name);
  const options = { ...user, cwd: data, env: { PATH: process.env['PATH'], LC_ALL: 'C.UTF-8' } };
  try {
    execFileSync(program('initdb'), ['-D', data, '-U', 'miyabi', '-A', 'trust', '--no-sync', '-E', 'UTF8'], {
      ...options,
      stdio: 'pipe',
    });
  } catch (error) {
    folder.remove();
    throw error;
  }
  const settings = [
    'listen_addresses=127.0.0.1',
    `unix_socket_directories=${data}`,
    'fsync=off',
    'max_connections=200',
  ];
  const server = spawn(
    program('postgres'),
    ['-D', data, '-p', String(port), ...settings.flatMap((setting) => ['-c', setting])],
    { ...options, stdio: 'ignore' },
  );
  const ended = once(server, 'close');
  const url = `postgres://miyabi@127.0.0.1:${port}/postgres`;
  const stop = async () => {
    // Fast: it does not wait for its clients.
    server.kill('SIGINT');
    await ended;
    folder.remove();
  };
  try {
    const isReady = () => {
      try {
        execFileSync(program('pg_isready'), ['-d', url, '-q'], { env: options.env });
        return true;
      } catch {
        return false;
      }
    };
    await until('PostgreSQL answers', isReady, 60_000);
  } catch (error) {
    await stop();
    throw error;
  }
  return { url, stop };
};
