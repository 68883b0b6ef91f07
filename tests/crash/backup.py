#!/usr/bin/env python3
"""Takes backups under load, kills, restores everything, an account or a message, and compares with the ledger.

Looked for: something that was acknowledged before a backup began and is not in it, or is as it never was while it was taken; after a restore a UID, an EMAILID or a mod-sequence that a client knew
as something else, a flag that a client which asks for changes is not told, other accounts changed; a backup that was cut off and left damage; a changed byte that --verify does not name; a second
backup that copies what the folder has."""
import imaplib, json, os, random, re, shutil, subprocess, time
from collections import namedtuple
from proof import Proof
from ledger import Box, Copy, Ledger, verify
from lib.rookery import DOMAIN, Server
from workers import USERS, make_workers, set_to_work

STILL = 'dave'                   # has much mail that nobody changes
STILL_MESSAGES, STILL_BYTES = 40, 400_000
EVERYBODY = [*USERS, STILL]


class Mark:
    """What each message and each mailbox was, or may have been, while a backup was taken."""
    def __init__(self, ledger):
        self.was = {}
        ledger.marks.append(self)
        for things in [ledger.boxes, {user: all.values() for user, all in ledger.messages.items()}]:
            for user in list(things):
                for thing in list(things[user]): self.add(thing, *(thing.names if isinstance(thing, Box) else thing.states))

    def add(self, thing, *states): self.was.setdefault(id(thing), []).extend(states)
    def of(self, thing): return self.was.get(id(thing), [None if isinstance(thing, Box) else []])


class MarkingLedger(Ledger):
    def __init__(self):
        super().__init__()
        self.marks, self.email_owner = [], {}

    def begin(self, *changes, together=False):
        super().begin(*changes, together=together)
        for mark in self.marks:
            for thing, new in changes: mark.add(thing, *((thing.names[0], new) if isinstance(thing, Box) else (thing.states[0], new)))

    def go_back(self, mark, user):
        """From now on `user` must have what the mark says."""
        for box in self.boxes.get(user, []): box.names = list(dict.fromkeys(mark.of(box)))
        for message in self.messages.get(user, {}).values(): message.states, message.together, message.looked = list(mark.of(message)), None, False


State = namedtuple('State', 'name mark')


