"""What clients were told, kept outside the server, and how it is compared with what the server has.

A message is in some mailboxes, each time with a UID and flags: its state. While nothing is in flight it has one state; an operation in flight adds the state that it would leave.
After the server was killed each message must be in one of its states, and is then taken as what it is. Mailboxes are objects here, so that a renamed one stays the same."""
import hashlib, imaplib, re, threading
from collections import namedtuple

imaplib._MAXLINE = 50_000_000

Copy = namedtuple('Copy', 'box uid flags')   # flags without \Recent; uid None: not told yet


class Box:
    """A mailbox. `names` are those that it may have: one, or two while an operation on it is in flight; None: it does not exist."""
    def __init__(self, name=None):
        self.names = [name]
        self.uidvalidity = None
        self.modseq = 0

    @property
    def name(self): return self.names[0]
    def __repr__(self): return f'{self.names}'


class Message:
    """`states`: lists of Copy that it may be. `together`: messages whose operation in flight is all or nothing."""
    def __init__(self, token, data):
        self.token, self.digest = token, digest_of(data)
        self.states = [[]]
        self.together = None
        self.looked = False

    @property
    def copies(self): return self.states[0]


class NotShown(Exception):
    """The server did not show what was to be compared."""


def shown(answer):
    kind, data = answer
    if kind != 'OK': raise NotShown(data)
    return data


def digest_of(data):
    """Without the trace fields that delivery puts in front."""
    return hashlib.md5(data[data.find(b'From: Sender <'):]).hexdigest()


class Ledger:
    """Threads: any. A worker changes only its own messages and boxes."""
    def __init__(self):
        self.lock = threading.Lock()
        self.messages, self.boxes = {}, {}       # by user: {token: Message}, [Box]
        self.acknowledged, self.in_flight, self.by_kind = 0, 0, {}
        self.uid_owner, self.validities, self.problems = {}, {}, []

    def problem(self, text):
        with self.lock: self.problems.append(text)

    def add_message(self, user, token, data):
        message = Message(token, data)
        with self.lock: self.messages.setdefault(user, {})[token] = message
        return message

    def add_box(self, user, name=None):
        box = Box(name)
        with self.lock: self.boxes.setdefault(user, []).append(box)
        return box

    def begin(self, *changes, together=False):
        """Before a command: `changes` are (message, state it would leave) or (box, name it would have)."""
        with self.lock: self.in_flight += 1
        for thing, new in changes:
            if isinstance(thing, Box): thing.names = [thing.names[0], new]
            else: thing.states = [thing.states[0], new]
        if together:
            group = [thing for thing, _ in changes]
            for message in group: message.together = group

    def done(self, kind, ok, *things):
        """After its answer: a refusal leaves the old state. With no answer at all this is not called, and both are possible."""
        for thing in things:
            if isinstance(thing, Box): thing.names = [thing.names[1 if ok else 0]]
            else:
                thing.states, thing.together = [thing.states[1 if ok else 0]], None
                for copy in thing.copies: self.note_uid(copy, thing.token)
        with self.lock:
            self.in_flight -= 1
            if not ok: return
            self.acknowledged += 1
            self.by_kind[kind] = self.by_kind.get(kind, 0) + 1

    def note_uid(self, copy, token):
        """A client was shown this UID: it is this message's for ever."""
        if copy.uid is None: return
        with self.lock: owner = self.uid_owner.setdefault((id(copy.box), copy.uid), token)
        if owner != token: self.problem(f'UID {copy.uid} of {copy.box} was given to {owner} and then to {token}')

    def note_modseq(self, box, modseq):
        if modseq < box.modseq: self.problem(f'HIGHESTMODSEQ of {box} went back from {box.modseq} to {modseq}')
        box.modseq = max(box.modseq, modseq)


def states_match(state, found):
    """Whether `found`, copies with UIDs, is this state."""
    if len(state) != len(found): return False
    left = list(found)
    for copy in sorted(state, key=lambda c: c.uid is None):
        same = next((f for f in left if f.box is copy.box and f.flags == copy.flags and copy.uid in (None, f.uid)), None)
        if same is None: return False
        left.remove(same)
    return True


