"""Rounds of load and blow: the workers work, something ends the server, it comes back, and everything is compared with the ledger."""
import random, time
from ledger import Ledger, verify
from lib.rookery import Server
from workers import USERS, make_workers

ENOUGH = 20   # operations that must be acknowledged before a blow


def run(proof, blow, env=None, ready=1.0, config=''):
    """`blow(server)` ends the server and does to its files what it likes that a machine without power would do. Each round counts one of proof's unit when an operation was in flight and
    ENOUGH were acknowledged since the last. Leaves the data folder behind when something was lost."""
    rng = random.Random(proof.options.seed)
    ledger, server = Ledger(), Server(USERS, env=env, config=config)
    workers = make_workers(server, ledger, proof.options.seed)
    server.start()
    while proof.goes_on():
        before, deadline = ledger.acknowledged, time.monotonic() + 20
        for worker in workers: worker.start()
        while ledger.acknowledged - before < ENOUGH and time.monotonic() < deadline: time.sleep(0.002)
        time.sleep(rng.random() * 0.3)
        counts = ledger.in_flight > 0 and ledger.acknowledged - before >= ENOUGH
        blow(server)
        for worker in workers:
            worker.join()
            for kind, said in worker.refused[:1]: ledger.problem(f'{kind} was refused: {said}')
        ledger.in_flight = 0
        if time.monotonic() > deadline: ledger.problem(f'fewer than {ENOUGH} operations were acknowledged in 20 s')
        checked = server.cli('check', check=False)
        if checked.returncode: ledger.problem(f'rookery check: {checked.stdout}{checked.stderr}')
        took = server.start()
        proof.note('s slowest start', took)
        if took > ready: ledger.problem(f'ready after {took:.2f} s')
        for user in USERS: verify(server, ledger, user)
        proof.count(proof.unit, counts)
        proof.counts['operations acknowledged'] = ledger.acknowledged
        proof.problems = ledger.problems
    server.stop()
    print('  ' + ', '.join(f'{n:,} {kind}' for kind, n in sorted(ledger.by_kind.items())))
    if ledger.problems: print(f'data folder kept: {server.folder}')
    else: server.__exit__(None, None, None)
