"""The rows of the report. To add one, add a Row: what the load generator is told, and which of its figures is the row's."""
import subprocess, time
from dataclasses import dataclass
from typing import Callable
from measure import LOAD, cpu, load, memory
from peers import PASSWORD, users

D = [f'd{i}' for i in range(100)]
S = [f's{i}' for i in range(4)]
M = [f'm{i}' for i in range(16)]
NOISE = {'ms': 0.05, 'KB': 1}   # smaller differences are the clock's and the allocator's


@dataclass
class Sizes:
    messages: int      # of the mailbox that is fetched, searched, and whose batches are moved
    large: int         # of the mailbox that is only selected and listed
    batch: int         # COPY, MOVE and EXPUNGE of many
    mailboxes: int
    idle: int          # connections
    seconds: float
    write_seconds: float
    runs: int
    turns: int         # of a command, in one run
    @property
    def store(self): return max(50, self.messages // 20)
    @property
    def pop(self): return max(50, self.messages // 10)


@dataclass
class Row:
    name: str
    title: str                       # may hold {s.messages}
    figure: str                      # of the load generator's answer
    words: Callable = None           # (peer, sizes) -> what load is told
    fill: str = ''                   # of peers.FILLS
    settings: str = 'usual'          # of peers.SETTINGS
    write: bool = False              # p99 is shown
    counts: bool = True              # whether being behind is a failure: not where the peer promises less
    once: bool = False               # can be measured once only
    restart: bool = False            # before each run
    offered: str = ''                # the IMAP capability that a server must have
    noise: float = None              # what is smaller counts as this much in the ratio; NOISE's when left out
    run: Callable = None             # (peer, sizes) -> answer, where load alone does not do

    def __post_init__(self):
        if self.noise is None: self.noise = NOISE.get(self.unit, 0)

    @property
    def unit(self): return {'rate': '/s', 'p50_ms': 'ms', 'first_ms': 'ms', 'mb_per_s': 'MB/s', 'kb': 'KB'}[self.figure]
    @property
    def higher_is_better(self): return self.figure in ('rate', 'mb_per_s')

    def measure(self, peer, sizes):
        peer.fill(self.fill, sizes) if self.fill else None
        if self.restart: peer.restart()
        if self.run: return self.run(peer, sizes)
        before = cpu(peer.pid)
        got = load(*self.words(peer, sizes))
        got['cpu_ms'] = (cpu(peer.pid) - before) / max(got['count'], 1) * 1000
        got['memory_kb'] = memory(peer.pid)
        return got


def deliver(to, connections, each=1):
    return lambda peer, s: ['deliver', '--port', peer.lmtp, '--to', users(*to), '--connections', connections, '--each', each, '--seconds', s.write_seconds]


def imap(verb, names, *words, tls=False, port='imap'):
    """words may be callables of the sizes."""
    return lambda peer, s: [verb, '--port', getattr(peer, port), '--users', users(*names), '--password', PASSWORD, *(['--tls'] if tls else []),
                            *[w(s) if callable(w) else w for w in words]]


def seconds(s): return s.seconds
def write_seconds(s): return s.write_seconds
def turns(s): return s.turns


def fetch(name, items, want, runs=turns):
    return imap('command', [name], '--before', 'EXAMINE INBOX', '--command', f'FETCH 1:* {items}', '--want', lambda s: f'FETCH={want(s)}', '--runs', runs)


def search(key): return imap('command', ['big'], '--before', 'EXAMINE INBOX', '--command', f'SEARCH {key}', '--runs', turns)


def store(connections):
    return imap('command', S[:connections], '--connections', connections, '--before', 'SELECT INBOX;STORE 1:* -FLAGS.SILENT (\\Flagged)', '--command', 'STORE %n %sFLAGS (\\Flagged)',
                '--of', lambda s: s.store, '--want', 'FETCH=1', '--seconds', write_seconds)


def batch(kind, count, runs): return imap('batch', ['big'], '--kind', kind, '--count', count, '--runs', runs)


def login(*words, tls=False): return imap('login', D[:4], '--connections', 4, '--seconds', seconds, *words, tls=tls, port='imaps' if tls else 'imap')


def idle(tls):
    def run(peer, s):
        opened = lambda count: subprocess.Popen([LOAD, *map(str, imap('idle', ['push'], '--count', count, tls=tls, port='imaps' if tls else 'imap')(peer, s))],
                                                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        # The first ones bring in what all share: code, the account, a login process.
        first = opened(5)
        first.stdout.readline()
        time.sleep(0.5)
        before, cpu_before = memory(peer.pid), cpu(peer.pid)
        many = opened(s.idle)
        answer = many.stdout.readline()
        time.sleep(1)
        after = memory(peer.pid)
        for clients in (many, first): failed = clients.communicate('\n')[1]
        many_failed = '' if answer else failed or 'the idle clients ended'
        return {'kb': max(0, after - before) / s.idle, 'cpu_ms': (cpu(peer.pid) - cpu_before) / s.idle * 1000, 'memory_kb': after, 'count': s.idle,
                'p99_ms': 0, 'errors': 1 if many_failed else 0, 'first_error': many_failed}
    return run


ENVELOPE = '(ENVELOPE BODYSTRUCTURE INTERNALDATE RFC822.SIZE FLAGS)'
ROWS = [
    Row('lmtp-1', 'LMTP delivery, 1 connection', 'rate', deliver(D[:1], 1), write=True),
    Row('lmtp-16', 'LMTP delivery, 16 connections', 'rate', deliver(D[:16], 16), write=True),
    Row('lmtp-64', 'LMTP delivery, 64 connections', 'rate', deliver(D[:64], 64), write=True),
    Row('lmtp-100-recipients', 'LMTP, one message to 100 recipients (mailboxes)', 'rate', deliver(D, 1, each=100), write=True),
    Row('lmtp-one-account', 'LMTP, 64 deliveries at once to one account', 'rate', deliver(['one'], 64), write=True),
    Row('append', 'APPEND of 4 to 20 KB, 8 connections', 'rate', imap('append', D[:8], '--connections', 8, '--seconds', write_seconds), write=True),
    Row('login-plain', 'login and logout, 4 connections', 'rate', login()),
    Row('login-tls', 'login and logout, 4 connections, TLS', 'rate', login(tls=True)),
    Row('login-resumed', 'login and logout, 4 connections, TLS resumed', 'rate', login('--resume', tls=True)),
    Row('login-plain-secure', 'login and logout, 4 connections, as Dovecot comes', 'rate', login(), settings='secure login'),
    Row('login-tls-secure', 'login and logout, TLS, as Dovecot comes', 'rate', login(tls=True), settings='secure login'),
    Row('select-first', 'SELECT of {s.large:,} messages, first after start', 'first_ms', imap('command', ['large'], '--command', 'SELECT INBOX', '--want', lambda s: f'EXISTS={s.large}'), fill='large', restart=True),
    Row('select', 'SELECT of {s.large:,} messages, new connection', 'p50_ms', imap('command', ['large'], '--command', 'SELECT INBOX', '--fresh', '--want', lambda s: f'EXISTS={s.large}', '--runs', lambda s: 10 * s.turns), fill='large'),
    Row('status', 'STATUS of {s.mailboxes:,} mailboxes (LIST RETURN)', 'p50_ms', imap('command', ['many'], '--command', 'LIST "" "many-*" RETURN (STATUS (MESSAGES UNSEEN UIDNEXT))', '--want', lambda s: f'STATUS={s.mailboxes}', '--runs', turns), fill='many'),
    Row('fetch-flags', 'FETCH 1:* (FLAGS), {s.large:,} messages', 'p50_ms', fetch('large', '(FLAGS)', lambda s: s.large), fill='large'),
    Row('fetch-envelope-first', 'FETCH ENVELOPE, BODYSTRUCTURE of {s.messages:,}, first time', 'first_ms', fetch('big', ENVELOPE, lambda s: s.messages, runs=1), fill='big', once=True),
    Row('fetch-envelope', 'FETCH ENVELOPE, BODYSTRUCTURE of {s.messages:,}', 'p50_ms', fetch('big', ENVELOPE, lambda s: s.messages), fill='big'),
    Row('fetch-body', 'FETCH 1:* BODY.PEEK[], {s.messages:,} messages', 'mb_per_s', fetch('big', '(BODY.PEEK[])', lambda s: s.messages), fill='big'),
    Row('fetch-random', 'FETCH of single bodies here and there', 'rate', imap('command', ['big'], '--before', 'EXAMINE INBOX', '--command', 'FETCH %r (BODY.PEEK[])', '--of', lambda s: s.messages, '--want', 'FETCH=1', '--seconds', seconds), fill='big'),
    Row('pop3', 'POP3 session: UIDL, RETR of {s.pop:,} messages, QUIT', 'mb_per_s', imap('pop3', ['pop'], '--want', lambda s: s.pop, '--runs', turns, port='pop3'), fill='pop'),
    Row('store-1', 'STORE of one flag, 1 connection, all flushing', 'rate', store(1), fill='store', settings='flushing', write=True),
    Row('store-4', 'STORE of one flag, 4 connections, all flushing', 'rate', store(4), fill='store', settings='flushing', write=True),
    Row('store-1-unflushed', 'STORE, 1 connection, where Dovecot does not flush', 'rate', store(1), fill='store', write=True, counts=False),
    Row('store-4-unflushed', 'STORE, 4 connections, where Dovecot does not flush', 'rate', store(4), fill='store', write=True, counts=False),
    *[Row(f'{kind}-10', f'{kind.upper()} of 10', 'p50_ms', batch(kind, 10, lambda s: 4 * s.turns), fill='big', write=True) for kind in ('copy', 'move')],
    *[Row(f'{kind}-many', f'{kind.upper()} of {{s.batch:,}}', 'p50_ms', batch(kind, lambda s: s.batch, turns), fill='big', write=True) for kind in ('copy', 'move')],
    Row('expunge-10', 'EXPUNGE of 10, all flushing', 'p50_ms', batch('expunge', 10, lambda s: 4 * s.turns), fill='big', settings='flushing', write=True),
    Row('expunge-many', 'EXPUNGE of {s.batch:,}, all flushing', 'p50_ms', batch('expunge', lambda s: s.batch, turns), fill='big', settings='flushing', write=True),
    Row('expunge-10-unflushed', 'EXPUNGE of 10, where Dovecot does not flush', 'p50_ms', batch('expunge', 10, lambda s: 4 * s.turns), fill='big', write=True, counts=False),
    Row('expunge-many-unflushed', 'EXPUNGE of {s.batch:,}, where Dovecot does not flush', 'p50_ms', batch('expunge', lambda s: s.batch, turns), fill='big', write=True, counts=False),
    Row('search-rare', 'SEARCH BODY, a word in under 1 % of {s.messages:,}', 'p50_ms', search('BODY quokka'), fill='big'),
    Row('search-common', 'SEARCH BODY, a word in half of {s.messages:,}', 'p50_ms', search('BODY platypus'), fill='big'),
    Row('search-html', 'SEARCH BODY, a word in HTML only, {s.messages:,}', 'p50_ms', search('BODY wombat'), fill='big'),
    Row('search-three', 'SEARCH BODY, three letters, {s.messages:,}', 'p50_ms', search('BODY uok'), fill='big'),
    Row('search-subject', 'SEARCH SUBJECT, {s.messages:,} messages', 'p50_ms', search('SUBJECT tqxh'), fill='big'),
    Row('search-unseen', 'SEARCH UNSEEN, {s.messages:,} messages', 'p50_ms', search('UNSEEN'), fill='big'),
    Row('qresync', 'SELECT with QRESYNC, 20 changes in {s.messages:,}', 'p50_ms', imap('qresync', ['big'], '--count', 20, '--of', lambda s: s.messages, '--runs', turns), fill='big', offered='QRESYNC'),
    Row('push', 'new mail told to a client in IDLE, after the 250', 'p50_ms', lambda peer, s: imap('push', ['push'], '--lmtp', peer.lmtp, '--to', users('push'), '--runs', 5 * s.turns)(peer, s), noise=1),
    Row('mix', 'a mix of 16 IMAP clients, commands', 'rate', imap('mix', M, '--connections', 16, '--seconds', write_seconds), fill='mix', write=True),
    Row('idle-plain', 'memory of an idle, selected connection', 'kb', run=idle(False), restart=True),
    Row('idle-tls', 'memory of an idle, selected connection, TLS', 'kb', run=idle(True), restart=True),
]
FLUSHED = [   # (title, settings, load words for a number of operations)
    ('deliveries, 1 connection', 'usual', lambda peer, s, n: ['deliver', '--port', peer.lmtp, '--to', users('d0'), '--size', 'text', '--runs', n]),
    ('deliveries, 16 connections', 'usual', lambda peer, s, n: ['deliver', '--port', peer.lmtp, '--to', users(*D[:16]), '--size', 'text', '--connections', 16, '--runs', n // 16]),
    ('changes of a flag', 'usual', lambda peer, s, n: store(1)(peer, s)[:-2] + ['--runs', n]),
    ('changes of a flag, Dovecot with mail_fsync=always', 'flushing', lambda peer, s, n: store(1)(peer, s)[:-2] + ['--runs', n]),
]
