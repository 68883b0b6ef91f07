"""The load: clients that change mail without pause, each noting in the ledger what it asks for and what was acknowledged. A worker owns its messages and mailboxes; it lives on through
restarts of the server (a new thread each time)."""
import imaplib, poplib, random, re, threading, time
from ledger import Copy
from lib.rookery import NoAnswer, make_message

ENOUGH = 20   # operations that must be acknowledged before a blow
MUCH = 100    # messages of one worker
SIZES = [600, 2000, 8000, 8000, 60_000, 400_000]


class Worker:
    def __init__(self, server, ledger, user, number, seed):
        self.server, self.ledger, self.user, self.number = server, ledger, user, number
        self.random = random.Random(f'{seed} {user} {number}')
        self.mine, self.boxes, self.count, self.refused = [], [], 0, []
        self.thread, self.goes_on = None, False

    def start(self):
        self.goes_on = True
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def join(self): self.thread.join(30)

    def stop(self):
        """After what it is doing."""
        self.goes_on = False
        self.join()

    def run(self):
        try: self.work()
        except (OSError, imaplib.IMAP4.abort, EOFError, NoAnswer): pass   # the server was killed
        except Exception as error:
            if repr(error) != "error_proto('-ERR EOF')": self.ledger.problem(f'{type(self).__name__} of {self.user}: {error!r}')

    def new_message(self):
        self.count += 1
        token = f't{self.user}-{self.number}-{self.count}-{self.random.randrange(1 << 30):x}'
        data = make_message(token, self.random.choice(SIZES))
        message = self.ledger.add_message(self.user, token, data)
        return message, data

    def answered(self, kind, ok, said, *things):
        if not ok: self.refused.append((kind, said))
        self.ledger.done(kind, ok, *things)
        return ok

    def deliver(self, box):
        message, data = self.new_message()
        self.ledger.begin((message, [Copy(box, None, frozenset())]))
        self.server.deliver(self.user, data)
        self.ledger.done('deliver', True, message)
        return message


class LmtpWorker(Worker):
    """Delivers to the user's INBOX, and empties it when there is much."""
    def work(self):
        while self.goes_on:
            known = [m for m in self.mine if m.copies and all(c.uid for c in m.copies)]   # LMTP does not tell a UID: seen after a blow
            if len(known) >= MUCH: self.empty(known)
            self.mine = [m for m in self.mine if m.copies] + [self.deliver(self.inbox)]

    def empty(self, messages):
        imap = imaplib.IMAP4('127.0.0.1', self.server.port['imap'])
        imap.login(self.user, self.server.accounts[self.user])
        imap.select('INBOX')
        uids = ','.join(str(c.uid) for m in messages for c in m.copies)   # a restore of a message makes a second
        for words, after in ((('STORE', uids, '+FLAGS', '(\\Deleted)'), lambda c: [c._replace(flags=c.flags | {'\\Deleted'})]), (('EXPUNGE', uids), lambda c: [])):
            self.ledger.begin(*[(m, [new for c in m.copies for new in after(c)]) for m in messages])
            kind, said = imap.uid(*words)
            if not self.answered(words[0].lower(), kind == 'OK', said, *messages): return
        imap.logout()


class PopWorker(Worker):
    """Delivers to the INBOX of a user of its own, and takes some away by POP3: DELE is done when QUIT is answered."""
    def work(self):
        while self.goes_on:
            for _ in range(3): self.deliver(self.inbox)
            pop = poplib.POP3('127.0.0.1', self.server.port['pop3'], timeout=20)
            pop.user(self.user)
            pop.pass_(self.server.accounts[self.user])
            numbers, gone = {}, []   # a restore of a message makes a second copy
            for number in range(1, pop.stat()[0] + 1):
                head = b'\n'.join(pop.top(number, 0)[1])
                numbers.setdefault(re.search(rb'X-Token: (\S+)', head)[1].decode(), []).append(number)
            for token, copies in numbers.items():
                if self.random.random() < 0.5 or copies[-1] > 20:
                    for number in copies: pop.dele(number)
                    gone.append(self.ledger.messages[self.user][token])
            self.ledger.begin(*[(message, []) for message in gone])
            pop.quit()
            self.ledger.done('quit', True, *gone)


