"""What the attacks share: bare clients, the process's memory and CPU time, and the bystander whom no attack may disturb."""
import base64, json, os, re, socket, ssl, subprocess, sys, time
from contextlib import contextmanager
from pathlib import Path
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from lib.rookery import make_message

FULL = '--full' in sys.argv
SANITIZED = any(kind in os.environ.get('ROOKERY', '') for kind in ('asan', 'tsan'))   # a build whose memory and time say nothing
PROTOCOLS = ('imap', 'pop3', 'lmtp', 'submission')


def size(short, full):
    """Of an attack: in each test run, and by command (./dev attack --full)."""
    return full if FULL else short


class Client:
    """A socket that sends anything and reads lines; nothing of what it sends is checked."""

    def __init__(self, server, protocol, source=None, timeout=20, window=None):
        self.server, self.protocol = server, protocol
        self.socket = socket.socket()
        self.socket.settimeout(timeout)
        if window: self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, window)
        if source: self.socket.bind((source, 0))
        self.socket.connect(('127.0.0.1', server.port[protocol]))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if protocol in ('imaps', 'pop3s', 'submissions'): self._wrap()
        self.buffer = b''
        self.greeting = self.line()

    def _wrap(self):
        self.socket = self.server.tls().wrap_socket(self.socket, server_hostname='localhost')

    def start_tls(self):
        self._wrap()
        self.buffer = b''

    def send(self, data): self.socket.sendall(data)

    def line(self):
        """With its CRLF; what is left when the server closes."""
        while b'\n' not in self.buffer:
            more = self.socket.recv(65536)
            if not more:
                rest, self.buffer = self.buffer, b''
                return rest
            self.buffer += more
        line, _, self.buffer = self.buffer.partition(b'\n')
        return line + b'\n'

    def bare_line(self):
        """Read byte by byte, so that nothing behind it is taken from the socket: before a handshake."""
        got = b''
        while not got.endswith(b'\n'):
            more = self.socket.recv(1)
            if not more: break
            got += more
        return got

    def until(self, mark):
        """Lines up to the one that begins with mark; an error when the server closes before."""
        got = []
        while True:
            line = self.line()
            got.append(line)
            if line.startswith(mark): return b''.join(got)
            if not line.endswith(b'\n'): raise EOFError(f'closed before {mark!r}: {b"".join(got)[-300:]!r}')

    def rest(self):
        """All until the server closes, a reset counting as that."""
        got, self.buffer = [self.buffer], b''
        try:
            while more := self.socket.recv(65536): got.append(more)
        except (ConnectionError, ssl.SSLError, BrokenPipeError): pass
        return b''.join(got)

    def cmd(self, text, tag=b't'):
        """An IMAP command and its whole answer."""
        self.send(tag + b' ' + text + b'\r\n')
        return self.until(tag + b' ')

    def ok(self, text):
        got = self.cmd(text)
        if not got.splitlines()[-1].startswith(b't OK'): raise RuntimeError(f'{text[:80]!r}: {got[-300:]!r}')
        return got

    def reply(self):
        """A reply of LMTP or submission, all its lines."""
        got = b''
        while True:
            line = self.line()
            got += line
            if line[3:4] != b'-': return got

    def say(self, text):
        self.send(text + b'\r\n')
        return self.reply()

    def close(self):
        self.socket.close()

    def __enter__(self): return self
    def __exit__(self, *_): self.close()


def log_in(server, user, password=None, protocol='imap', **how):
    client = Client(server, protocol, **how)
    client.ok(f'LOGIN {user} {password or server.accounts[user]}'.encode())
    return client


def submitter(server, user):
    client = Client(server, 'submission')
    client.say(b'EHLO attacker.example')
    got = client.say(b'AUTH PLAIN ' + plain(user, server.accounts[user]))
    if not got.startswith(b'235'): raise RuntimeError(f'{got!r}')
    return client


def plain(user, password, identity=''):
    return base64.b64encode(f'{identity}\0{user}\0{password}'.encode())


def append(client, mailbox, message, flags=b''):
    client.send(b't APPEND %s %s{%d+}\r\n' % (mailbox, flags, len(message)) + message + b'\r\n')
    got = client.until(b't ')
    if b't OK' not in got: raise RuntimeError(f'{got[-300:]!r}')


def many_messages(client, mailbox, doublings, different=8):
    """A mailbox of different * 2 ** doublings messages, selected. One message may be copied so often and no oftener: hence several."""
    client.ok(b'CREATE ' + mailbox)
    for i in range(different): append(client, mailbox, b'Subject: small %d\r\n\r\nx\r\n' % i)
    client.ok(b'SELECT ' + mailbox)
    for _ in range(doublings): client.ok(b'COPY 1:* ' + mailbox)
    client.ok(b'NOOP')


# A change of the configuration for with_config(): failed logins are answered at once.
QUICK = ('failures_per_network = 100000', 'failures_per_network = 100000\nfailure_delay = 0')


def with_config(server, *changes):
    """Edits a configuration that has not been read yet."""
    text = server.config.read_text()
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new)
    server.config.write_text(text)
    return server


