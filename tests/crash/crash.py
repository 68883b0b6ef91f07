#!/usr/bin/env python3
"""./dev crash: kills the server with SIGKILL under mixed load and looks for what was lost.

A ledger outside the server knows, for every message, what was acknowledged (where it is, its flags, that it is gone) and which one operation may be in flight. After each kill the
server must come back with exactly the acknowledged state, plus or minus that operation. A kill counts only when an operation was in flight and at least 20 were
acknowledged since the last.

What is looked for: acknowledged messages lost, expunged ones back, flags lost, a UID given to a second message, UIDVALIDITY changed, HIGHESTMODSEQ gone back, torn bytes, `rookery check`
not clean, start slower than --ready seconds."""
import argparse, hashlib, imaplib, os, random, re, sys, threading, time
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..'))
from lib.rookery import Server, make_message

imaplib._MAXLINE = 50_000_000


class Message:
    """One message of the ledger. `states` are the places and flags that it may be in: one when nothing is in flight, two otherwise."""
    def __init__(self, token, digest):
        self.token, self.digest = token, digest
        self.states = [None]            # None: nowhere; else (mailbox, frozenset(flags))
        self.uid = None
        self.lock = threading.Lock()


class Ledger:
    def __init__(self):
        self.messages, self.acknowledged, self.in_flight = {}, 0, 0
        self.by_kind = {}
        self.lock = threading.Lock()
        self.uid_owner, self.uidvalidity, self.modseq = {}, {}, {}

    def begin(self, message, new_state):
        with self.lock: self.in_flight += 1
        message.states = [message.states[0], new_state]

    def done(self, message, kind, ok):
        """After an answer. A refusal leaves the old state; no answer at all leaves both (the caller raises instead of calling this)."""
        message.states = [message.states[1 if ok else 0]]
        with self.lock:
            self.in_flight -= 1
            if ok:
                self.acknowledged += 1
                self.by_kind[kind] = self.by_kind.get(kind, 0) + 1


class Worker(threading.Thread):
    def __init__(self, server, ledger, seed, user, number):
        super().__init__(daemon=True)
        self.server, self.ledger, self.user, self.number = server, ledger, user, number
        self.random = random.Random(seed)
        self.boxes = [f'w{number}-a', f'w{number}-b']
        self.mine, self.count = [], 0
        self.refused = []

    def new_message(self):
        self.count += 1
        token = f't{self.user}-{self.number}-{self.count}-{self.random.randrange(1 << 30):x}'
        size = self.random.choice([600, 2000, 8000, 8000, 60_000, 400_000])
        data = make_message(token, size)
        message = Message(token, hashlib.md5(data).hexdigest())
        self.ledger.messages[token] = message
        return message, data

    def run(self):
        try:
            self.work()
        except (OSError, imaplib.IMAP4.abort, EOFError, RuntimeError):
            pass   # the server was killed

    def say(self, imap, *words):
        kind, data = imap.uid(*words)
        return kind == 'OK', data


class LmtpWorker(Worker):
    def work(self):
        while True:
            message, data = self.new_message()
            # Trace fields are put before the bytes: the body's own digest is what comes back.
            self.ledger.begin(message, ('INBOX', frozenset()))
            self.server.deliver(self.user, data)
            self.ledger.done(message, 'deliver', True)