class ImapWorker(Worker):
    """Appends, changes flags, copies, moves, expunges in two mailboxes of its own, which it renames; makes, fills and deletes a third."""
    def work(self):
        imap = self.imap = imaplib.IMAP4('127.0.0.1', self.server.port['imap'])
        imap.login(self.user, self.server.accounts[self.user])
        self.selected = None
        if not self.boxes: self.boxes = [self.ledger.add_box(self.user) for _ in range(3)]
        for box in self.boxes[:2]: self.create(box)
        choices = [(self.append, 30), (self.store, 22), (self.copy, 10), (self.move, 14), (self.expunge, 16), (self.rename, 3), (self.make_or_delete, 3), (self.look, 2)]
        while self.goes_on:
            self.mine = [m for m in self.mine if any(c.box.name is not None for c in m.copies)]
            if len(self.mine) < 5: self.append()
            elif len(self.mine) > MUCH: self.expunge()
            else: self.random.choices(*zip(*choices))[0]()

    def name(self):
        self.count += 1
        return f'w{self.number}-{self.count}'

    def create(self, box):
        if box.name is not None: return
        name = self.name()
        self.ledger.begin((box, name))
        kind, said = self.imap.create(name)
        self.answered('create', kind == 'OK', said, box)

    def select(self, box):
        if self.selected is not box:
            kind, said = self.imap.select(box.name)
            if kind != 'OK': self.ledger.problem(f'SELECT of {box} was refused: {said}')
        self.selected = box

    def uid(self, *words):
        kind, said = self.imap.uid(*words)
        return kind == 'OK', said

    def uids_told(self, code):
        """Of a COPYUID: {source: destination}."""
        told = self.imap.untagged_responses.pop('COPYUID', None)
        if not told: return {}
        _, source, destination = told[-1].decode().split()
        numbers = lambda text: [n for part in text.split(',') for n in (lambda a, b: range(int(a), int(b) + 1))(*(part.split(':') * 2)[:2])]
        return dict(zip(numbers(source), numbers(destination)))

    def any(self, most=1):
        """Some messages of one mailbox and their copies there, which may be one of several."""
        message = self.random.choice(self.mine)
        copy = self.random.choice([c for c in message.copies if c.box.name is not None])
        chosen = [(message, copy)]
        for other in self.mine:
            here = [c for c in other.copies if c.box is copy.box]
            if other is not message and len(chosen) < most and here: chosen.append((other, here[0]))
        return copy.box, chosen

    def append(self):
        message, data = self.new_message()
        box = self.random.choice([b for b in self.boxes if b.name is not None])
        flags = frozenset(self.random.choice([[], ['\\Flagged'], ['\\Seen', '$Work']]))
        self.ledger.begin((message, [Copy(box, None, flags)]))
        self.mine.append(message)
        kind, said = self.imap.append(box.name, f'({" ".join(flags)})', None, data)
        told = re.search(rb'APPENDUID (\d+) (\d+)', said[0] or b'')
        if told: message.states[1] = [Copy(box, int(told[2]), flags)]
        self.answered('append', kind == 'OK', said, message)

    def store(self):
        box, chosen = self.any(self.random.choice([1, 1, 5]))
        self.select(box)
        flag, add = self.random.choice(['\\Seen', '\\Answered', '$Work']), self.random.random() < 0.6
        changed = lambda copy: copy._replace(flags=copy.flags | {flag} if add else copy.flags - {flag})
        self.ledger.begin(*[(m, [changed(c) if c is copy else c for c in m.copies]) for m, copy in chosen])
        ok, said = self.uid('STORE', ','.join(str(copy.uid) for _, copy in chosen), '+FLAGS' if add else '-FLAGS', f'({flag})')
        self.answered('store', ok, said, *[m for m, _ in chosen])

    def transfer(self, verb, keep, most):
        box, chosen = self.any(most)
        to = self.random.choice([b for b in self.boxes if b is not box and b.name is not None])
        self.select(box)
        self.imap.untagged_responses.pop('COPYUID', None)
        after = lambda m, copy: [c for c in m.copies if keep or c is not copy] + [Copy(to, None, copy.flags)]
        self.ledger.begin(*[(m, after(m, copy)) for m, copy in chosen], together=keep)
        ok, said = self.uid(verb, ','.join(str(copy.uid) for _, copy in chosen), to.name)
        told = self.uids_told('COPYUID')
        for m, copy in chosen:
            if ok: m.states[1] = [c._replace(uid=told.get(copy.uid)) if c.box is to and c.uid is None else c for c in m.states[1]]
            if ok and copy.uid not in told: self.ledger.problem(f'{verb} of UID {copy.uid} from {box} to {to}: OK without its COPYUID')
        self.answered(verb.lower(), ok, said, *[m for m, _ in chosen])

    def copy(self): self.transfer('COPY', True, self.random.choice([1, 4]))
    def move(self): self.transfer('MOVE', False, self.random.choice([1, 4]))

    def expunge(self):
        box, chosen = self.any(self.random.choice([1, 3]))
        self.select(box)
        uids = ','.join(str(copy.uid) for _, copy in chosen)
        marked = {id(copy): copy._replace(flags=copy.flags | {'\\Deleted'}) for _, copy in chosen}
        self.ledger.begin(*[(m, [marked.get(id(c), c) for c in m.copies]) for m, _ in chosen])
        ok, said = self.uid('STORE', uids, '+FLAGS', '(\\Deleted)')
        if not self.answered('store', ok, said, *[m for m, _ in chosen]): return
        gone = set(map(id, marked.values()))
        self.ledger.begin(*[(m, [c for c in m.copies if id(c) not in gone]) for m, _ in chosen])
        ok, said = self.uid('EXPUNGE', uids)
        self.answered('expunge', ok, said, *[m for m, _ in chosen])

    def rename(self):
        box, name = self.boxes[self.random.randrange(2)], self.name()
        self.selected = None if self.selected is box else self.selected
        self.ledger.begin((box, name))
        kind, said = self.imap.rename(box.name, name)
        self.answered('rename', kind == 'OK', said, box)

    def make_or_delete(self):
        box = self.boxes[2]
        if box.name is None:
            self.boxes[2] = self.ledger.add_box(self.user)
            return self.create(self.boxes[2])
        if self.selected is box: self.select(self.boxes[0])
        self.ledger.begin((box, None))
        kind, said = self.imap.delete(box.name)
        self.answered('delete', kind == 'OK', said, box)

    def look(self):
        box = self.boxes[self.random.randrange(2)]
        _, said = self.imap.status(box.name, '(HIGHESTMODSEQ)')
        self.ledger.note_modseq(box, int(re.search(rb'HIGHESTMODSEQ (\d+)', said[0])[1]))


