#!/usr/bin/env python3
"""Turns bits of stored mail and looks for a message that is served as good and is not what was delivered.

Of the bodies on the disk, while the server is stopped. RocksDB sums what it stores, and this program mostly puts its sum right again, as if the bit had turned before RocksDB saw it: then only the server's own checksum knows. Asked for
by IMAP and by POP3, each message is byte for byte what was delivered, or refused in words that say so; exactly those are refused whose bytes were changed, and `rookery check`, beside the server or without it, names them."""
import imaplib, json, poplib, random, re, struct
from proof import Proof
from lib.rookery import Server, make_message

USER, PASSWORD = 'alice', 'alice-secret'
SIZES = [1500, 2500, 6000, 6000, 15_000, 15_000, 60_000, 130_000, 300_000, 600_000]
AT_ONCE = 3
FIRST_STEP = 256 * 1024   # of an answer: damage behind it is met when the message has begun, and ends the connection


def make_crc_table():
    for byte in range(256):
        for _ in range(8): byte = byte >> 1 ^ (0x82F63B78 if byte & 1 else 0)
        yield byte


CRC_TABLE = list(make_crc_table())


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data: crc = CRC_TABLE[(crc ^ byte) & 0xFF] ^ crc >> 8
    return crc ^ 0xFFFFFFFF


class Body:
    """A record of a body file (src/store/embedded/blob_files.cpp says what is where): one chunk of a message."""
    HEADER, RECORD, FOOTER = 30, 32, 32

    def __init__(self, path, at, key, size): self.path, self.at, self.key, self.size = path, at, key, size

    @property
    def email(self): return self.key[:-4]   # behind it is the number of the chunk

    @classmethod
    def all_of(cls, path):
        data, at = path.read_bytes(), cls.HEADER
        while at + cls.RECORD <= len(data) - cls.FOOTER:
            key_size, size = struct.unpack_from('<QQ', data, at)
            yield cls(path, at, data[at + cls.RECORD:][:key_size], size)
            at += cls.RECORD + key_size + size

    def turn_a_bit(self, rng, puts_sum_right):
        """Returns how to say what was done."""
        at, bit, content = rng.randrange(self.size), rng.randrange(8), self.at + self.RECORD
        with open(self.path, 'r+b') as f:
            f.seek(content)
            data = bytearray(f.read(len(self.key) + self.size))
            data[len(self.key) + at] ^= 1 << bit
            f.seek(content), f.write(data)
            if puts_sum_right:
                sum_ = crc32c(data)
                f.seek(self.at + 28), f.write(struct.pack('<I', ((sum_ >> 15 | sum_ << 17) + 0xA282EAD8) & 0xFFFFFFFF))   # masked as RocksDB does
        return f'{self.path.name}, bit {bit} of byte {at} of {self.size}' + (' with the sum put right' if puts_sum_right else '')


class Reader:
    """Every message by one protocol; `problem` is told of what is neither whole nor refused."""
    def __init__(self, server, mail, problem): self.server, self.mail, self.problem = server, mail, problem

    def refused(self):
        """The UIDs of those that cannot be read."""
        refused, self.connection = set(), None
        for uid, sent in self.mail.items():
            if not self.connection: self.connection = self.connect()
            try: got, no = self.ask(uid)
            except (imaplib.IMAP4.abort, OSError, EOFError) as error: got, no, self.connection = None, error, None
            if got == sent: continue
            refused.add(uid)
            name = f'{type(self).__name__}, UID {uid} of {len(sent)} bytes'
            if got is not None: self.problem(f'{name}: altered and served as good, from byte {next((i for i, (a, b) in enumerate(zip(got, sent)) if a != b), min(len(got), len(sent)))}')
            elif self.connection is None and len(sent) <= FIRST_STEP: self.problem(f'{name}: the connection ended: {no!r}')
            elif self.connection is not None and not re.search(self.WORDS, no): self.problem(f'{name}: refused with {no!r}')
        return refused


