#!/usr/bin/env python3
"""Looks for a change that a session was not told, told wrongly, or that was another account's.

While workers change mail, watchers have the same mailboxes selected, in IDLE or with a NOOP now and then, and keep a copy of UIDs and flags by what they are told alone. When the workers
rest, each watcher's copy must be what a new session sees."""
import random, re, socket, threading, time
from proof import Proof
from ledger import Ledger
from lib.rookery import Server
from workers import USERS, ImapWorker, make_workers


class Watcher:
    def __init__(self, server, ledger, user, box, idles, seed):
        self.ledger, self.user, self.box, self.idles, self.random = ledger, user, box, idles, random.Random(seed)
        self.socket = socket.create_connection(('127.0.0.1', server.port['imap']))
        self.received, self.number, self.told = b'', 0, 0
        self.copy = []       # by sequence number: (uid, flags), or None where nothing is known yet
        self.read_line(20)
        self.ask(f'LOGIN {user} {server.accounts[user]}')
        self.ask(f'SELECT "{box.name}"')
        self.goes_on = True
        self.thread = threading.Thread(target=self.work, daemon=True)
        self.thread.start()

    def read_line(self, seconds):
        """None when none came in so long."""
        while b'\r\n' not in self.received:
            self.socket.settimeout(max(0.001, seconds))
            try: got = self.socket.recv(1 << 16)
            except TimeoutError: return None
            if not got: raise EOFError('the server closed the connection')
            self.received += got
        line, self.received = self.received.split(b'\r\n', 1)
        return line

    def ask(self, command, stay=None):
        """Until it is answered; `stay`: of IDLE, which ends after so many seconds."""
        self.number += 1
        tag = f't{self.number} '.encode()
        self.socket.sendall(tag + command.encode() + b'\r\n')
        end = time.monotonic() + (20 if stay is None else stay)
        while True:
            line = self.read_line(end - time.monotonic())
            if stay is not None and time.monotonic() >= end:
                self.socket.sendall(b'DONE\r\n')
                stay, end = None, time.monotonic() + 20
            elif line is None: raise TimeoutError(f'{command} is not answered')
            if line is None: continue
            if line.startswith(tag): break
            self.hear(line)
        if not line.startswith(tag + b'OK'): self.ledger.problem(f'{self.user} {self.box}: {command} was answered {line!r}')
        # What is new is asked for when a command may be sent.
        if None in self.copy: self.ask(f'FETCH {self.copy.index(None) + 1}:* (UID FLAGS)')

    def hear(self, line):
        if m := re.match(rb'\* (\d+) (EXISTS|EXPUNGE|FETCH)', line):
            n = int(m[1])
            self.told += 1
            if m[2] == b'EXISTS':
                if n < len(self.copy): self.ledger.problem(f'{self.user} {self.box}: EXISTS {n} after {len(self.copy)}')
                self.copy += [None] * (n - len(self.copy))
            elif n > len(self.copy): self.ledger.problem(f'{self.user} {self.box}: {line!r} of {len(self.copy)} messages')
            elif m[2] == b'EXPUNGE': del self.copy[n - 1]
            else:
                uid, flags = re.search(rb'UID (\d+)', line), re.search(rb'FLAGS \(([^)]*)\)', line)
                known = self.copy[n - 1]
                uid = int(uid[1]) if uid else known and known[0]
                if known and uid != known[0]: self.ledger.problem(f'{self.user} {self.box}: message {n} was UID {known[0]} and is told as {uid}')
                if uid and flags: self.copy[n - 1] = uid, read_flags(flags[1])
        elif line.startswith(b'* BYE'): self.ledger.problem(f'{self.user} {self.box}: {line!r}')

    def work(self):
        try:
            while self.goes_on:
                if self.idles: self.ask('IDLE', stay=self.random.random() * 0.3)
                else:
                    self.ask('NOOP')
                    time.sleep(self.random.random() * 0.1)
        except Exception as error: self.ledger.problem(f'a watcher of {self.user} {self.box}: {error!r}')

    def compare(self, server):
        self.goes_on = False
        self.thread.join(30)
        try: self.ask('NOOP')
        except Exception as error: return self.ledger.problem(f'a watcher of {self.user} {self.box}: {error!r}')
        with socket.create_connection(('127.0.0.1', server.port['imap']), 20) as s:
            s.sendall(f'a LOGIN {self.user} {server.accounts[self.user]}\r\nb EXAMINE "{self.box.name}"\r\nc FETCH 1:* (UID FLAGS)\r\nd LOGOUT\r\n'.encode())
            answer = b''.join(iter(lambda: s.recv(1 << 20), b''))
        there = [(int(m[1]), read_flags(m[2])) for m in re.finditer(rb'FETCH \(UID (\d+) FLAGS \(([^)]*)\)', answer)]
        if self.copy != there:
            wrong = [(a, b) for a, b in zip(self.copy, there) if a != b][:1] or [(len(self.copy), len(there))]
            self.ledger.problem(f'{self.user} {self.box}, {"IDLE" if self.idles else "NOOP"}: told {wrong[0][0]}, is {wrong[0][1]}')
        self.socket.close()


def read_flags(text): return frozenset(text.split()) - {b'\\Recent'}


proof = Proof('news', __doc__, rounds=200)
rng = random.Random(proof.options.seed)
ledger, server = Ledger(), Server(USERS)
workers = make_workers(server, ledger, proof.options.seed)
server.start()
while proof.goes_on():
    for worker in workers: worker.start()
    while not all(w.boxes and w.boxes[0].name and w.boxes[1].name for w in workers if isinstance(w, ImapWorker)): time.sleep(0.01)
    for worker in workers: worker.stop()    # boxes have their names
    watched = {(w.user, box): None for w in workers for box in [w.inbox, *w.boxes[:2]]}
    watchers = [Watcher(server, ledger, user, box, idles, rng.random()) for user, box in watched for idles in (True, False)]
    for worker in workers: worker.start()
    time.sleep(0.3 + rng.random() * 2)
    for worker in workers: worker.stop()
    for watcher in watchers: watcher.compare(server)
    proof.count('rounds')
    proof.count('things told', sum(w.told for w in watchers))
    proof.counts['operations acknowledged'] = ledger.acknowledged
    proof.problems = ledger.problems
server.stop()
if not ledger.problems: server.__exit__(None, None, None)
proof.finish()