class Process:
    """What the kernel knows of the server."""

    def __init__(self, server): self.folder = Path(f'/proc/{server.process.pid}')

    def rss(self): return self._status('VmRSS')
    def peak(self): return self._status('VmHWM')
    def forget_peak(self): (self.folder / 'clear_refs').write_text('5')

    def _status(self, name):
        return int(re.search(name + r':\s+(\d+)', (self.folder / 'status').read_text())[1]) * 1024

    def cpu(self):
        """Seconds of all threads."""
        nanoseconds = 0
        for task in (self.folder / 'task').iterdir():
            try: nanoseconds += int((task / 'schedstat').read_text().split()[0])
            except (FileNotFoundError, ProcessLookupError): pass
        return nanoseconds / 1e9

    def sockets(self):
        """Of its descriptors; the store opens and closes files as it likes."""
        def kind(fd):
            try: return os.readlink(self.folder / 'fd' / fd)
            except FileNotFoundError: return ''
        return sum(kind(fd).startswith('socket:') for fd in os.listdir(self.folder / 'fd'))


class Growth:
    """with Growth(server) as grown: ...; grown.bytes is how much more memory the server had at its peak than in the beginning, which is now
    unless it is given: what an attack before left free is there to be used again, and would hide what this one takes."""

    def __init__(self, server, before=None): self.process, self.before, self.bytes = Process(server), before, 0

    def __enter__(self):
        self.process.forget_peak()
        if self.before is None: self.before = self.process.rss()
        return self

    def __exit__(self, *_): self.bytes = self.process.peak() - self.before


MEMORY = 512 << 20   # of the whole server under any attack


class Watch:
    """Of a server under attack: the same process, within its memory, nothing broken in its log, and a bystander who noticed nothing."""

    def __init__(self, server, user='watcher'):
        self.server, self.pid = server, server.process.pid
        server.deliver(user, make_message('watched'))
        self.bystander, self.log_from = Bystander(server, user), 0
        self.begin()

    def begin(self):
        self.log_from = (self.server.folder / 'rookery.log').stat().st_size
        self.bystander.told()
        Process(self.server).forget_peak()

    def check(self):
        """What the bystander saw, in words."""
        server, folder = self.server, self.server.folder
        assert server.process.poll() is None, f'the server ended with {server.process.returncode}: {(folder / "stderr").read_text()[-3000:]}'
        assert server.process.pid == self.pid, 'another process'
        told, peak = self.bystander.told(), Process(server).peak()
        assert not told['errors'], f'the bystander: {told["errors"]}'
        assert SANITIZED or told['p99'] <= 0.25, f'the bystander waited: {told}'
        assert SANITIZED or peak <= MEMORY, f'{peak >> 20} MB'
        broken = re.findall(rb'.*(?:session-broken|connection-failed).*', (folder / 'rookery.log').read_bytes()[self.log_from:])
        assert not broken, f'the log says {broken[:3]}'
        said = (folder / 'stderr').read_text()
        assert 'runtime error' not in said and 'Sanitizer' not in said, said[-3000:]
        return f'bystander p99 {told["p99"] * 1000:.0f} ms, worst {told["worst"] * 1000:.0f} ms of {told["rounds"]}; {peak >> 20} MB'

    def stop(self): self.bystander.stop()


@contextmanager
def watched(server):
    """A server of an attack's own; it needs the account `watcher`."""
    with server:
        watch = Watch(server)
        yield server
        print(f'      {watch.check()}', flush=True)
        watch.stop()


class Bystander:
    """A normal client in a process of its own: NOOP and FETCH each 100 ms. told() is what befell it since it was asked last."""

    def __init__(self, server, user):
        words = [sys.executable, __file__, str(server.port['imap']), user, server.accounts[user]]
        self.process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        while not (told := self.told())['rounds'] and not told['errors']: time.sleep(0.05)

    def told(self):
        self.process.stdin.write('\n'), self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def stop(self):
        self.process.stdin.close()
        self.process.wait(timeout=10)


def be_bystander(port, user, password):
    import select, threading
    lock, facts = threading.Lock(), {'took': [], 'errors': []}

    def watch():
        try:
            s = socket.create_connection(('127.0.0.1', int(port)), 10)
            f = s.makefile('rwb')
            f.readline()
            def ask(text):
                f.write(b'b ' + text + b'\r\n'), f.flush()
                while not (line := f.readline()).startswith(b'b '):
                    if not line: raise EOFError('closed')
                if not line.startswith(b'b OK'): raise RuntimeError(repr(line))
            ask(f'LOGIN {user} {password}'.encode()), ask(b'SELECT INBOX')
            while True:
                begin = time.perf_counter()
                ask(b'NOOP'), ask(b'FETCH 1:* (FLAGS BODY.PEEK[HEADER])')
                took = time.perf_counter() - begin
                with lock: facts['took'].append(took)
                time.sleep(0.1)
        except Exception as error:
            with lock: facts['errors'].append(repr(error))

    threading.Thread(target=watch, daemon=True).start()
    for _ in sys.stdin:
        with lock:
            took = sorted(facts['took'])
            told = {'rounds': len(took), 'errors': list(facts['errors']), 'p99': took[int(len(took) * 0.99)] if took else 0, 'worst': took[-1] if took else 0}
            facts['took'].clear()
        print(json.dumps(told), flush=True)


if __name__ == '__main__': be_bystander(*sys.argv[1:])