class ImapWorker(Worker):
    def work(self):
        imap = imaplib.IMAP4('127.0.0.1', self.server.port['imap'])
        imap.login(self.user, self.server.accounts[self.user])
        for box in self.boxes: imap.create(box)
        while True:
            live = [m for m in self.mine if m.states[0] is not None]
            choice = self.random.random()
            if len(live) < 5 or choice < 0.35: self.append(imap)
            elif choice < 0.65: self.store(imap, self.random.choice(live))
            elif choice < 0.85: self.move(imap, self.random.choice(live))
            else: self.expunge(imap, self.random.choice(live))

    def answered(self, message, kind, ok, data):
        if not ok: self.refused.append((kind, data))
        self.ledger.done(message, kind, ok)

    def append(self, imap):
        message, data = self.new_message()
        box = self.random.choice(self.boxes)
        self.ledger.begin(message, (box, frozenset(['\\Flagged'])))
        kind, said = imap.append(box, '(\\Flagged)', None, data)
        code = re.search(rb'APPENDUID (\d+) (\d+)', said[0] or b'')
        if kind == 'OK': message.uid = int(code[2])
        self.answered(message, 'append', kind == 'OK', said)
        self.mine.append(message)

    def select(self, imap, box):
        if getattr(self, 'selected', None) != box: imap.select(box)
        self.selected = box

    def store(self, imap, message):
        box, flags = message.states[0]
        self.select(imap, box)
        flag = self.random.choice(['\\Seen', '\\Answered', '$Work'])
        add = flag not in flags
        self.ledger.begin(message, (box, flags | {flag} if add else flags - {flag}))
        ok, said = self.say(imap, 'STORE', str(message.uid), '+FLAGS' if add else '-FLAGS', f'({flag})')
        self.answered(message, 'store', ok, said)

    def move(self, imap, message):
        box, flags = message.states[0]
        to = self.boxes[1 - self.boxes.index(box)]
        self.select(imap, box)
        self.ledger.begin(message, (to, flags))
        imap.untagged_responses.pop('COPYUID', None)
        ok, said = self.say(imap, 'MOVE', str(message.uid), to)
        codes = imap.untagged_responses.pop('COPYUID', None)
        if ok: message.uid = int(codes[-1].split()[-1])
        self.answered(message, 'move', ok, said)

    def expunge(self, imap, message):
        box, flags = message.states[0]
        self.select(imap, box)
        self.ledger.begin(message, (box, flags | {'\\Deleted'}))
        ok, said = self.say(imap, 'STORE', str(message.uid), '+FLAGS', '(\\Deleted)')
        self.answered(message, 'store', ok, said)
        if not ok: return
        self.ledger.begin(message, None)
        ok, said = self.say(imap, 'EXPUNGE', str(message.uid))
        self.answered(message, 'expunge', ok, said)


def digest_of(data):
    """Without the trace fields that delivery put in front."""
    start = data.find(b'From: Sender <')
    return hashlib.md5(data[start:]).hexdigest()


def verify(server, ledger, user, boxes, problems):
    """Compares what the server has with the ledger, and settles what was in flight to what is there."""
    imap = imaplib.IMAP4('127.0.0.1', server.port['imap'])
    imap.login(user, server.accounts[user])
    found = {}
    for box in boxes:
        kind, data = imap.status(box, '(UIDVALIDITY HIGHESTMODSEQ)')
        if kind != 'OK': continue
        facts = {k: int(v) for k, v in re.findall(r'([A-Z]+) (\d+)', data[0].decode().rsplit('(', 1)[1])}
        key = (user, box)
        if ledger.uidvalidity.setdefault(key, facts['UIDVALIDITY']) != facts['UIDVALIDITY']: problems.append(f'UIDVALIDITY of {key} changed')
        if facts['HIGHESTMODSEQ'] < ledger.modseq.get(key, 0): problems.append(f'HIGHESTMODSEQ of {key} went back')
        ledger.modseq[key] = facts['HIGHESTMODSEQ']
        imap.select(box, readonly=True)
        kind, data = imap.uid('FETCH', '1:*', '(UID FLAGS BODY.PEEK[HEADER.FIELDS (X-Token)])')
        for part in data or []:
            if not isinstance(part, tuple): continue
            line = part[0].decode()
            uid = int(re.search(r'UID (\d+)', line)[1])
            flags = frozenset(f for f in re.search(r'FLAGS \(([^)]*)\)', line)[1].split() if f != '\\Recent')
            token = part[1].decode().split(':', 1)[1].strip() if b':' in part[1] else ''
            if token not in ledger.messages: problems.append(f'{box} UID {uid}: unknown or torn message {part[1]!r}'); continue
            if ledger.uid_owner.setdefault((user, box, uid), token) != token: problems.append(f'UID {uid} of {box} was given to a second message')
            found.setdefault(token, []).append((box, flags, uid))
    for message in ledger.messages.values():
        if not message.token.startswith(f't{user}-'): continue
        places = found.get(message.token, [])
        allowed = message.states
        if len(places) > 1: problems.append(f'{message.token}: in {len(places)} places: {places}, allowed {allowed}')
        state = (places[0][0], places[0][1]) if places else None
        if state not in allowed: problems.append(f'{message.token}: is {state}, allowed {allowed}')
        # Bytes: of whatever changed since the last look.
        if places and (len(allowed) > 1 or not getattr(message, 'looked', False)):
            box, _, uid = places[0]
            imap.select(box, readonly=True)
            kind, data = imap.uid('FETCH', str(uid), '(BODY.PEEK[])')
            if not data or not isinstance(data[0], tuple) or digest_of(data[0][1]) != message.digest: problems.append(f'{message.token}: its bytes are not what was sent')
            message.looked = True
        message.states = [state]
        message.uid = places[0][2] if places else None
        ledger.in_flight = 0
    imap.logout()