def read_box(ledger, imap, user, box, name, found):
    """Adds the messages of one mailbox to `found`: {token: [Copy]}; notes what a client would see of the mailbox itself."""
    problem = ledger.problem
    data = shown(imap.status(name, '(UIDVALIDITY HIGHESTMODSEQ MESSAGES)'))
    facts = {k: int(v) for k, v in re.findall(r'([A-Z]+) (\d+)', data[0].decode().rsplit('(', 1)[1])}
    if box.uidvalidity not in (None, facts['UIDVALIDITY']): problem(f'UIDVALIDITY of {user} {box} changed')
    if box.uidvalidity is None and ledger.validities.get((user, facts['UIDVALIDITY'], name), box) is not box: problem(f'{user} {name}: a new mailbox has the UIDVALIDITY of an old one of its name')
    ledger.validities[(user, facts['UIDVALIDITY'], name)] = box
    box.uidvalidity = facts['UIDVALIDITY']
    ledger.note_modseq(box, facts['HIGHESTMODSEQ'])
    shown(imap.select(name, readonly=True))
    data = shown(imap.uid('FETCH', '1:*', '(UID FLAGS BODY.PEEK[HEADER.FIELDS (X-Token)])'))
    told = 0
    for part in data or []:
        if not isinstance(part, tuple): continue
        told += 1
        line = part[0].decode()
        uid = int(re.search(r'UID (\d+)', line)[1])
        flags = frozenset(f for f in re.search(r'FLAGS \(([^)]*)\)', line)[1].split() if f != '\\Recent')
        token = part[1].decode().split(':', 1)[1].strip() if b':' in part[1] else ''
        if token not in ledger.messages.get(user, {}): problem(f'{user} {name} UID {uid}: unknown or torn message {part[1]!r}'); continue
        copy = Copy(box, uid, flags)
        ledger.note_uid(copy, token)
        found.setdefault(token, []).append(copy)
    if told != facts['MESSAGES']: problem(f'{user} {name}: STATUS says {facts["MESSAGES"]} messages, FETCH shows {told}')


def settle_boxes(ledger, imap, user):
    """Which mailboxes are there, by the server; each must be as the ledger allows."""
    data = shown(imap.list())
    there = {re.search(rb'(?:"([^"]*)"|(\S+))$', line) for line in data if line}
    there = {(m[1] or m[2]).decode() for m in there}
    for box in ledger.boxes.get(user, []):
        possible = [name for name in box.names if name in there or name is None]
        if box.names == [None]: continue
        present = [name for name in possible if name is not None]
        if len(present) > 1: ledger.problem(f'{user}: mailbox {box} has both names'); present = present[:1]
        if not present and None not in possible: ledger.problem(f'{user}: mailbox {box} is lost')
        box.names = present or [None]
    known = {box.name for box in ledger.boxes.get(user, [])}
    for name in there - known - SPECIAL: ledger.problem(f'{user}: mailbox {name} is there, and was deleted, renamed or never made')


SPECIAL = {'Drafts', 'Sent', 'Junk', 'Trash', 'Archive'}


def verify(server, ledger, user):
    """Compares what the server has of `user` with the ledger, and takes what was in flight as it is. Problems go to the ledger."""
    imap = imaplib.IMAP4('127.0.0.1', server.port['imap'])
    imap.login(user, server.accounts[user])
    settle_boxes(ledger, imap, user)
    found = {}
    for box in ledger.boxes.get(user, []):
        if box.name is not None: read_box(ledger, imap, user, box, box.name, found)
    for message in ledger.messages.get(user, {}).values():
        state = sorted(found.get(message.token, []), key=lambda c: c.uid)
        # What was in a mailbox that is gone went with it.
        allowed = [[copy for copy in s if copy.box.name is not None] for s in message.states]
        matches = [i for i, s in enumerate(allowed) if states_match(s, state)]
        if not matches: ledger.problem(f'{user} {message.token}: is {state}, allowed {allowed}')
        if message.together and matches and len(allowed) > 1:
            message.settled = matches
        if state and (len(allowed) > 1 or not message.looked):   # bytes: of whatever changed since the last look
            shown(imap.select(state[0].box.name, readonly=True))
            data = shown(imap.uid('FETCH', str(state[0].uid), '(BODY.PEEK[])'))
            if not data or not isinstance(data[0], tuple) or digest_of(data[0][1]) != message.digest: ledger.problem(f'{user} {message.token}: its bytes are not what was sent')
            message.looked = True
        message.states = [state]
    for message in ledger.messages.get(user, {}).values():
        group, message.together = message.together, None
        if group and len({tuple(getattr(m, 'settled', (0,))) for m in group}) > 1: ledger.problem(f'{user}: of {[m.token for m in group]} only some were changed, by a command that is all or nothing')
    imap.logout()
