"""What is measured from outside: the load generator's answers, and of a server's process tree the CPU, the memory and the flushes."""
import json, os, re, signal, subprocess, tempfile, time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOAD = ROOT / 'build/release/bench/load'


def load(*words, timeout=3600):
    """The answer of the load generator. Errors of the server are in it; it raises when the generator itself could not work."""
    done = subprocess.run([LOAD, *map(str, words)], capture_output=True, text=True, timeout=timeout)
    if done.returncode > 1 or not done.stdout: raise RuntimeError(f'load {" ".join(map(str, words))[:300]}: {done.stdout}{done.stderr}')
    return json.loads(done.stdout)


def tree(pid):
    pids, children = [pid], {}
    for entry in Path('/proc').iterdir():
        if entry.name.isdigit():
            try: children.setdefault(int((entry / 'stat').read_text().rsplit(')', 1)[1].split()[1]), []).append(int(entry.name))
            except OSError: pass
    for p in pids: pids += children.get(p, [])
    return pids


def memory(pid):
    """Proportional set size of the process tree in KB: shared pages are counted once."""
    total = 0
    for p in tree(pid):
        try: total += sum(int(line.split()[1]) for line in Path(f'/proc/{p}/smaps_rollup').read_text().splitlines() if line.startswith('Pss:'))
        except OSError: pass
    return total


def cpu(pid):
    """Seconds of CPU that the process tree has used, with its ended children."""
    ticks = 0
    for p in tree(pid):
        try: ticks += sum(int(x) for x in Path(f'/proc/{p}/stat').read_text().rsplit(')', 1)[1].split()[11:15])
        except OSError: pass
    return ticks / os.sysconf('SC_CLK_TCK')


def traced(pid):
    try: return 'TracerPid:\t0' not in Path(f'/proc/{pid}/status').read_text()
    except OSError: return True   # it has ended


def flushes(pid, work):
    """fsync and fdatasync calls of the process tree while work() runs."""
    pids = tree(pid)
    with tempfile.NamedTemporaryFile('r') as out:
        strace = subprocess.Popen(['strace', '-f', '-q', '-c', '-e', 'trace=fsync,fdatasync', '-o', out.name, *[w for p in pids for w in ('-p', str(p))]],
                                  stderr=subprocess.PIPE, text=True)
        try:
            deadline = time.monotonic() + 10
            while not all(traced(p) for p in pids):
                if strace.poll() is not None or time.monotonic() > deadline: raise RuntimeError(f'strace cannot attach: {strace.stderr.read() if strace.poll() is not None else ""}')
                time.sleep(0.02)
            work()
        finally:
            if strace.poll() is None: strace.send_signal(signal.SIGINT)
            strace.communicate()
        table = out.read()
    counts = {'fsync': 0, 'fdatasync': 0}
    # % time, seconds, usecs/call, calls, errors (or nothing), syscall
    for calls, name in re.findall(r'^\s*[\d.]+\s+[\d.]+\s+\d+\s+(\d+)\s+(?:\d+\s+)?(fsync|fdatasync)$', table, re.M): counts[name] = int(calls)
    return counts
