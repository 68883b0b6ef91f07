"""Input that means nothing: garbage, broken tokens, names that look like paths, commands in any order, nesting without end."""
import os, random, socket, time
from lib.rookery import DOMAIN, Server, make_message
from tools import PROTOCOLS, SANITIZED, Client, append, log_in, plain

ENDS = (b'\0', b'\x80', b'\xff', b'\\', b'"', b'"\\', b'"\0"', b'"\x80"', b'"\\\\', b'{', b'{1', b'{0+}\r\n\0', b'{1+}\r\n\0', b'~{1+}\r\n\0', b'(', b')',
        b'[', b'<', b'<0.', b'&', b'&-', b'&AA', b'&////-', b'\xc3', b'\xed\xa0\x80', b'=?', b'%', b'*', b'')
IMAP = (b'ID (', b'LOGIN ', b'AUTHENTICATE ', b'AUTHENTICATE PLAIN ', b'ENABLE ', b'SELECT ', b'EXAMINE ', b'CREATE ', b'DELETE ', b'RENAME a ', b'SUBSCRIBE ', b'LIST "" ',
        b'LIST ', b'LIST (', b'LIST "" * RETURN (STATUS (', b'LSUB "" ', b'STATUS INBOX (', b'STATUS ', b'APPEND ', b'APPEND INBOX (', b'APPEND INBOX "', b'APPEND INBOX {1+}\r\nx',
        b'SEARCH ', b'SEARCH SUBJECT ', b'SEARCH CHARSET ', b'SEARCH HEADER ', b'SEARCH RETURN (', b'SEARCH SINCE ', b'SEARCH LARGER ', b'SEARCH MODSEQ ', b'FETCH ', b'FETCH 1 ',
        b'FETCH 1 (', b'FETCH 1 BODY[', b'FETCH 1 BODY[HEADER.FIELDS (', b'FETCH 1 BODY[1', b'FETCH 1 BODY[1.', b'FETCH 1 BODY[]<', b'FETCH 1 BINARY[', b'FETCH 1 (FLAGS) (',
        b'STORE 1 ', b'STORE 1 FLAGS ', b'STORE 1 FLAGS (', b'COPY ', b'COPY 1 ', b'UID ', b'UID FETCH ', b'UID EXPUNGE ', b'MOVE 1 ', b'NOOP', b'')
POP3 = (b'USER ', b'PASS ', b'AUTH ', b'AUTH PLAIN ', b'LIST ', b'RETR ', b'DELE ', b'TOP ', b'TOP 1 ', b'UIDL ', b'')
SMTP = (b'EHLO ', b'LHLO ', b'MAIL FROM:', b'MAIL FROM:<', b'MAIL FROM:<a@b> ', b'MAIL FROM:<a@b> SIZE=', b'RCPT TO:', b'RCPT TO:<', b'RCPT TO:<"', b'RCPT TO:<a@[', b'AUTH ', b'AUTH PLAIN ',
        b'VRFY ', b'BDAT ', b'DATA ', b'NOOP ', b'')


def test_broken_tokens(server):
    """Each place of a token, filled with each kind of broken one; in states before and after login."""
    def logged_in():
        client = log_in(server, 'alice')
        client.ok(b'SELECT INBOX')
        return client
    append(log_in(server, 'alice'), b'INBOX', make_message('tokens'))
    for make in (lambda: Client(server, 'imap'), logged_in):
        client, sent = make(), 0
        for start in IMAP:
            for end in ENDS:
                try:
                    client.socket.settimeout(0.1 if b'{' in end else 20)   # it may wait for the rest of a literal
                    client.send(b't ' + start + end + b'\r\n')
                    got = client.until((b't ', b'* BAD', b'* BYE', b'+ '))
                    if got.startswith(b'+ ') or b'\r\n+ ' in got: raise EOFError   # it waits for a literal, or for SASL
                    sent += 1
                    if sent % 15 == 0: client.send(b'n NOOP\r\n'), client.until((b'n OK', b'* BYE'))
                except (EOFError, ConnectionError, TimeoutError):
                    client.close()
                    client = make()
        client.close()
    for protocol, starts in (('pop3', POP3), ('lmtp', SMTP), ('submission', SMTP)):
        client = Client(server, protocol)
        for start in starts:
            for end in ENDS:
                try:
                    client.send(start + end + b'\r\n')
                    got = client.line()
                    if not got.endswith(b'\n') or got.startswith((b'+ ', b'334', b'421')): raise EOFError
                except (EOFError, ConnectionError):
                    client.close()
                    client = Client(server, protocol)
        client.close()