def main():
    options = argparse.ArgumentParser(prog='./dev crash', description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument('--kills', type=int, default=50)
    options.add_argument('--seed', type=int, default=None, help='of the choices; the moments of the kills vary all the same')
    options.add_argument('--ready', type=float, default=1.0, help='seconds in which the server must answer after a kill')
    options = options.parse_args()
    seed = options.seed if options.seed is not None else random.randrange(1 << 30)
    rng = random.Random(seed)
    print(f'seed {seed}, {options.kills} kills')
    ledger, problems, kills, slowest = Ledger(), [], 0, 0.0
    users = {'alice': 'alice-secret', 'bob': 'bob-secret'}
    server = Server(users)
    slowest = max(slowest, server.start())
    kept, boxes = {}, ['INBOX'] + [f'w{n}-{x}' for n in range(1, 3) for x in 'ab']
    with_server = time.monotonic()
    while kills < options.kills and not problems:
        workers = []
        for user in users:
            workers.append(LmtpWorker(server, ledger, rng.random(), user, 0))
            workers += [ImapWorker(server, ledger, rng.random(), user, n) for n in (1, 2)]
        for worker in workers:
            worker.mine = kept.get((worker.user, worker.number), [])
            worker.count = kept.get((worker.user, worker.number, 'count'), 0)
            worker.start()
        before = ledger.acknowledged
        deadline = time.monotonic() + 20
        while ledger.acknowledged - before < 20 and time.monotonic() < deadline: time.sleep(0.002)
        time.sleep(rng.random() * 0.3)
        counts = ledger.in_flight > 0 and ledger.acknowledged - before >= 20
        server.kill()
        for worker in workers: worker.join(30)
        for worker in workers:
            kept[(worker.user, worker.number)], kept[(worker.user, worker.number, 'count')] = worker.mine, worker.count
            for kind, said in worker.refused[:1]: problems.append(f'{kind} was refused: {said}')
        if time.monotonic() > deadline: problems.append('fewer than 20 operations were acknowledged in 20 s')
        kills += counts
        checked = server.cli('check', check=False)
        if checked.returncode: problems.append(f'rookery check: {checked.stdout}{checked.stderr}')
        took = server.start()
        slowest = max(slowest, took)
        if took > options.ready: problems.append(f'ready after {took:.2f} s')
        for user in users: verify(server, ledger, user, boxes, problems)
        if kills % 10 == 0: print(f'{kills} kills, {ledger.acknowledged} acknowledged, {len(problems)} problems')
    server.stop()
    print(f'{kills} kills in {time.monotonic() - with_server:.0f} s; {ledger.acknowledged} operations acknowledged: '
          + ', '.join(f'{n} {kind}' for kind, n in sorted(ledger.by_kind.items())) + f'; slowest start {slowest:.2f} s; problems: {len(problems)}')
    for line in problems[:40]: print(line)
    if problems: print(f'data folder kept: {server.folder}')
    else: server.__exit__(None, None, None)
    sys.exit(1 if problems or kills < options.kills else 0)


main()
