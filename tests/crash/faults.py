#!/usr/bin/env python3
"""Fails the k-th call of the server's disk or of its descriptors, for every k, in the middle of every kind of operation, and looks for a false OK.

The preloaded library (disk/) fails calls when told to by a page that this program shares with it: open, read, write, flush, rename, remove, reserve, and whatever makes a descriptor, with EIO, ENOSPC, EMFILE or half of a write, once or several times.
While it does, an answer is OK, and then it holds, also after a kill and a power cut; or one of those that say that it may be tried again. The process lives; when the fault is gone the next operation works, within 5 s while the store reopens itself.
The same while the store reopens, and while the server starts."""
import errno, imaplib, itertools, mmap, os, random, struct, time, traceback
from proof import Proof, ROOT
from client import ALLOWED, Client, PATIENCE, Refused
from disk.lose import lose
from ledger import Ledger
from lib.rookery import Server

LIBRARY = ROOT / 'build/release/tests/libforgetful_disk.so'
CLASSES = ['none', 'open', 'read', 'write', 'sync', 'rename', 'remove', 'reserve', 'descriptor']   # disk.h
SHORT = 0
ERRORS = {'open': [errno.EIO, errno.EMFILE, errno.ENOSPC], 'read': [errno.EIO], 'write': [errno.EIO, errno.ENOSPC, SHORT], 'sync': [errno.EIO, errno.ENOSPC], 'rename': [errno.EIO, errno.ENOSPC],
          'remove': [errno.EIO], 'reserve': [errno.ENOSPC], 'descriptor': [errno.EMFILE]}
STRIDES = {'reopening': 3, 'start': 7}   # they make many calls: one sweep takes every third, the next perhaps others


class Orders:
    """The page of disk.h: two orders, each for the calls of one class."""
    def __init__(self, path):
        path.write_bytes(bytes(64))
        with open(path, 'r+b') as f: self.page = mmap.mmap(f.fileno(), 64)

    def give(self, number, of, error, before, times=1):
        self.drop(number)
        struct.pack_into('<iqqQ', self.page, 32 * number + 4, error, before, times, 0)
        struct.pack_into('<I', self.page, 32 * number, CLASSES.index(of))

    def drop(self, number): struct.pack_into('<I', self.page, 32 * number, 0)
    def hits(self, number): return struct.unpack_from('<Q', self.page, 32 * number + 24)[0]
    def left(self, number): return struct.unpack_from('<q', self.page, 32 * number + 16)[0]


OPERATIONS = ['deliver', 'deliver large', 'append', 'append large', 'store', 'copy', 'move', 'expunge', 'rename', 'create', 'delete', 'quit', 'open', 'read']