HEADERS = (b'From', b'To', b'Date', b'Subject', b'Message-ID', b'References', b'Content-Type', b'Content-Disposition', b'Content-Transfer-Encoding', b'Content-Language', b'Content-ID')
TAILS = ENDS + (b'(', b'(\\', b'a@b (\\', b'"\\', b'<a@b', b'a:b;', b'=?utf-8?q?=', b'=?utf-8?b?A?=', b'=?x?b?gICA?=', b"text/plain; a*=", b"text/plain; a*0*='", b"text/plain; a*=x'", b'text/plain; a="\\',
                b'multipart/mixed; boundary=', b'multipart/mixed; boundary=""', b'multipart/mixed; boundary="\0"', b'message/rfc822', b'/', b'text/', b'x; ;;;', b'99999999999999999999999')
ITEMS = b'(ENVELOPE BODYSTRUCTURE BODY PREVIEW RFC822.HEADER BODY.PEEK[TEXT] BODY.PEEK[1] BINARY.PEEK[1] BINARY.SIZE[1] BODY.PEEK[1.MIME] BODY.PEEK[HEADER.FIELDS (TO)])'


def test_broken_messages(server):
    """Each field ended in the middle of each kind of token: stored, every item asked for, and the bytes as they came."""
    client = log_in(server, 'alice')
    client.ok(b'CREATE Broken')
    messages = [name + b': ' + tail + end for name in HEADERS for tail in TAILS for end in (b'', b'\r\n\r\n' + tail)]
    for at in range(0, len(messages), 50):
        part = messages[at:at + 50]
        client.send(b''.join(b't APPEND Broken ~{%d+}\r\n%s\r\n' % (len(m), m) if b'\0' in m else b't APPEND Broken {%d+}\r\n%s\r\n' % (len(m), m) for m in part))
        for _ in part: client.until(b't ')
    got = client.ok(b'SELECT Broken')
    stored = int(got.split(b' EXISTS')[0].split()[-1])
    assert stored > len(messages) // 2, stored
    client.send(b't FETCH 1:* ' + ITEMS + b'\r\n')
    client.until(b't ')
    for words in (b'SUBJECT x', b'FROM x', b'HEADER CONTENT-TYPE x', b'BODY x', b'TEXT x', b'SENTSINCE 1-Jan-2020'): client.ok(b'SEARCH ' + words)


