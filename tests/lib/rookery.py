"""Runs the real binary for tests: a data folder, ports of its own, accounts, a certificate."""
import hashlib, os, shutil, signal, socket, ssl, subprocess, tempfile, time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
DOMAIN = 'example.test'


def digest(binary):
    """Which build a report is of."""
    return hashlib.sha256(Path(binary).read_bytes()).hexdigest()[:16]


def free_ports(n):
    """Ports that nobody listens on now. They are held together while being picked, so that they differ."""
    sockets = [socket.socket() for _ in range(n)]
    for s in sockets: s.bind(('127.0.0.1', 0))
    ports = [s.getsockname()[1] for s in sockets]
    for s in sockets: s.close()
    return ports


class NoAnswer(RuntimeError):
    """The connection ended where an answer was due."""


class Server:
    """with Server({'alice': 'secret'}) as server: ... ; server.port['imaps']; server.kill(); server.start()"""

    NAMES = ('imap', 'imaps', 'pop3', 'pop3s', 'lmtp', 'submission', 'submissions')

    def __init__(self, accounts, binary=None, config='', plaintext='loopback', env=None, parent=None, server=''):
        self.binary = str(binary or os.environ.get('ROOKERY') or ROOT / 'build/release/rookery')
        self.folder = Path(tempfile.mkdtemp(prefix='rookery-test-', dir=parent))
        self.accounts = dict(accounts)
        self.port = dict(zip(self.NAMES, free_ports(len(self.NAMES))))
        self.env = {**os.environ, **(env or {})}
        self.serve_env = {}   # of the server alone, not of the command line beside it
        self.process = None
        self._make_certificate()
        listen = '\n'.join(f'{name} = ["127.0.0.1:{port}"]' for name, port in self.port.items())
        self.config = self.folder / 'rookery.toml'
        self.config.write_text(f'''data = "{self.folder}/data"
hostname = "localhost"
{'' if config.startswith('[') else config}
[server]
{'user = "root"' if os.geteuid() == 0 else ''}
{server}
[tls]
certificate = "{self.folder}/certificate.pem"
key = "{self.folder}/key.pem"
[listen]
{listen}
[auth]
plaintext = "{plaintext}"
default_domain = "{DOMAIN}"
failures_per_network = 100000
[log]
file = "{self.folder}/rookery.log"
{config if config.startswith('[') else ''}
''')
        self.cli('domain', 'add', DOMAIN)
        for name, password in self.accounts.items():
            self.cli('account', 'add', f'{name}@{DOMAIN}', '--password-stdin', input=password + '\n')

    def _make_certificate(self):
        f = self.folder
        run = lambda *a: subprocess.run(a, check=True, capture_output=True)
        ec = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']
        run('openssl', 'req', '-x509', *ec, '-days', '30', '-subj', '/CN=Test CA', '-addext', 'basicConstraints=critical,CA:TRUE',
            '-addext', 'keyUsage=critical,keyCertSign', '-keyout', f'{f}/ca-key.pem', '-out', f'{f}/ca.pem')
        run('openssl', 'req', *ec, '-subj', '/CN=localhost', '-keyout', f'{f}/key.pem', '-out', f'{f}/request.pem')
        (f / 'extensions').write_text('subjectAltName=DNS:localhost,IP:127.0.0.1\n')
        run('openssl', 'x509', '-req', '-in', f'{f}/request.pem', '-CA', f'{f}/ca.pem', '-CAkey', f'{f}/ca-key.pem', '-CAcreateserial',
            '-days', '30', '-out', f'{f}/certificate.pem', '-extfile', f'{f}/extensions')
        self.ca = f / 'ca.pem'

    def cli(self, *words, input=None, check=True, text=True):
        done = subprocess.run([self.binary, *words, '--config', str(self.config)], input=input, capture_output=True, text=text, env=self.env)
        if check and done.returncode:
            raise RuntimeError(f'rookery {" ".join(words)}: exit {done.returncode}: {done.stdout}{done.stderr}')
        return done

    def launch(self):
        """Starts it and does not wait."""
        with open(self.folder / 'stderr', 'ab') as stderr:
            self.process = subprocess.Popen([self.binary, 'serve', '--config', str(self.config)], env={**self.env, **self.serve_env}, stderr=stderr)

    def start(self, wait=10):
        """Starts it and waits until it answers; returns the seconds that took."""
        begin = time.monotonic()
        self.launch()
        while True:
            try:
                with socket.create_connection(('127.0.0.1', self.port['imap']), 1) as s:
                    if s.recv(16).startswith(b'* OK'):
                        for name in self.NAMES: socket.create_connection(('127.0.0.1', self.port[name]), 1).close()   # they open one after another
                        return time.monotonic() - begin
            except OSError:
                pass
            if self.process.poll() is not None: raise RuntimeError(f'the server ended with {self.process.returncode}: {(self.folder / "stderr").read_text()[-2000:]}')
            if time.monotonic() - begin > wait: raise RuntimeError('the server does not answer')
            time.sleep(0.005)

    def state(self):
        """For who waited in vain: how it ended, or where its threads are; and what it said last."""
        code, pid = self.process.poll(), self.process.pid
        if code is not None: where = f'it has ended with {code}'
        elif shutil.which('gdb'): where = subprocess.run(['gdb', '-p', str(pid), '-batch', '-ex', 'thread apply all backtrace 25'], capture_output=True, text=True).stdout
        else: where = '\n'.join(f'{(task / "comm").read_text().strip()}: {(task / "wchan").read_text()}' for task in Path(f'/proc/{pid}/task').iterdir())
        last = lambda name: (self.folder / name).read_text()[-2000:]
        return f'{where}\n{last("stderr")}\n{last("rookery.log")}'

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self):
        """SIGTERM; returns the seconds until it had ended."""
        begin = time.monotonic()
        self.process.terminate()
        code = self.process.wait(timeout=20)
        if code: raise RuntimeError(f'the server ended with {code}')
        return time.monotonic() - begin

    def tls(self):
        return ssl.create_default_context(cafile=str(self.ca))

    def deliver(self, user, message):
        """One message by LMTP; raises unless it was stored."""
        with socket.create_connection(('127.0.0.1', self.port['lmtp']), 20) as s:
            f = s.makefile('rwb')
            def expect(code):
                while True:
                    line = f.readline()
                    if not line: raise NoAnswer('the server closed the connection')
                    if not line.startswith(code): raise RuntimeError(f'LMTP said {line!r}')
                    if line[3:4] == b' ': return
            def send(data): f.write(data); f.flush()
            expect(b'220')
            send(b'LHLO test\r\n'); expect(b'250')
            send(b'MAIL FROM:<sender@example.net>\r\n'); expect(b'250')
            send(f'RCPT TO:<{user}@{DOMAIN}>\r\n'.encode()); expect(b'250')
            send(b'DATA\r\n'); expect(b'354')
            body = b'\r\n'.join(b'.' + l if l.startswith(b'.') else l for l in message.split(b'\r\n'))
            send(body + (b'' if body.endswith(b'\r\n') else b'\r\n') + b'.\r\n'); expect(b'250')
            send(b'QUIT\r\n')

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, kind, value, trace):
        if self.process and self.process.poll() is None:
            self.process.terminate()
            try: self.process.wait(timeout=10)
            except subprocess.TimeoutExpired: self.kill()
        if kind is None or not os.environ.get('KEEP'): shutil.rmtree(self.folder, ignore_errors=True)


def make_message(token, size=2000, subject=None):
    head = (f'From: Sender <sender@example.net>\r\nTo: someone@{DOMAIN}\r\nSubject: {subject or token}\r\nDate: Tue, 03 Nov 2026 10:00:00 +0000\r\n'
            f'Message-ID: <{token}@example.net>\r\nX-Token: {token}\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=us-ascii\r\n\r\n')
    line = f'This is the body of {token}, which must come back as it went in.\r\n'
    return (head + line * max(1, (size - len(head)) // len(line))).encode()
