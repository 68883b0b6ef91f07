"""What is said in clear must not count after STARTTLS, and what is inside a message must never become a second one."""
import itertools, ssl, time
from lib.rookery import DOMAIN
from tools import Client, log_in, submitter

# The command that starts TLS, what is injected behind it, a question to ask inside, and how its answer begins.
STARTTLS = {
    'imap': (b'a STARTTLS\r\n', b'i CREATE injected\r\nj NOOP\r\n', b'z NOOP\r\n', b'z OK'),
    'pop3': (b'STLS\r\n', b'USER injected\r\nNOOP\r\n', b'QUIT\r\n', b'+OK'),
    'submission': (b'STARTTLS\r\n', b'RSET\r\nVRFY injected\r\n', b'QUIT\r\n', b'221'),
}


def ask_inside(server, protocol, pieces, read_answer_after):
    """What comes first inside TLS after the pieces were sent in clear; None when there was no TLS to be had."""
    _, _, question, _ = STARTTLS[protocol]
    with Client(server, protocol) as client:
        if protocol == 'submission': client.say(b'EHLO attacker.example')
        for i, piece in enumerate(pieces):
            if i == read_answer_after: client.bare_line()
            if piece: client.send(piece)
        if read_answer_after == len(pieces): client.bare_line()
        try:
            client.start_tls()
            client.send(question)
            return client.line()
        except (ssl.SSLError, ConnectionError): return None


def test_starttls_injection_in_one_segment(server):
    for protocol, (start, injected, _, answer) in STARTTLS.items():
        got = ask_inside(server, protocol, [start + injected], 1)
        assert got is None or got.startswith(answer), (protocol, got)


def test_starttls_injection_in_the_next_segment(server):
    for protocol, (start, injected, _, answer) in STARTTLS.items():
        got = ask_inside(server, protocol, [start, injected], 1)
        assert got is None or got.startswith(answer), (protocol, got)


def test_starttls_injection_split_at_each_byte(server):
    for protocol, (start, injected, _, answer) in STARTTLS.items():
        whole = start + injected
        for at in range(1, len(whole)):
            got = ask_inside(server, protocol, [whole[:at], whole[at:]], 2)
            assert got is None or got.startswith(answer), (protocol, at, got)


def test_starttls_forgets_what_was_said(server):
    with Client(server, 'submission') as client:
        client.say(b'EHLO attacker.example')
        assert client.say(b'STARTTLS').startswith(b'220')
        client.start_tls()
        assert client.say(b'AUTH PLAIN AGFsaWNlAGFsaWNlLXNlY3JldA==').startswith(b'503')
    with Client(server, 'pop3') as client:
        client.send(b'USER alice\r\n'), client.line()
        client.send(b'STLS\r\n'), client.bare_line()
        client.start_tls()
        client.send(b'PASS alice-secret\r\n')
        assert client.line().startswith(b'-ERR')
    with Client(server, 'imap') as client:
        client.send(b'a STARTTLS\r\n'), client.bare_line()
        client.start_tls()
        assert b'STARTTLS' not in client.cmd(b'CAPABILITY')
        assert client.cmd(b'STARTTLS').startswith(b't BAD') or client.cmd(b'STARTTLS').startswith(b't NO')


PIECES = (b'\r', b'\n', b'\r\n', b'\r\r\n', b'\n\r', b'\r\0\n', b'\r\n\0')


def smuggle(client, before, after, user, pieces):
    """One message that tries to be two; the codes of all replies behind DATA."""
    body = b'From: <%s>\r\nSubject: carrier\r\n\r\nx' % user
    hidden = b'MAIL FROM:<%s>\r\nRCPT TO:<%s>\r\nDATA\r\nFrom: <%s>\r\nSubject: smuggled\r\n\r\nx\r\n.\r\n' % (user, user, user)
    for text in (b'MAIL FROM:<%s>' % user, b'RCPT TO:<%s>' % user, b'DATA'):
        got = client.say(text)
        assert got[:1] in b'23', got
    parts = [body, before, b'.', after, hidden + b'QUIT\r\n']
    if pieces == 'one segment': parts = [b''.join(parts)]
    try:
        for part in parts:
            client.send(part)
            if len(parts) > 1: time.sleep(0.0005)
    except (BrokenPipeError, ConnectionResetError): pass
    return [line[:3] for line in client.rest().splitlines()]


def test_smuggling(server):
    user = f'bob@{DOMAIN}'.encode()
    reader = log_in(server, 'bob')
    reader.ok(b'SELECT INBOX')
    def messages(): return int(reader.ok(b'STATUS INBOX (MESSAGES)').split(b'MESSAGES ')[1].split(b')')[0])
    for protocol, pieces in itertools.product(('lmtp', 'submission'), ('one segment', 'pieces')):
        for before, after in itertools.product(PIECES, PIECES):
            if before == after == b'\r\n': continue   # the end of a message, and then another
            count = messages()
            if protocol == 'submission': client = submitter(server, 'bob')
            else:
                client = Client(server, 'lmtp')
                client.say(b'LHLO attacker.example')
            codes = smuggle(client, before, after, user, pieces)
            client.close()
            what = (protocol, pieces, before, after, codes)
            assert codes.count(b'250') <= 1, what
            assert any(c.startswith((b'5', b'250')) for c in codes), what
            assert messages() - count == codes.count(b'250'), what
    assert reader.ok(b'SEARCH SUBJECT smuggled').splitlines()[0].strip() == b'* SEARCH'
    reader.close()