def test_garbage_on_every_port(server):
    source = random.Random(10)
    admin = str(server.folder / 'data/admin.sock')
    before = server.cli('status').returncode
    shapes = (lambda: source.randbytes(source.randrange(1, 3000)), lambda: source.randbytes(80) + b'\r\n', lambda: b'\0' * 3000, lambda: b'\r\n' * 500,
              lambda: b'\x16\x03\x01' + source.randbytes(500), lambda: b'GET / HTTP/1.1\r\nHost: x\r\n\r\n', lambda: b'{' * 5000 + b'\r\n', lambda: b'')
    jsons = (lambda: b'[' * 60_000 + b'\n', lambda: b'{"verb":' * 5000 + b'\n', lambda: b'{"bytes":18446744073709551615}\n', lambda: b'{"verb":"deliver","args":{}}\n{"bytes":99999999}\n' + b'x' * 9999,
             lambda: b'{"verb":"account add","args":[1]}\n', lambda: b'{"verb":"\\u0000","args":{"a":"\\ud800"}}\n', lambda: b'{"end":true}\n' * 99, lambda: b'{"bytes":-1}\n',
             lambda: b'{"verb":"status","args":{}}\n' * 300, lambda: b'{"verb":"check","args":{}}\n', lambda: b'{"verb":"trace","args":{"message_id":"' + b'(' * 20000 + b'"}}\n',
             lambda: b'{"verb":"mailbox create","args":{"address":"alice@example.test","name":"../../x"}}\n', lambda: b'x' * 200_000)
    for _ in range(12):
        for target in (*server.port.values(), admin):
            s = socket.socket(socket.AF_UNIX if target is admin else socket.AF_INET)
            s.settimeout(1)
            s.connect(admin if target is admin else ('127.0.0.1', target))
            try:
                for _ in range(source.randrange(1, 4)):
                    s.sendall(source.choice(shapes + jsons * (target is admin))())
                if source.random() < 0.3: s.recv(1000)
                if source.random() < 0.3: s.shutdown(socket.SHUT_WR), s.recv(1000)
            except OSError: pass
            s.close()
    for shape in jsons:   # alone, so that none hides behind another's end
        s = socket.socket(socket.AF_UNIX)
        s.settimeout(2), s.connect(admin)
        try: s.sendall(shape()), s.recv(1000)
        except OSError: pass
        s.close()
    assert server.cli('status').returncode == before == 0


NAMES = (b'../escape', b'../../../../tmp/escape', b'..', b'.', b'./x', b'/absolute', b'//', b'a//b', b'~', b'~root', b'a\0b', b'%', b'*', b'a%b', b'%2e%2e%2f', b'%s%n%x', b'a' * 255, b'a' * 256, b'b' * 1000,
         b'c' * 60_000, b'/'.join([b'd'] * 1000), b'/'.join([b'd'] * 101), b'e/', b'f/../g', b'&', b'&-', b'&&', b'&AA-', b'&AAA-', b'&AC8-', b'&AC4ALgAv-', b'&2AA-', b'&3AA-', b'&//8-', b'&ACo-', b'&AGE-', b'&gg',
         b'&-&', b'\xc0\xaf', b'\xed\xa0\x80', b'\xff\xfe', b'caf\xc3\xa9', b'cafe\xcc\x81', b'inbox', b'InBoX', b'INBOX/x', b'inbox/y', b'INBOX/../x', b'#shared', b'#', b'|rm -rf', b'`id`', b'$(id)', b'a b', b' ', b' x',
         b'x ', b'"', b'\\', b'a\\b', b'CON', b'NUL', b'.hidden', b'store', b'log', b'-rf', b'\xe2\x80\xae', b'\xe2\x80\xa8', b'\x7f', b'\x01', b'\t', b'nil', b'NIL', b'{5}', b'(', b'()')


def files_under(folder):
    return sorted(os.path.join(where, name) for where, folders, files in os.walk(folder) for name in folders + files)


