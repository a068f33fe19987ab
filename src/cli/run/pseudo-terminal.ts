import { type SpawnSyncOptions, spawn, spawnSync } from 'node:child_process';
import { closeSync, constants, openSync, readFileSync } from 'node:fs';

/**
 * A pseudo-terminal for the command, so that it sees a terminal where the user has one: it asks its questions, shows
 * its colours and its own bars. Node cannot make one by itself, and a native module is out of the question; but it can
 * open `/dev/ptmx`, and all that is then missing are two ioctl calls, which Perl or Python make in a moment.
 */
export type PseudoTerminal = Readonly<{
  /** The side that Miyabi reads and writes: a file descriptor, the caller's to close. */
  master: number;
  /** The path of the side that the command gets. */
  path: string;
  /** Sets the size that the command sees; it is told by SIGWINCH. */
  resize(rows: number, columns: number): void;
  /** Gives the user's terminal its modes back. */
  restore(): void;
  /** Gives the terminal up; only for one that no command was started on. */
  close(): void;
}>;

type Size = Readonly<{ rows: number; columns: number }>;

/** Linux: TIOCSPTLCK unlocks the other side, TIOCGPTN tells its number (asm-generic/ioctls.h). */
const UNLOCK = 0x40045431;
const NUMBER = 0x80045430;

const HELPERS: readonly (readonly [command: string, ...args: string[]])[] = [
  [
    'perl',
    '-e',
    `$n=pack("i",0);ioctl(STDIN,${UNLOCK},$n)or exit 1;$p=pack("I",0);ioctl(STDIN,${NUMBER},$p)or exit 1;print unpack("I",$p)`,
  ],
  [
    'python3',
    '-c',
    `import fcntl,struct;fcntl.ioctl(0,${UNLOCK},struct.pack("i",0));print(struct.unpack("I",fcntl.ioctl(0,${NUMBER},struct.pack("I",0)))[0])`,
  ],
];

/**
 * The command's terminal gets the modes and size of the user's, and the user's passes everything on as it is. `-isig`
 * and its like are then the command's terminal's business: Ctrl-C interrupts the command alone, and once.
 */
const PREPARE =
  'saved=$(stty -g) && stty -F "$1" "$saved" rows "$2" columns "$3" && stty raw -echo && printf %s "$saved"';

/** Undefined where there can be none: then the command gets pipes. */
export const openPseudoTerminal = ({ rows, columns }: Size): PseudoTerminal | undefined => {
  if (process.platform !== 'linux' || !inForeground()) return undefined;
  let master: number | undefined;
  try {
    master = openSync('/dev/ptmx', constants.O_RDWR | constants.O_NOCTTY);
    const opened = master;
    let restored = false;
    const number = unlocked(opened);
    if (number === undefined) throw new Error('nothing here can unlock a pseudo-terminal');
    const path = `/dev/pts/${number}`;
    const prepared = spawnSync('/bin/sh', ['-c', PREPARE, 'sh', path, String(rows), String(columns)], {
      stdio: ['inherit', 'pipe', 'ignore'],
      encoding: 'utf8',
      timeout: HELPER_TIMEOUT_MS,
    });
    const saved = prepared.stdout.trim();
    if (prepared.status !== 0 || saved === '') throw new Error('stty could not set the terminal up');
    return {
      master: opened,
      path,
      resize: (newRows, newColumns) => {
        const args = ['-F', path, 'rows', String(newRows), 'columns', String(newColumns)];
        spawn('stty', args, { stdio: 'ignore' }).on('error', () => undefined);
      },
      close: () => closeSync(opened),
      restore: () => {
        if (restored) return;
        restored = true;
        spawnSync('stty', [saved], { stdio: ['inherit', 'ignore', 'ignore'], timeout: HELPER_TIMEOUT_MS });
      },
    };
  } catch {
    // No devpts in this container, no helper, a terminal that stty does not know: pipes do as well.
    if (master !== undefined) closeSync(master);
    return undefined;
  }
};

const HELPER_TIMEOUT_MS = 3_000;

const unlocked = (master: number): number | undefined => {
  const options: SpawnSyncOptions = { stdio: [master, 'pipe', 'ignore'], timeout: HELPER_TIMEOUT_MS };
  for (const [command, ...args] of HELPERS) {
    const { status, stdout } = spawnSync(command, args, options);
    const number = String(stdout ?? '').trim();
    if (status === 0 && /^\d{1,9}$/.test(number)) return Number(number);
  }
  return undefined;
};

/**
 * Whether this process may use its terminal: one in the background would be stopped for changing its modes. Fields 5
 * and 8 of /proc/self/stat are the process group and the one in the foreground (proc(5)).
 */
const inForeground = (): boolean => {
  const stat = readFileSync('/proc/self/stat', 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return fields[2] !== undefined && fields[2] === fields[5];
};
