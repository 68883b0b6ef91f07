"""A server that makes one of the mistakes of src/base/sabotage.h, and that a test which looks for it finds it."""
import os, subprocess
from lib.rookery import ROOT

SABOTAGED = ROOT / 'build/release/tests/sabotaged_rookery'


def sabotage(kind):
    """From now on this process and those that it starts test the server that does `kind`."""
    os.environ['ROOKERY'], os.environ['ROOKERY_SABOTAGE'] = str(SABOTAGED), kind


def turns_red(name, kind, command, find):
    """Whether the command fails with --sabotage KIND; says so, with what find(its output) says that it found."""
    done = subprocess.run([*map(str, command), '--sabotage', kind], capture_output=True, text=True)
    found = find(done.stdout)
    is_red = done.returncode == 1 and found is not None
    print(f'{"red  " if is_red else "GREEN"} {name} on a server that does {kind}: {(found or "")[:160]}', flush=True)
    if not is_red: print(done.stdout[-2000:] + done.stderr[-2000:])
    return is_red
