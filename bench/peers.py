"""The servers that are compared, all with the same face: ports, pid, restart(), and accounts that are filled when a row first wants them."""
import imaplib, re, sys
from concurrent.futures import ThreadPoolExecutor
from measure import ROOT, load
sys.path.insert(0, str(ROOT / 'tests'))
from lib.cyrus import Cyrus
from lib.dovecot import Dovecot
from lib.peer import version
from lib.rookery import DOMAIN, Server

PASSWORD = 'bench-secret'
NAMES = [f'd{i}' for i in range(100)] + [f's{i}' for i in range(4)] + [f'm{i}' for i in range(16)] + ['one', 'big', 'large', 'many', 'pop', 'push']
ACCOUNTS = {name: PASSWORD for name in NAMES}


def users(*names): return ','.join(f'{name}@{DOMAIN}' for name in names)


class Filled:
    def __init__(self): self.has = set()

    def offers(self, capability):
        """To a client that has logged in."""
        with imaplib.IMAP4('127.0.0.1', self.imap) as client:
            client.login(users('push'), PASSWORD)
            return capability in client.capability()[1][0].decode().split()

    def fill(self, what, sizes):
        """Each of FILLS once."""
        if what in self.has: return
        self.has.add(what)
        for words in FILLS[what](sizes):
            port = self.lmtp if words[0] == 'fill' else self.imap
            got = load(words[0], '--port', port, *words[1:])
            if got['errors']: raise RuntimeError(f'{self.name} could not be filled: {got["first_error"]}')


def fill(count, *names, size='mixed'): return ['fill', '--count', count, '--to', users(*names), '--size', size]


def imap(verb, name, *words): return [verb, '--users', users(name), '--password', PASSWORD, *words]


FILLS = {
    'big': lambda s: [fill(s.messages, 'big')],
    # A thousand of them, and then copies: the mailbox is what counts, not the bytes.
    'large': lambda s: [fill(min(s.large, 1000), 'large', size='tiny')] + ([imap('command', 'large', '--before', 'SELECT INBOX', '--command', 'COPY 1:1000 INBOX', '--runs', s.large // 1000 - 1)] if s.large >= 2000 else []),
    'many': lambda s: [imap('mailboxes', 'many', '--count', s.mailboxes)],
    'store': lambda s: [fill(s.store, *[f's{i}' for i in range(4)], size='text')],
    'mix': lambda s: [fill(s.store, *[f'm{i}' for i in range(16)], size='text')] + [imap('command', f'm{i}', '--command', 'CREATE bench-mix') for i in range(16)],
    'pop': lambda s: [fill(s.pop, 'pop')],
}


class Rookery(Filled):
    name = 'Rookery'

    def __init__(self):
        super().__init__()
        self.server = Server({}, config='[limits]\nconnections_per_address = 20000\n')
        self.server.start()
        # To the running server, several at once: hashing the passwords takes longest.
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(lambda name: self.server.cli('account', 'add', f'{name}@{DOMAIN}', '--password-stdin', input=PASSWORD + '\n'), ACCOUNTS))
        self.pid, self.certificate = self.server.process.pid, self.server.folder
        for name in ('imap', 'imaps', 'pop3', 'pop3s', 'lmtp'): setattr(self, name, self.server.port[name])

    @property
    def config(self): return plain(self.server.config.read_text(), self.server.folder)

    def restart(self):
        self.server.stop()
        self.server.start()
        self.pid = self.server.process.pid

    def stop(self):
        if self.server.process.poll() is None: self.server.stop()
        self.server.__exit__(None, None, None)


class Peer(Filled):
    """Cyrus, or Dovecot with one of its formats and the settings of a row (SETTINGS)."""

    def __init__(self, kind, settings, certificate):
        super().__init__()
        self.name = 'Cyrus' if kind == 'cyrus' else f'Dovecot {kind}'
        self.server = Cyrus(ACCOUNTS, certificate) if kind == 'cyrus' else Dovecot(ACCOUNTS, format=kind, certificate=certificate, **SETTINGS[settings])
        self.pid = self.server.pid
        for name in ('imap', 'imaps', 'pop3', 'pop3s', 'lmtp'): setattr(self, name, getattr(self.server, name))

    @property
    def config(self): return plain(self.server.config, self.server.folder)

    def restart(self):
        self.server.end()
        self.server.start()
        self.pid = self.server.pid

    def stop(self): self.server.stop()


SETTINGS = {'usual': {}, 'flushing': {'fsync': 'always'}, 'secure login': {'login': 'secure'}}


class Peers:
    """Rookery and, started when a row first wants them, the others. with Peers(['maildir', 'cyrus']) as peers: peers.of('usual')"""

    def __init__(self, kinds):
        self.kinds, self.others, self.rookery = kinds, {}, Rookery()

    def of(self, settings):
        keys = [(kind, 'usual' if kind == 'cyrus' else settings) for kind in self.kinds]   # Cyrus has no other settings
        for key in keys:
            if key not in self.others: self.others[key] = Peer(*key, self.rookery.certificate)
        return [self.rookery] + [self.others[key] for key in keys]

    def __enter__(self): return self

    def __exit__(self, kind, value, trace):
        for peer in [self.rookery, *self.others.values()]: peer.stop()


def plain(text, folder):
    """A configuration without what differs from run to run."""
    text = re.sub(r'/\S*?/build/peers', 'build/peers', text.replace(str(folder), 'FOLDER'))
    return re.sub(r'/\S*/rookery-(peer|test)-\w+', 'FOLDER', re.sub(r'(127\.0\.0\.1:|port = )[1-9]\d+', r'\1PORT', text)).strip() + '\n'
