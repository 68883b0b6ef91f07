"""Rounds of load and blow: the workers work, something ends the server, it comes back, and everything is compared with the ledger."""
import imaplib, random, time
from ledger import Ledger, verify
from lib.rookery import Server, make_message
from workers import USERS, make_workers, set_to_work


def fill(server, user, messages):
    """Puts so many into the INBOX of a user whom no worker has, so that the store is as large as one in use. Returns what STATUS must say from then on."""
    imap = imaplib.IMAP4('127.0.0.1', server.port['imap'])
    imap.login(user, server.accounts[user])
    for n in range(min(messages, 1000)): imap.append('INBOX', None, None, make_message(f'full-{n}', 1500))
    imap.select('INBOX')
    for _ in range(messages // 1000 - 1): imap.copy('1:1000', 'INBOX')
    return read_status(server, user)


def read_status(server, user):
    imap = imaplib.IMAP4('127.0.0.1', server.port['imap'])
    imap.login(user, server.accounts[user])
    return imap.status('INBOX', '(MESSAGES UNSEEN UIDNEXT UIDVALIDITY HIGHESTMODSEQ)')[1]


def run(proof, blow, env=None, ready=1.0, config='', messages=0, prepare=None, settings=''):
    """`blow(server)` ends the server and does to its files what it likes that a machine without power would do; `prepare(server)` comes before its first start. Each round counts one of proof's unit when an operation was in flight and
    the workers were busy before; `messages` more lie in the store. Leaves the data folder behind when something was lost."""
    rng = random.Random(proof.options.seed)
    ledger, server = Ledger(), Server({**USERS, 'full': 'full-secret'}, env=env, config=config, server=settings)
    proof.problems = ledger.problems
    if prepare: prepare(server)
    workers = make_workers(server, ledger, proof.options.seed)
    server.start()
    full = fill(server, 'full', messages) if messages else None
    while proof.goes_on():
        is_busy = set_to_work(server, ledger, workers)
        time.sleep(rng.random() * 0.3)
        counts = is_busy and ledger.in_flight > 0
        blow(server)
        for worker in workers:
            worker.join()
            for kind, said in worker.refused[:1]: ledger.problem(f'{kind} was refused: {said}')
        ledger.in_flight = 0
        checked = server.cli('check', check=False)
        if checked.returncode: ledger.problem(f'rookery check: {checked.stdout}{checked.stderr}')
        try: took = server.start()
        except RuntimeError as error:
            ledger.problem(f'it does not start: {error}')
            break
        proof.note('s slowest start', took)
        if took > ready: ledger.problem(f'ready after {took:.2f} s')
        for user in USERS: verify(server, ledger, user)
        if full and (now := read_status(server, 'full')) != full: ledger.problem(f'a mailbox that nobody changed was {full} and is {now}')
        proof.count(proof.unit, counts)
        proof.counts['operations acknowledged'] = ledger.acknowledged
    if server.process.poll() is None: server.stop()
    print('  ' + ', '.join(f'{n:,} {kind}' for kind, n in sorted(ledger.by_kind.items())))
    if ledger.problems: print(f'data folder kept: {server.folder}')
    else: server.__exit__(None, None, None)
