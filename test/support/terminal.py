"""Runs a command in a pseudo-terminal and reports how it ended, as JSON on the last line of standard output.

  terminal.py OUTPUT ROWS COLUMNS [STEP...] -- COMMAND...

OUTPUT gets the bytes of the terminal. A STEP waits until a text was seen from there on, then acts:
  TEXT=>KEYS  types the keys (Python escapes);  TEXT=>@ROWSxCOLUMNS  resizes;  TEXT=>!NAME  signals the command.
"""
import fcntl, json, os, pty, select, signal, struct, sys, termios, time

split = sys.argv.index('--')
output, rows, columns = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
steps = [tuple(step.split('=>', 1)) for step in sys.argv[4:split]]
command = sys.argv[split + 1:]


def size(fd, r, c):
    fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack('HHHH', r, c, 0, 0))


limit = float(os.environ.get('TERMINAL_LIMIT_SECONDS', 20))
ready, go = os.pipe()
pid, fd = pty.fork()
if pid == 0:
    os.close(go)
    os.read(ready, 1)
    os.execvp(command[0], command)
size(fd, rows, columns)
os.write(go, b'x')
began = time.time()
seen = b''
start = 0
while True:
    if select.select([fd], [], [], 0.02)[0]:
        try:
            data = os.read(fd, 65536)
        except OSError:
            break
        if not data:
            break
        seen += data
    while steps:
        text, act = steps[0]
        at = seen.find(text.encode(), start)
        if at == -1:
            break
        start = at + len(text.encode())
        steps.pop(0)
        if act.startswith('@'):
            size(fd, *map(int, act[1:].split('x')))
        elif act.startswith('!'):
            os.kill(pid, getattr(signal, act[1:]))
        else:
            os.write(fd, act.encode().decode('unicode_escape').encode())
    if time.time() - began > limit:
        os.kill(pid, signal.SIGKILL)
        break
status = os.waitpid(pid, 0)[1]
with open(output, 'wb') as file:
    file.write(seen)
died = os.WIFSIGNALED(status)
print(json.dumps({'code': None if died else os.WEXITSTATUS(status), 'signal': signal.Signals(os.WTERMSIG(status)).name if died else None, 'steps_left': len(steps)}))