def test_mailbox_names(server):
    """A name comes back from LIST as it went in (INBOX and NFC apart), or is refused; and no name is a file's."""
    def outside(): return [f for f in files_under(server.folder) if not f.startswith(str(server.folder / 'data/store'))]
    before, parent = outside(), sorted(os.listdir(server.folder.parent))
    for rev2 in (False, True):
        client = log_in(server, 'bob')
        if rev2: client.ok(b'ENABLE IMAP4rev2')
        for name in NAMES:
            name_sent = b'{%d+}\r\n' % len(name) + name
            got = client.cmd(b'CREATE ' + name_sent)
            last = got.splitlines()[-1]
            assert last.startswith((b't OK', b't NO', b't BAD')), (name, got)
            if last.startswith(b't OK'):
                # What it is called now, asked by its name.
                status = client.cmd(b'STATUS ' + name_sent + b' (MESSAGES)')
                assert status.splitlines()[-1].startswith(b't OK'), (name, got, status)
                assert client.cmd(b'DELETE ' + name_sent).splitlines()[-1].startswith((b't OK', b't NO')), name
            elif b'ALREADYEXISTS' not in last:
                assert not client.cmd(b'STATUS ' + name_sent + b' (MESSAGES)').startswith(b'* STATUS') or name.lower() == b'inbox', name
                for verb in (b'SELECT', b'SUBSCRIBE', b'RENAME Trash', b'COPY 1', b'DELETE'):
                    if name.lower() != b'inbox' or verb not in (b'SELECT', b'SUBSCRIBE'): client.cmd(verb + b' ' + name_sent)
        client.close()
    assert outside() == before and b'escape' not in b''.join(map(os.fsencode, files_under(server.folder)))
    assert [f for f in os.listdir(server.folder.parent) if 'escape' in f] == [], parent


def nested(kind, depth):
    if kind == 'multipart':
        return b''.join(b'Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n' % (i, i) for i in range(depth)) + b'\r\nx\r\n'
    if kind == 'same boundary': return b'Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n' * depth + b'\r\nx\r\n'
    if kind == 'rfc822': return b'Content-Type: message/rfc822\r\n\r\n' * depth + b'\r\nx\r\n'
    if kind == 'comments': return b'From: ' + b'(' * depth + b'x' + b')' * depth + b' <a@b>\r\nDate: ' + b'(' * depth + b'\r\n\r\nx\r\n'
    if kind == 'groups': return b'To: ' + b'a:' * depth + b'x@y' + b';' * depth + b'\r\n\r\nx\r\n'
    if kind == 'angles': return b'To: ' + b'<' * depth + b'x@y' + b'>' * depth + b'\r\n\r\nx\r\n'
    if kind == 'html': return b'Content-Type: text/html\r\n\r\n' + b'<div>' * depth + b'x' + b'</div>' * depth + b'\r\n'
    return b'References: ' + b'<' * depth + b'\r\n\r\nx\r\n'


KINDS = ('multipart', 'same boundary', 'rfc822', 'comments', 'groups', 'angles', 'html', 'references')


def test_deep_nesting_on_a_small_stack(server):
    """100,000 levels of everything, in a server whose threads have 256 KB of stack; the messages come back byte for byte."""
    folder = server.folder / 'small-stack'
    folder.mkdir(exist_ok=True)
    wrapper = folder / 'rookery'
    wrapper.write_text(f'#!/bin/sh\nulimit -s {2048 if SANITIZED else 256}\nexec {server.binary} "$@"\n')
    wrapper.chmod(0o755)
    with Server({'dora': 'dora-secret'}, binary=wrapper) as small:
        client = log_in(small, 'dora')
        for i, kind in enumerate(KINDS):
            message = nested(kind, 100_000)
            append(client, b'INBOX', message)
            client.ok(b'SELECT INBOX')
            client.send(b't FETCH %d (ENVELOPE BODYSTRUCTURE BODY PREVIEW BODY.PEEK[1.1.1] BODY.PEEK[%s1])\r\n' % (i + 1, b'1.' * 900))
            client.until(b't ')
            client.send(b't FETCH %d BODY.PEEK[]\r\n' % (i + 1))
            got = client.until(b't OK')
            assert message in got, kind
            small.deliver('dora', message)
            client.ok(b'SEARCH TEXT nothing'), client.ok(b'NOOP')
            client.ok(b'STORE * +FLAGS.SILENT (\\Deleted)'), client.ok(b'EXPUNGE')
        for text in (b'(' * 60_000, b'NOT ' * 16_000 + b'ALL', b'OR ' * 20_000, b'(' * 900 + b'ALL' + b')' * 900, b'NOT ' * 1000 + b'ALL', b'OR ALL ' * 900 + b'ALL', b'OR ' * 900 + b'ALL ' * 901):
            client.cmd(b'SEARCH ' + text.strip())
        for text in (b'FETCH 1 ' + b'(' * 60_000, b'FETCH 1 BODY[' + b'1.' * 30_000 + b'1]', b'FETCH 1 BODY' + b'[' * 60_000, b'STORE 1 FLAGS ' + b'(' * 60_000, b'LIST "" ' + b'(' * 60_000, b'ID ' + b'(' * 60_000,
                     b'STATUS INBOX ' + b'(' * 60_000, b'LIST ' + b'(' * 60_000 + b' "" *', b'APPEND INBOX ' + b'(' * 60_000, b'ENABLE ' + b'(' * 60_000):
            assert client.cmd(text).splitlines()[-1].startswith((b't BAD', b't NO')), text[:20]
            client.ok(b'NOOP')
        client.ok(b'NOOP')
        client.close()


