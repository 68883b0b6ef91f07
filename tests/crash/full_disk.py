#!/usr/bin/env python3
"""Fills the disk, a small ext4 of its own, until mail is refused, and then to the last block.

By deliveries until the answer is 452. While it is full people log in, read and expunge, and deliveries, APPEND and COPY are refused in words that say why; the server is killed and starts on the full disk. When there is room again mail is taken within 5 s, and everything acknowledged is there.
Needs root and mount(8): ext4 on a loop device, or else tmpfs. Where neither can be mounted it says so and ends with 77."""
import base64, imaplib, os, random, re, subprocess, sys, tempfile, time
from pathlib import Path
from proof import Proof
from client import Client, PATIENCE, Refused
from ledger import Ledger, digest_of
from lib.rookery import Server

MEGABYTE = 1 << 20
SIZE = 1024 * MEGABYTE
RESERVE = 256 * MEGABYTE     # of the configuration, by default


class Hoarder(Client):
    """Its mail cannot be compressed."""
    enough = 15

    def new_message(self):
        message, data = super().new_message()
        data = data[:data.index(b'\r\n\r\n') + 4] + base64.encodebytes(self.random.randbytes(self.size * 3 // 4)).replace(b'\n', b'\r\n')
        message.digest = digest_of(data)
        return message, data


class SmallDisk:
    def __init__(self):
        self.base = Path(tempfile.mkdtemp(prefix='rookery-disk-'))
        self.folder = self.base / 'disk'
        self.folder.mkdir()
        image = self.base / 'image'
        with open(image, 'wb') as f: f.truncate(SIZE)
        tries = [('ext4 on a loop device', [['mkfs.ext4', '-q', '-m', '0', image], ['mount', '-o', 'loop', image, self.folder]]),
                 ('tmpfs, which cannot forget', [['mount', '-t', 'tmpfs', '-o', f'size={SIZE}', 'tmpfs', self.folder]])]
        said = []
        for self.kind, commands in tries:
            for command in commands:
                try: done = subprocess.run(command, capture_output=True, text=True)
                except OSError as error: said.append(str(error)); break
                if done.returncode: said.append(done.stderr.strip()); break
            else: return
        subprocess.run(['rm', '-rf', self.base])
        print(f'full-disk: SKIPPED, no small disk can be mounted here: {"; ".join(said)}')
        sys.exit(77)

    def free(self):
        of = os.statvfs(self.folder)
        return of.f_bavail * of.f_frsize

    def fill(self, name, left):
        """A file that takes all room but `left`."""
        with open(self.folder / name, 'wb') as f:
            try: os.posix_fallocate(f.fileno(), 0, max(1, self.free() - left))
            except OSError:
                if left: raise
            while not left:   # to the last block
                try: f.seek(0, 2); os.write(f.fileno(), bytes(4096))
                except OSError: break

    def give_back(self, *names):
        for name in names: (self.folder / name).unlink(missing_ok=True)

    def end(self): subprocess.run(['umount', self.folder], check=True); subprocess.run(['rm', '-rf', self.base])


class Round:
    def __init__(self, proof, disk):
        seed = proof.options.seed + proof.counts[proof.unit]   # no two rounds of a proof are the same
        self.proof, self.disk, self.random = proof, disk, random.Random(seed)
        self.ledger = Ledger()
        self.server = Server({'alice': 'alice-secret'}, parent=disk.folder)
        self.server.start()
        self.client = Hoarder(self.server, self.ledger, 'alice', seed)
        self.client.connect()

    def problem(self, text): self.ledger.problem(f'{self.disk.free() // 1024} KB free: {text}')

    def refused(self, what, code, *things):
        """Whether it was refused, as it must be. Busy, for a while, is as good: the store may be opening itself."""
        begin = time.monotonic()
        while time.monotonic() - begin < PATIENCE:
            try: what()
            except Refused as no:
                said = no.args[0][0] or b''
                if re.search(code, said): return True
                if not re.search(rb'UNAVAILABLE|^451 4\.3\.2', said): self.problem(f'{what.__name__} was refused with {said!r}'); return True
                time.sleep(0.05)
            else: return False
            finally: self.settle()
        self.problem(f'{what.__name__} was put off for {PATIENCE} s')
        return True

    def settle(self):
        if self.client.unsettled: self.client.connect(); self.client.settle()

    def works(self, what, *words):
        begin = time.monotonic()
        while True:
            try: return what(*words)
            except (Refused, imaplib.IMAP4.error) as no:
                if time.monotonic() - begin > PATIENCE: return self.problem(f'{what.__name__} was refused: {no.args}')
                self.client.connect()
                time.sleep(0.05)
            finally: self.settle()

    def run(self):
        disk, client = self.disk, self.client
        self.works(client.prepare)
        edge = self.edge()
        if disk.free() > edge + 12 * MEGABYTE: disk.fill('filler', edge + self.random.randrange(4, 12) * MEGABYTE)
        self.deliver_until_full()
        to_the_last, starts_full = self.random.random() < 0.7, self.random.random() < 0.3
        if to_the_last:
            disk.fill('rest', 0)
            self.deliver_until_full()   # the store looks once a second
            self.proof.count('to the last block')
        if starts_full:
            self.end()
            self.proof.count('starts on the full disk')
        self.while_full(to_the_last and not starts_full)
        disk.give_back('filler', 'rest')
        begin = time.monotonic()
        self.works(client.deliver_by_lmtp)
        self.proof.note('s longest recovery', time.monotonic() - begin)
        self.end()
        self.proof.count(self.proof.unit)
        self.proof.problems = self.ledger.problems

    def edge(self):
        """Free space at which mail is refused: the ballast is part of the reserve."""
        ballast = self.server.folder / 'data/store/ballast'
        return RESERVE - (ballast.stat().st_size if ballast.exists() else 0)

    def is_used_up(self):
        """Each filling leaves mail: where that alone fills the disk, nothing that is given back makes room."""
        return self.disk.free() < self.edge() + 100 * MEGABYTE

    def deliver_until_full(self):
        for n in range(400):
            if self.refused(self.client.deliver_large, rb'^452 '): return
        self.problem('400 large messages were taken')

    def while_full(self, strictly):
        """At the edge of the reserve, and after a start, a file that the store no longer needs can make room."""
        client = self.client
        for _ in range(3):
            self.works(client.open)
            self.works(client.read)
            for what, code in ((client.deliver_by_lmtp, rb'^452 '), (client.append, rb'\[LIMIT\]'), (client.copy, rb'\[LIMIT\]')):
                if not self.refused(what, code) and strictly: self.problem(f'{what.__name__} was taken')
            self.works(client.expunge)

    def end(self):
        self.server.kill()
        checked = self.server.cli('check', check=False)
        if checked.returncode: self.problem(f'rookery check: {checked.stdout}{checked.stderr}')
        self.server.start()
        self.client.connect()
        self.client.settle()


proof = Proof('full-disk', __doc__, fillings=20)
while proof.goes_on():
    disk, round_ = SmallDisk(), None
    if not proof.counts[proof.unit]: print(f'  on {disk.kind}')
    try:
        round_ = Round(proof, disk)
        while proof.goes_on() and not round_.is_used_up(): round_.run()
        proof.count('disks')
        proof.count('operations acknowledged', round_.ledger.acknowledged)
        if round_.ledger.problems: subprocess.run(['cp', '-r', round_.server.folder, disk.base.parent / (disk.base.name + '-kept')])
    finally:
        if round_: round_.server.kill()
        disk.end()
proof.finish()