class Imap(Reader):
    WORDS = rb'\[CORRUPTION\].*damaged'

    def connect(self):
        imap = imaplib.IMAP4('127.0.0.1', self.server.port['imap'], timeout=20)
        imap.login(USER, PASSWORD)
        imap.select('INBOX', readonly=True)
        return imap

    def ask(self, uid):
        kind, data = self.connection.uid('FETCH', str(uid), '(BODY.PEEK[])')
        return (data[0][1], None) if kind == 'OK' else (None, data[0])


class Pop3(Reader):
    WORDS = rb'\[SYS/PERM\].*damaged'

    def connect(self):
        pop = poplib.POP3('127.0.0.1', self.server.port['pop3'], timeout=20)
        pop.user(USER), pop.pass_(PASSWORD)
        return pop

    def ask(self, uid):   # nothing was ever removed: it is the number too
        try: return b''.join(line + b'\r\n' for line in self.connection.retr(uid)[1]), None
        except poplib.error_proto as error:
            said = error.args[0]
            if said == '-ERR EOF': raise EOFError
            return None, said


def deliver_mail(server, rng):
    """{uid: the message as it is read}, and {uid: EMAILID}."""
    sent = [make_message(f'm{n}', 0).split(b'\r\n\r\n')[0] + b'\r\n\r\n' + b''.join(rng.randbytes(38).hex().encode() + b'\r\n' for _ in range(size // 78)) for n, size in enumerate(SIZES * 2)]   # which no compression makes small
    for message in sent: server.deliver(USER, message)
    imap = imaplib.IMAP4('127.0.0.1', server.port['imap'])
    imap.login(USER, PASSWORD), imap.select('INBOX', readonly=True)
    mail, ids = {}, {}
    for n, message in enumerate(sent):
        _, [(line, got), _] = imap.uid('FETCH', str(n + 1), '(EMAILID BODY.PEEK[])')
        assert got.endswith(message), f'message {n} is not stored as it was delivered'
        mail[n + 1], ids[n + 1] = got, re.search(rb'EMAILID \((\S+)\)', line)[1].decode()
    imap.logout()
    return mail, ids


def check(server):
    done = server.cli('check', '--json', check=False)
    return done.returncode, json.loads(done.stdout)


proof = Proof('damage', __doc__, damages=600)
rng = random.Random(proof.options.seed)
server = Server({USER: PASSWORD})
server.start()
mail, ids = deliver_mail(server, rng)
server.stop()
db = server.folder / 'data/store/db'
while proof.goes_on():
    bodies = [body for path in sorted(db.glob('*.blob')) for body in Body.all_of(path)]
    hurt = rng.sample(bodies, AT_ONCE)
    before = {body.path: body.path.read_bytes() for body in hurt}
    what = '; '.join(body.turn_a_bit(rng, rng.random() < 0.75) for body in hurt)
    def problem(text): proof.problems.append(f'{text} ({what})')
    server.start()
    refused = {kind.__name__: kind(server, mail, problem).refused() for kind in (Imap, Pop3)}
    is_running = rng.random() < 0.5
    if not is_running: server.stop()
    code, said = check(server)
    if is_running: server.stop()
    named = sorted(one['what'].split(':')[0] for one in said['problems'])
    for kind, uids in refused.items():
        if len(uids) != len({body.email for body in hurt}): problem(f'{kind}: {len(uids)} messages cannot be read: {uids}')
        if named != sorted(f'email {ids[uid]}' for uid in uids): problem(f'{kind}: check ends with {code} and names {named}, not {[ids[uid] for uid in uids]}')
    for path, data in before.items(): path.write_bytes(data)
    proof.count('damages', len(hurt))
    proof.count('messages read', 2 * len(mail))
    proof.count('messages refused', sum(map(len, refused.values())))
code, said = check(server)
if code: proof.problems.append(f'with every bit turned back, check ends with {code}: {said}')
if proof.problems: print(f'data folder kept: {server.folder}')
else: server.__exit__(None, None, None)
proof.finish()