# Words of each protocol, sent in any order; {} is a number.
WORDS = {
    'imap': ['NOOP', 'CAPABILITY', 'LOGIN alice alice-secret', 'LOGIN bob bob-secret', 'LOGIN alice wrong', 'AUTHENTICATE PLAIN', '*', 'AUTHENTICATE PLAIN =', 'STARTTLS', 'ENABLE CONDSTORE', 'ENABLE IMAP4rev2',
             'SELECT INBOX', 'SELECT Box{}', 'SELECT INBOX (CONDSTORE)', 'EXAMINE Box{}', 'CREATE Box{}', 'DELETE Box{}', 'RENAME Box{} Box{}', 'RENAME INBOX Box{}', 'SUBSCRIBE Box{}', 'LIST "" *', 'LSUB "" *',
             'STATUS Box{} (MESSAGES UIDNEXT UNSEEN SIZE)', 'APPEND Box{} (\\Seen) {{5+}}\r\nhello', 'APPEND INBOX {{5+}}\r\nhello', 'APPEND INBOX {{5}}', 'APPEND INBOX {{9000+}}\r\nhel', 'IDLE', 'DONE', 'CHECK', 'CLOSE',
             'UNSELECT', 'EXPUNGE', 'UID EXPUNGE 1:{}', 'COPY 1:{} Box{}', 'UID COPY 1:* Box{}', 'MOVE {} Box{}', 'UID MOVE 1:{} INBOX', 'FETCH 1:* (FLAGS UID MODSEQ)', 'FETCH {} BODY[]', 'UID FETCH 1:* ENVELOPE',
             'SEARCH RETURN (SAVE) ALL', 'SEARCH UNSEEN', 'FETCH $ FLAGS', 'STORE {} +FLAGS (\\Deleted k{})', 'UID STORE 1:* -FLAGS (\\Deleted)', 'UID STORE 1:* (UNCHANGEDSINCE {}) FLAGS ()', 'ID NIL', 'NAMESPACE', 'LOGOUT', ''],
    'pop3': ['CAPA', 'USER alice', 'PASS alice-secret', 'USER bob', 'PASS bob-secret', 'STAT', 'LIST', 'LIST {}', 'UIDL', 'UIDL {}', 'RETR {}', 'TOP {} {}', 'DELE {}', 'RSET', 'NOOP', 'STLS', 'AUTH', 'AUTH PLAIN', '*', 'QUIT', ''],
    'lmtp': ['LHLO x', 'MAIL FROM:<a@b.example>', 'MAIL FROM:<>', 'RCPT TO:<alice@example.test>', 'RCPT TO:<bob@example.test>', 'RCPT TO:<nobody@example.test>', 'DATA', 'Subject: x', '', 'body', '.', '..', 'RSET', 'NOOP', 'VRFY x', 'QUIT',
             'DATA\r\nSubject: {}\r\n\r\nx\r\n.', 'BDAT 5 LAST\r\nhello', 'STARTTLS'],
    'submission': ['EHLO x', 'HELO x', 'AUTH PLAIN ' + plain('alice', 'alice-secret').decode(), 'AUTH PLAIN', '*', 'AUTH LOGIN', 'MAIL FROM:<alice@example.test>', 'MAIL FROM:<bob@example.test>', 'RCPT TO:<bob@example.test>',
                   'RCPT TO:<x@elsewhere.example>', 'DATA', 'From: <alice@example.test>', '', 'body', '.', 'RSET', 'NOOP', 'STARTTLS', 'QUIT', 'DATA\r\nFrom: <alice@example.test>\r\n\r\nx\r\n.'],
}


