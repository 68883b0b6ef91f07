"""What peers make the server hold: before login, after it, and by being slow."""
import socket, time
from lib.rookery import Server, make_message
from tools import SANITIZED, Client, Growth, Process, append, log_in, many_messages, size, watched

CONNECTIONS = 120
EACH = 64 * 1024            # of a connection that has not logged in
SESSION = 32 * 1024 * 1024  # of one that has
SLACK = 2 * 1024 * 1024     # of the process: what the bystander and the allocator take meanwhile


def pour(client, data, most, patience=0.1):
    """Sends the data over and over until so many bytes are out or nobody takes any more; how many went."""
    client.socket.settimeout(patience)
    sent = 0
    try:
        while sent < most: sent += client.socket.send(data)
    except (TimeoutError, ConnectionError): pass
    return sent


BEFORE_LOGIN = {
    'a line without an end': ('imap', b'x' * 65536),
    'a line without an end, POP3': ('pop3', b'x' * 65536),
    'a line without an end, LMTP': ('lmtp', b'x' * 65536),
    'a line without an end, submission': ('submission', b'x' * 65536),
    'a literal of 4 GB': ('imap', b'a LOGIN {4294967295}\r\n' + b'x' * 65536),
    'a literal of 4 GB that does not wait': ('imap', b'a LOGIN {4294967295+}\r\n' + b'x' * 65536),
    'a literal beyond 64 bits': ('imap', b'a LOGIN {99999999999999999999999+}\r\n'),
    'a chain of literals': ('imap', b'a LOGIN' + b' {1+}\r\nx' * 8000),
    'a chain of large literals': ('imap', b'a LOGIN' + (b' {4000+}\r\n' + b'x' * 4000) * 20),
    'open parens': ('imap', b'a ID ' + b'(' * 100_000),
    'open brackets': ('imap', b'a ID ' + b'[' * 100_000),
    'SASL without an end': ('imap', b'a AUTHENTICATE PLAIN\r\n' + b'QUFB' * 16384),
    'SASL without an end, POP3': ('pop3', b'AUTH PLAIN\r\n' + b'QUFB' * 16384),
    'SASL without an end, submission': ('submission', b'EHLO x\r\nAUTH PLAIN\r\n' + b'QUFB' * 16384),
    'NOOPs whose answers nobody reads': ('imap', b'a NOOP\r\n' * 8192),
    'CAPABILITYs whose answers nobody reads': ('imap', b'a CAPABILITY\r\n' * 4096),
    'CAPAs whose answers nobody reads': ('pop3', b'CAPA\r\n' * 8192),
    'EHLOs whose answers nobody reads': ('submission', b'EHLO x\r\n' * 8192),
    'LHLOs whose answers nobody reads': ('lmtp', b'LHLO x\r\n' * 8192),
}
# So much that even the kernel's buffers are full.
MOST_UNREAD = {'NOOPs whose answers nobody reads': 3 << 20}


def fresh():
    """A server of its own: in one that has done much already, what is taken would come from what was left free."""
    return Server({'alice': 'alice-secret'}, config='[limits]\nconnections_per_address = 5000\n')


def test_memory_before_login(_):
    with fresh() as server: memory_before_login(server)


def memory_before_login(server):
    before = Process(server).rss()
    for what, (protocol, data) in BEFORE_LOGIN.items():
        with Growth(server, before) as grown:   # from the beginning on, for the same reason
            clients = [Client(server, protocol, window=4096) for _ in range(CONNECTIONS)]
            if 'nobody reads' not in what: pour(clients[0], data, 64 << 20)   # which the server should have ended
            for _ in range(1 + ('nobody reads' in what)):
                for client in clients: pour(client, data, MOST_UNREAD.get(what, 1 << 20), 0.003)
                time.sleep(0.05)   # in which the server fills what it may
        for client in clients: client.close()
        print(f'      {what}: {grown.bytes / CONNECTIONS / 1024:.1f} KB a connection', flush=True)
        assert SANITIZED or grown.bytes <= CONNECTIONS * EACH + SLACK, f'{what}: {grown.bytes >> 20} MB'   # what comes next would find it free


def test_memory_of_a_session(_):
    with fresh() as server: memory_of_a_session(server)