USERS = {'alice': 'alice-secret', 'bob': 'bob-secret', 'carol': 'carol-secret'}


def make_workers(server, ledger, seed):
    """Of the users alice and bob an LMTP client and two IMAP clients each, and carol's POP3 client."""
    workers = []
    for user in USERS:
        inbox = ledger.add_box(user, 'INBOX')
        mine = [PopWorker(server, ledger, user, 0, seed)] if user == 'carol' else [LmtpWorker(server, ledger, user, 0, seed), *[ImapWorker(server, ledger, user, n, seed) for n in (1, 2)]]
        for worker in mine: worker.inbox = inbox
        workers += mine
    return workers


def set_to_work(server, ledger, workers):
    """Returns when ENOUGH operations were acknowledged since. False when that never came, which is a problem."""
    before = ledger.acknowledged
    for worker in workers: worker.start()
    for _ in range(10_000):   # looks, not seconds: a machine that stands still for a while counts as one
        if ledger.acknowledged - before >= ENOUGH: return True
        time.sleep(0.002)
    alive = sum(worker.thread.is_alive() for worker in workers)
    ledger.problem(f'{ledger.acknowledged - before} operations were acknowledged in 20 s, {alive} of {len(workers)} workers wait for an answer; the server: {server.state()}')
    return False