class Backups:
    def __init__(self, proof, server, ledger, rng):
        self.proof, self.server, self.ledger, self.rng = proof, server, ledger, rng
        self.folder, self.states = server.folder / 'backups', []

    def rookery(self, *words, codes=(0,)):
        done = self.server.cli(*words, '--json', check=False)
        if done.returncode not in codes: self.ledger.problem(f'rookery {" ".join(map(str, words))}: exit {done.returncode}: {done.stdout[-500:]}{done.stderr[-500:]}')
        return json.loads(done.stdout) if done.stdout.startswith(('{', '[')) else {}

    def take(self, is_small=False):
        mark = Mark(self.ledger)
        made = self.rookery('backup', self.folder)
        self.ledger.marks.remove(mark)
        self.proof.count('backups')
        if 'state' not in made: return
        if is_small and made['copied_bytes'] * 4 > made['bytes']: self.ledger.problem(f'a second backup copied {made["copied_bytes"]:,} of {made["bytes"]:,} bytes')
        self.states.append(State(made['state'], mark))

    def cut_off(self):
        """Kills one on its way. Whether it is there is not said, but what is there is whole."""
        process = subprocess.Popen([self.server.binary, 'backup', self.folder, '--state', f'cut-{self.proof.counts["rounds"]}', '--config', self.server.config], env=self.server.env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(self.rng.random() * 0.15)
        process.kill()
        process.wait()
        self.proof.count('backups cut off')
        self.rookery('backup', self.folder, '--verify')
        there = [row['state'] for row in self.rookery('backup', self.folder, '--list')]
        for state in self.states:
            if state.name not in there: self.ledger.problem(f'the backup {state.name} is gone after a later one was cut off')

    def change_a_byte(self):
        """--verify names the file, and it alone."""
        path = self.rng.choice([f for f in (self.folder / 'files').iterdir() if f.name != 'incoming' and f.stat().st_size])
        with open(path, 'r+b') as f:
            at, bit = self.rng.randrange(path.stat().st_size), 1 << self.rng.randrange(8)
            f.seek(at); byte = f.read(1)[0]
            f.seek(at); f.write(bytes([byte ^ bit])); f.flush()
            told = self.rookery('backup', self.folder, '--verify', codes=(0, 65))
            f.seek(at); f.write(bytes([byte]))
        self.proof.count('bytes changed in backups')
        # Of backups that were cut off or are gone, files may be there that no state needs.
        listed = {f'files/{line.split()[1]}-{line.split()[2]}-{line.split()[3]}' for s in (self.folder / 'states').iterdir() for line in s.read_text().splitlines() if line.startswith('file ')}
        want = [f'files/{path.name}'] if f'files/{path.name}' in listed else []
        if [one['file'] for one in told.get('damage', [])] != want: self.ledger.problem(f'--verify says {told.get("damage")} when {path.name} has a bit flipped at {at}')

    # --- restores

    def choose(self): return self.rng.choice(self.states[-3:])

    def everything(self):
        state = self.choose()
        self.server.stop()
        data = self.server.folder / 'data'
        shutil.rmtree(data / 'store')
        self.rookery('restore', self.folder, '--state', state.name)
        checked = self.rookery('check')
        if checked.get('damage') or checked.get('problems'): self.ledger.problem(f'check after a restore: {checked}')
        self.server.start()
        for user in EVERYBODY: self.ledger.go_back(state.mark, user)
        return EVERYBODY

    def account(self):
        state, user = self.choose(), self.rng.choice(list(USERS))
        runs = self.rng.random() < 0.5
        if not runs: self.server.stop()
        if self.rng.random() < 0.3: self.rookery('account', 'remove', f'{user}@{DOMAIN}')
        self.rookery('restore', self.folder, '--state', state.name, '--account', f'{user}@{DOMAIN}', '--replace')
        if not runs: self.server.start()
        self.ledger.go_back(state.mark, user)
        return [user]

    def message(self):
        """One whose mailbox has the name that it had."""
        state, user = self.choose(), self.rng.choice([*USERS, STILL])
        may = [(m, now[0]) for m in self.ledger.messages[user].values() for now in [state.mark.of(m)]
               if len(now) == 1 and len(now[0]) == 1 and now[0][0].uid and state.mark.of(now[0][0].box) == [now[0][0].box.name] != [None]]
        if not may: return []
        message, [copy] = self.rng.choice(may)
        which = self.rng.choice([[f'<{message.token}@example.net>'], [str(copy.uid), '--mailbox', copy.box.name]])
        told = self.rookery('restore', self.folder, '--state', state.name, '--account', f'{user}@{DOMAIN}', '--message', *which)
        if not isinstance(told, list) or len(told) != 1: self.ledger.problem(f'restore of {message.token} {copy} said {told}'); return []
        # \Recent aside, with its flags.
        message.states = [[*message.copies, copy._replace(uid=told[0]['uid'])]]
        message.looked = False
        return [user]


def ask_for_changes(server, ledger, user):
    """As a client that knows everything up to now: after a restore it is told of all messages."""
    imap = imaplib.IMAP4('127.0.0.1', server.port['imap'])
    imap.login(user, server.accounts[user])
    _, names = imap.list()
    there = [re.search(rb'(?:"([^"]*)"|(\S+))$', line) for line in names if line]
    there = {(m[1] or m[2]).decode() for m in there}
    for box in ledger.boxes.get(user, []):
        for name in box.names:
            if name not in there or not box.modseq: continue
            _, said = imap.select(name, readonly=True)
            _, told = imap.uid('FETCH', '1:*', f'(FLAGS) (CHANGEDSINCE {box.modseq})')
            told = len([line for line in told if line])
            if told != int(said[0]): ledger.problem(f'{user} {name}: after a restore a client that knew mod-sequence {box.modseq} is told of {told} messages of {int(said[0])}')
    imap.logout()


def look_at_emails(server, ledger, user):
    """An EMAILID is one message's for ever."""
    imap = imaplib.IMAP4('127.0.0.1', server.port['imap'])
    imap.login(user, server.accounts[user])
    for box in ledger.boxes.get(user, []):
        if box.name is None: continue
        imap.select(box.name, readonly=True)
        _, data = imap.uid('FETCH', '1:*', '(EMAILID BODY.PEEK[HEADER.FIELDS (X-Token)])')
        for part in data or []:
            if not isinstance(part, tuple): continue
            email, token = re.search(rb'EMAILID \((\S+)\)', part[0])[1], part[1].decode().split(':', 1)[1].strip()
            owner = ledger.email_owner.setdefault((user, email), token)
            if owner != token: ledger.problem(f'{user}: EMAILID {email.decode()} was given to {owner} and then to {token}')
    imap.logout()


def still_mail(server, ledger, rng):
    """That no compression makes small."""
    inbox = ledger.add_box(STILL, 'INBOX')
    for n in range(STILL_MESSAGES):
        token = f't{STILL}-{n}'
        head = f'From: Sender <sender@example.net>\r\nTo: {STILL}@{DOMAIN}\r\nSubject: {token}\r\nMessage-ID: <{token}@example.net>\r\nX-Token: {token}\r\n\r\n'
        data = head.encode() + b''.join(rng.randbytes(38).hex().encode() + b'\r\n' for _ in range(STILL_BYTES // 78))
        message = ledger.add_message(STILL, token, data)
        ledger.begin((message, [Copy(inbox, None, frozenset())]))
        server.deliver(STILL, data)
        ledger.done('deliver', True, message)


proof = Proof('backup', __doc__, rounds=300)
rng = random.Random(proof.options.seed)
ledger, server = MarkingLedger(), Server({**USERS, STILL: 'dave-secret'})
workers = make_workers(server, ledger, proof.options.seed)
backups = Backups(proof, server, ledger, rng)
server.start()
still_mail(server, ledger, rng)


def load(work):
    """Runs `work` under load, and kills the server."""
    set_to_work(server, ledger, workers)
    work()
    time.sleep(rng.random() * 0.3)
    server.kill()
    for worker in workers:
        worker.join()
        for kind, said in worker.refused[:1]: ledger.problem(f'{kind} was refused: {said}')
    ledger.in_flight = 0
    server.start()


def look(users):
    for user in users:
        verify(server, ledger, user)
        look_at_emails(server, ledger, user)


while proof.goes_on():
    is_first = not backups.states
    load(lambda: (backups.take(), backups.take(is_small=True) if is_first else backups.cut_off()))
    look(EVERYBODY)
    restore = rng.choice([backups.everything, backups.account, backups.message])
    restored = restore()
    proof.count(f'restores: {restore.__name__}')
    if restore != backups.message:
        for user in restored: ask_for_changes(server, ledger, user)
    look(EVERYBODY)
    backups.change_a_byte()
    proof.count('rounds')
    proof.counts['operations acknowledged'] = ledger.acknowledged
    proof.problems = ledger.problems
server.stop()
if ledger.problems: print(f'data folder kept: {server.folder}')
else: server.__exit__(None, None, None)
proof.finish()