def memory_of_a_session(server):
    reader = log_in(server, 'alice')
    long_words = b' '.join(b'%03d' % i + b'k' * 96 for i in range(64))
    append(reader, b'INBOX', b'Subject: large\r\n' + b'X-Filler: ' + b'y' * 60_000 + b'\r\n\r\n' + b'z' * 70 * 1000 + b'\r\n')
    reader.ok(b'SELECT INBOX')
    reader.ok(b'STORE 1 +FLAGS.SILENT (%s)' % long_words)
    big = b'Subject: structure\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n' + b'--b\r\nContent-Type: text/plain\r\n\r\nx\r\n' * 9000 + b'--b--\r\n'
    append(reader, b'INBOX', big)
    for i in range(300): reader.send(b't CREATE deep/%03d\r\n' % i)
    for i in range(300): reader.until(b't ')
    many_messages(reader, b'Holes', 11)
    for at in range(1, 1 << 14, 8000):
        reader.ok(b'STORE %s +FLAGS.SILENT (\\Deleted)' % b','.join(b'%d' % i for i in range(at, min(at + 8000, 1 << 14), 2)))
    reader.ok(b'EXPUNGE')
    reader.close()
    before = Process(server).rss()
    lines = {
        'the same section 10,000 times': (b'SELECT INBOX', b't FETCH 1 (' + b' '.join([b'BODY.PEEK[]'] * 5000) + b')\r\n'),
        'header fields, many times': (b'SELECT INBOX', b't FETCH 1 (' + b' '.join([b'BODY.PEEK[HEADER]'] * 3500) + b')\r\n'),
        'FLAGS 10,000 times': (b'SELECT INBOX', b't FETCH 1:* (' + b' '.join([b'FLAGS'] * 10_000) + b')\r\n'),
        'BODYSTRUCTURE 4,000 times': (b'SELECT INBOX', b't FETCH 1:* (' + b' '.join([b'BODYSTRUCTURE'] * 4000) + b')\r\n'),
        'a part by number, 3,000 times': (b'SELECT INBOX', b't FETCH 2 (' + b' '.join(b'BINARY.PEEK[%d]' % i for i in range(1, 3000)) + b')\r\n'),
        'LIST pipelined': (b'NOOP', b't LIST "" "*%*%*%*%*%*"\r\n' * 3000),
        'LIST of many patterns': (b'NOOP', b't LIST "" (' + b' '.join([b'*'] * 20_000) + b')\r\n'),
        'LIST with STATUS': (b'NOOP', b't LIST "" * RETURN (STATUS (MESSAGES UIDNEXT SIZE))\r\n' * 1000),
        'FETCH pipelined': (b'SELECT Holes', b't FETCH 1:* (FLAGS UID)\r\n' * 2000),
        'commands pipelined': (b'SELECT INBOX', b't NOOP\r\n' * 100_000),
    }
    for what, (first, text) in lines.items():
        client = log_in(server, 'alice')
        client.ok(first)
        client.socket.settimeout(0.5)
        with Growth(server, before) as grown:
            try: client.send(text)
            except TimeoutError: pass
            time.sleep(0.25)
        client.close()
        print(f'      {what}: {grown.bytes / 1e6:.1f} MB', flush=True)
        assert SANITIZED or grown.bytes <= SESSION, f'{what}: {grown.bytes / 1e6:.0f} MB'
    answered = {
        'SEARCH of many sets': b'SEARCH ' + b'OR 1:* ' * 900 + b'1:*',
        'SEARCH of many texts': b'SEARCH ' + b'OR BODY a ' * 900 + b'BODY b',
        'SEARCH of a long text': b'SEARCH BODY "' + b'a' * 60_000 + b'"',
        'SEARCH not in sets': b'SEARCH ' + b'NOT 1:* ' * 900 + b'ALL',
        'a long set': b'FETCH ' + b','.join([b'1:*'] * 15_000) + b' (UID)',
        'a set of all, backwards': b'FETCH ' + b','.join(b'%d' % i for i in range(8000, 0, -1)) + b' (UID)',
        'SEARCH RETURN SAVE': b'SEARCH RETURN (SAVE ALL COUNT MIN MAX) ' + b'OR UNSEEN ' * 900 + b'SEEN',
    }
    for what, text in answered.items():
        client = log_in(server, 'alice')
        client.ok(b'SELECT Holes')
        with Growth(server, before) as grown: client.cmd(text)
        client.close()
        print(f'      {what}: {grown.bytes / 1e6:.1f} MB', flush=True)
        assert SANITIZED or grown.bytes <= SESSION, f'{what}: {grown.bytes / 1e6:.0f} MB'


def test_memory_of_a_large_append(_):
    with fresh() as server: memory_of_a_large_append(server)


def memory_of_a_large_append(server):
    client = log_in(server, 'alice')
    client.send(b't APPEND INBOX {%d+}\r\n' % (40 << 20))
    with Growth(server) as grown:
        for _ in range(39): client.send(b"y" * (1 << 20))
        time.sleep(0.3)
    client.close()
    print(f'      {grown.bytes / 1e6:.1f} MB for 39 MB of a message that never ends')
    assert SANITIZED or grown.bytes <= SESSION, grown.bytes


def test_slow_clients(_):
    """500, or 10,000, that send a byte now and then are gone at the login timeout, and another is served meanwhile."""
    count = size(500, 10_000)
    with watched(Server({'carol': 'carol-secret', 'watcher': 'watcher-secret'}, config='[limits]\nlogin_timeout = 5\nconnections_per_address = 20000\nhandshake = 5\n')) as slow:
        held, process = [], Process(slow)
        idle = log_in(slow, 'carol')
        before, sockets = process.rss(), process.sockets()
        for i in range(count):
            protocol = ('imap', 'pop3', 'submission', 'imaps', 'pop3s')[i % 5]
            s = socket.create_connection(('127.0.0.1', slow.port[protocol]), 5)
            s.sendall(b'a')
            held.append(s)
        begin, most, slept = time.monotonic(), 0, 0
        while time.monotonic() - begin < 4:
            for s in held:
                try: s.sendall(b'a')
                except OSError: pass
            asked = time.perf_counter()
            idle.ok(b'NOOP')
            slept = max(slept, time.perf_counter() - asked)
            most = max(most, process.rss() - before)
            time.sleep(1)
        assert slept < 0.25, slept
        deadline = begin + 9
        while process.sockets() > sockets:
            assert time.monotonic() < deadline, f'{process.sockets() - sockets} connections are still held'
            time.sleep(0.1)
        idle.ok(b'NOOP')
        print(f'      {most / count / 1024:.1f} KB a slow connection; all gone {time.monotonic() - begin:.1f} s after the last had come')
        assert SANITIZED or most <= count * EACH, most
        for s in held: s.close()