def test_any_order(server):
    """Sessions that say legal words in any order, pipelined or not, read or not, and vanish anywhere."""
    seed = int(os.environ.get('SEED', time.time_ns() % 1_000_000))
    print(f'      SEED={seed}')
    source, end = random.Random(seed), time.monotonic() + float(os.environ.get('ORDER_SECONDS', '3'))
    sessions = commands = 0
    held = []
    while time.monotonic() < end:
        protocol = source.choices(PROTOCOLS, (6, 2, 2, 2))[0]
        client = Client(server, protocol)
        client.socket.settimeout(0.02)
        sessions += 1
        if protocol == 'imap' and source.random() < 0.8: client.send(b'l LOGIN alice alice-secret\r\ns SELECT INBOX\r\n')
        if protocol == 'pop3' and source.random() < 0.7: client.send(b'USER bob\r\nPASS bob-secret\r\n')
        try:
            for _ in range(source.randrange(1, 30)):
                text = source.choice(WORDS[protocol])
                text = text.format(*(source.randrange(12) for _ in range(2)))
                tag = f'x{commands} ' if protocol == 'imap' and text not in ('*', 'DONE', '') else ''
                data = (tag + text + '\r\n').encode()
                if source.random() < 0.1: data = data[:source.randrange(len(data))]
                client.send(data)
                commands += 1
                if source.random() < 0.2: client.socket.recv(4096)
        except OSError: pass
        if source.random() < 0.2: held.append(client)
        else: client.close()
        if len(held) > 30: held.pop(source.randrange(len(held))).close()
    for client in held: client.close()
    print(f'      {commands} commands in {sessions} sessions')
    client = log_in(server, 'alice')
    client.ok(b'SELECT INBOX'), client.ok(b'UID FETCH 1:* (FLAGS)')
    client.close()
    checked = server.cli('check', check=False)
    assert checked.returncode == 0, checked


def test_a_disconnect_at_each_byte(server):
    """One dialogue a protocol, cut behind each of its bytes."""
    dialogues = {
        'imap': b'a LOGIN alice alice-secret\r\nb APPEND INBOX {12+}\r\nSubject: x\r\n\r\nc SELECT INBOX\r\nd FETCH 1 BODY[]\r\ne IDLE\r\nDONE\r\nf LOGOUT\r\n',
        'pop3': b'USER bob\r\nPASS bob-secret\r\nRETR 1\r\nDELE 1\r\nRSET\r\nQUIT\r\n',
        'lmtp': b'LHLO x\r\nMAIL FROM:<>\r\nRCPT TO:<bob@example.test>\r\nDATA\r\nSubject: x\r\n\r\nx\r\n.\r\nQUIT\r\n',
        'submission': b'EHLO x\r\nAUTH PLAIN ' + plain('bob', 'bob-secret') + b'\r\nMAIL FROM:<bob@example.test>\r\nRCPT TO:<bob@example.test>\r\nDATA\r\nFrom: <bob@example.test>\r\n\r\nx\r\n.\r\nQUIT\r\n',
    }
    for protocol, text in dialogues.items():
        for at in range(len(text)):
            with Client(server, protocol) as client: client.send(text[:at])
