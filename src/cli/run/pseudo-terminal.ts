import { spawn, spawnSync } from 'node:child_process';
import { closeSync, constants, openSync, readFileSync } from 'node:fs';

/**
 * A pseudo-terminal for the command, so that it sees a terminal if the user has one: it asks its questions, shows its
 * colours and its own bars. Node cannot create one by itself, and native modules are excluded; but it can open
 * `/dev/ptmx`, and the two missing ioctl calls are made by Perl or Python in a moment.
 */
export type PseudoTerminal = Readonly<{
  /** Miyabi's side: a file descriptor, which the caller closes. */
  master: number;
  /** The path of the command's side. */
  path: string;
  /** Sets the size that the command sees, which signals SIGWINCH to it. */
  resize(rows: number, columns: number): void;
  /** Restores the modes of the user's terminal. */
  restore(): void;
  /** Closes the terminal; only if no command was started on it. */
  close(): void;
}>;

type Size = Readonly<{ rows: number; columns: number }>;

/** Linux: TIOCSPTLCK unlocks the other side, TIOCGPTN returns its number (asm-generic/ioctls.h). */
const UNLOCK = 0x40045431;
const NUMBER = 0x80045430;

const PERL = `$n=pack("i",0);ioctl(STDIN,${UNLOCK},$n)or exit 1;$p=pack("I",0);ioctl(STDIN,${NUMBER},$p)or exit 1;print unpack("I",$p)`;
const PYTHON = `import fcntl,struct;fcntl.ioctl(0,${UNLOCK},struct.pack("i",0));print(struct.unpack("I",fcntl.ioctl(0,${NUMBER},struct.pack("I",0)))[0])`;

/**
 * The command's terminal gets the modes and size of the user's; the user's then passes everything on unchanged. Signal
 * keys are handled by the command's terminal: Ctrl-C interrupts the command alone, and once. One shell does all of it,
 * because the command waits. Prints the number of the terminal and the modes that the user's had.
 */
const PREPARE = [
  'number=$(perl -e "$1" <&3 || python3 -c "$2" <&3)',
  'saved=$(stty -g)',
  'stty -F "/dev/pts/$number" "$saved" rows "$3" columns "$4"',
  'stty raw -echo',
  'echo "$number $saved"',
].join(' && ');

/** Undefined if none can be made: then the command gets pipes. */
export const openPseudoTerminal = ({ rows, columns }: Size): PseudoTerminal | undefined => {
  if (process.platform !== 'linux' || !inForeground()) return undefined;
  let master: number | undefined;
  try {
    master = openSync('/dev/ptmx', constants.O_RDWR | constants.O_NOCTTY);
    const opened = master;
    let restored = false;
    const args = ['-c', PREPARE, 'sh', PERL, PYTHON, String(rows), String(columns)];
    const { stdout } = spawnSync('/bin/sh', args, {
      stdio: ['inherit', 'pipe', 'ignore', opened],
      encoding: 'utf8',
      timeout: HELPER_TIMEOUT_MS,
    });
    const [, number, saved] = /^(\d{1,9}) (\S+)\n$/.exec(stdout) ?? [];
    if (number === undefined || saved === undefined) throw new Error('no helper could set the terminal up');
    const path = `/dev/pts/${number}`;
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
    // No devpts in this container, no helper, or a terminal that stty does not support: pipes are used.
    if (master !== undefined) closeSync(master);
    return undefined;
  }
};

const HELPER_TIMEOUT_MS = 3_000;

/**
 * Whether this process may use its terminal: one in the background would be stopped for changing its modes. Fields 5
 * and 8 of /proc/self/stat are the process group and the one in the foreground (proc(5)).
 */
const inForeground = (): boolean => {
  const stat = readFileSync('/proc/self/stat', 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return fields[2] !== undefined && fields[2] === fields[5];
};
