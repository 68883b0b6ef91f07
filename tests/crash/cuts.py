#!/usr/bin/env python3
"""Cuts the power of the machine under mixed load: kills the server and takes from its folder what was never flushed.

A preloaded library (disk/) sees every change of a file or name below the data folder and every flush, and disk/lose.py makes of the folder one state that a disk may be in: names, blocks and sizes of what was not flushed are kept or lost
each by itself, torn, reordered. After each cut the same is asked as after a kill. Some cuts come while the server starts, which writes much that it does not flush at once."""
import random, shutil, subprocess, time
from disk.lose import lose
from proof import Proof, ROOT
import rounds

NO_FENCES = 'landlock = false\nseccomp = false'   # the journal lies outside of what the server may touch
LIBRARY = ROOT / 'build/release/tests/libforgetful_disk.so'

proof = Proof('cuts', __doc__, own_sabotages=['lying-disk'], cuts=1000)
rng = random.Random(proof.options.seed)


def forgetful(folder, journal):
    return {'LD_PRELOAD': str(LIBRARY), 'FORGETFUL_FOLDER': folder, 'FORGETFUL_JOURNAL': journal, **({'FORGETFUL_LIES': '1'} if proof.options.sabotage == 'lying-disk' else {})}


def prepare(server): server.serve_env = forgetful(f'{server.folder}/data', f'{server.folder}/journal')


def cut(server):
    server.kill()
    lose_some(server)
    if rng.random() < 0.1: cut_a_new_store(server)
    while rng.random() < 0.2:
        server.launch()
        time.sleep(rng.random() * 0.15)
        server.kill()
        lose_some(server)
        proof.count('in a start')


def cut_a_new_store(server):
    """Whatever a cut leaves of a store that is being made, it can be made again; and what was acknowledged is there."""
    base = server.folder / 'new'
    (base / 'disk').mkdir(parents=True)
    config, journal = base / 'rookery.toml', f'{base}/journal'
    config.write_text(f'data = "{base}/disk/data"\nhostname = "localhost"\n[store]\nreserve = "1 MB"\n')
    words = ['domain', 'add', 'example.test', '--config', config]
    making = subprocess.Popen([server.binary, *words], env={**server.env, **forgetful(f'{base}/disk', journal)}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try: making.wait(rng.random() * 0.4)
    except subprocess.TimeoutExpired: making.kill()
    is_told = making.wait() == 0
    lose(f'{base}/disk', journal, rng.randrange(1 << 30))
    ask = lambda *words: subprocess.run([server.binary, *words, '--config', config], capture_output=True, text=True)
    again, check = ask('domain', 'add', 'example.test'), ask('check')
    if 'example.test' not in ask('domain', 'list').stdout: proof.problems.append(f'a new store: {again.stderr}')
    if is_told and again.returncode == 0: proof.problems.append('a new store: the domain was made, and after the cut made again')
    if check.returncode: proof.problems.append(f'a new store: {check.stdout}{check.stderr}')
    proof.count('of a new store')
    shutil.rmtree(base)


def lose_some(server):
    proof.count('changes not durable', lose(f'{server.folder}/data', f'{server.folder}/journal', rng.randrange(1 << 30)))


rounds.run(proof, cut, prepare=prepare, settings=NO_FENCES, ready=10,   # how soon it is ready is asked of it elsewhere
            config='[store]\nreserve = "8 MB"')
proof.finish()