class Run:
    """The server, its client, and a bystander whose SUBSCRIBE says that the store is open again."""
    def __init__(self, proof):
        self.proof, self.random = proof, random.Random(proof.options.seed)
        self.ledger = Ledger()
        proof.problems = self.ledger.problems
        self.server = Server({'alice': 'alice-secret', 'bob': 'bob-secret'}, config='[store]\nreserve = "8 MB"', server='landlock = false\nseccomp = false')
        self.orders = Orders(self.server.folder / 'faults')
        self.journal = f'{self.server.folder}/journal'
        self.server.serve_env = {'LD_PRELOAD': str(LIBRARY), 'FORGETFUL_FOLDER': f'{self.server.folder}/data', 'FORGETFUL_FAULTS': f'{self.server.folder}/faults', 'FORGETFUL_JOURNAL': self.journal}
        self.client = Client(self.server, self.ledger, 'alice', proof.options.seed)
        self.now = 'the beginning'
        self.server.start()
        self.subscribed = {'alice': False, 'bob': False}
        self.connect_bob()
        self.client.connect()
        for imap in (self.bob, self.client.probe): imap.unsubscribe('INBOX')

    def problem(self, text): self.ledger.problem(f'{self.now}: {text}')

    def connect_bob(self):
        self.bob = imaplib.IMAP4('127.0.0.1', self.server.port['imap'], timeout=PATIENCE + 15)
        self.bob.login('bob', 'bob-secret')

    def is_well(self):
        if self.server.process.poll() is not None:
            self.problem(f'the server ended with {self.server.process.returncode}: {(self.server.folder / "stderr").read_text()[-500:]}')
            return False
        return True

    def attempt(self, operation):
        """Does it under faults; notes an answer that is not allowed."""
        try: self.client.do(operation)
        except Refused as refused:
            said = refused.args[0][0] or b''
            self.proof.count('refused')
            if not ALLOWED.search(said): self.problem(f'the answer {said!r}')
        except TimeoutError: self.problem('no answer')
        except (OSError, EOFError, imaplib.IMAP4.abort) as error:
            self.client.unsettled, self.client.imap = True, None
            # FETCH may fail in the middle of a literal, whose length was told.
            is_told = 'The mailbox is gone' in str(error)   # BYE: it was read anew after a commit that failed, and is not as the session was told
            if 'descriptor' not in self.now and operation not in ('read', 'open') and not is_told: self.problem(f'the connection ended: {error!r}')
            self.proof.count('connections ended')

    def patiently(self, what):
        """Until it is done: the store may be opening itself."""
        begin = time.monotonic()
        while True:
            try:
                kind, said = what()
                if kind == 'OK': break
            except Refused as refused: said = refused.args[0]
            if time.monotonic() - begin > PATIENCE: return self.problem(f'still refused {PATIENCE} s after the fault: {said}')
            time.sleep(0.005)
        self.proof.note('s longest recovery', time.monotonic() - begin)

    def change(self, user, imap):
        """Something that is not so yet."""
        kind, said = imap.unsubscribe('INBOX') if self.subscribed[user] else imap.subscribe('INBOX')
        if kind == 'OK': self.subscribed[user] = not self.subscribed[user]
        return kind, said

    def wait_for_store(self): self.patiently(lambda: self.change('bob', self.bob))

    def recover(self):
        """The fault is gone: the store opens again. What was refused may be in its log and come back with it; it is looked up when the account has been read anew, which its next change does."""
        self.wait_for_store()
        self.patiently(self.client.open)
        self.patiently(lambda: self.change('alice', self.client.probe))
        if not self.client.unsettled: return
        self.client.connect()
        self.client.settle()

    def inject(self, operation, of, error, times, k):
        """The k-th call of the class fails during the operation. Returns whether any did."""
        name = errno.errorcode.get(error, 'half')
        self.now = f'{operation}, {of} {k}..{k + times - 1} {name}'
        self.client.ready(operation)
        self.orders.give(0, of, error, k - 1, times)
        self.attempt(operation)
        if self.orders.hits(0) and self.orders.left(0) > 0: time.sleep(0.02)   # the store opens itself meanwhile
        self.orders.drop(0)
        return self.after(0)

    def inject_in_reopening(self, of, error, times, k):
        """A flush fails, and then the k-th call of the class while the store opens itself."""
        self.now = f'reopening, {of} {k}..{k + times - 1} {errno.errorcode.get(error, "half")}'
        self.client.ready('append')
        self.orders.give(1, of, error, k - 1 + (of == 'sync'), times)
        self.orders.give(0, 'sync', errno.EIO, 0)
        self.attempt('append')
        time.sleep(0.02)
        self.orders.drop(0)
        if self.orders.hits(1) == 0: self.wait_for_store()   # until it has opened the fault may still come
        self.orders.drop(1)
        return self.after(1)

    def inject_in_start(self, of, error, times, k):
        self.now = f'start, {of} {k}..{k + times - 1} {errno.errorcode.get(error, "half")}'
        self.end()
        self.orders.give(0, of, error, k - 1, times)
        before = os.path.getsize(self.server.folder / 'stderr')
        try: self.server.start()
        except RuntimeError as failed:
            code = self.server.process.poll()
            if code is None or code <= 0: self.problem(f'{failed}')
            elif os.path.getsize(self.server.folder / 'stderr') == before: self.problem(f'it ended with {code} and said nothing')
            self.proof.count('starts refused')
        self.orders.drop(0)
        if self.server.process.poll() is None: self.server.kill()
        self.begin_again()
        return self.after(0)

    def after(self, order):
        hits = self.orders.hits(order)
        self.proof.count('injections', hits)
        if self.is_well(): self.recover()
        return hits > 0

    def end(self):
        """A kill, and now and then a power cut."""
        self.server.kill()
        if self.random.random() < 0.5: lose(f'{self.server.folder}/data', self.journal, self.random.randrange(1 << 30))
        self.proof.count('kills and cuts')

    def begin_again(self):
        self.server.start()
        self.connect_bob()
        self.client.connect()
        self.client.settle()


def sweeps(rng):
    """All of them, in another order each time."""
    every = [(operation, of, error, times) for operation in [*OPERATIONS, 'reopening', 'start'] for of, errors in ERRORS.items() for error in errors for times in (1, 3, 1000)]
    # Without descriptors nobody is answered: that is not for ever.
    every = [s for s in every if s[3] == 1 or s[0] not in ('reopening', 'start') and (s[1] != 'descriptor' or s[3] == 3)]
    while True:
        rng.shuffle(every)
        yield from every


def one(run, operation, *what):
    """Returns whether any call failed."""
    try:
        if operation == 'reopening': return run.inject_in_reopening(*what)
        if operation == 'start': return run.inject_in_start(*what)
        return run.inject(operation, *what)
    except Exception as error:   # what is asked without a fault, and is refused
        run.problem(f'{error!r} at {traceback.extract_tb(error.__traceback__)[-3:]}')
        return False


def main():
    proof = Proof('faults', __doc__, injections=20_000)
    run, since = Run(proof), 0
    for operation, of, error, times in sweeps(run.random):
        stride = STRIDES.get(operation, 1)
        for k in itertools.count(run.random.randint(1, stride), stride):
            if not proof.goes_on(): break
            hit = one(run, operation, of, error, times, k)
            since += 1
            if not hit: break
        if not proof.goes_on(): break
        if since > 100:
            since, run.now = 0, 'a kill'
            try: run.end(); run.begin_again()
            except Exception as error:
                run.problem(f'{error!r}')
                break
    if run.server.process.poll() is None: run.server.kill()
    if run.ledger.problems: print(f'data folder kept: {run.server.folder}')
    else: run.server.__exit__(None, None, None)
    proof.finish()


main()
