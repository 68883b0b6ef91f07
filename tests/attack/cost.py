"""Cost must grow with the size of the input and not with its square: server CPU time at N and at 4 N, whatever the N are."""
import os
from tools import SANITIZED, Client, Process, append, log_in, many_messages

MOST_RATIO = 6       # linear is 4, quadratic 16
FLOOR = 0.010        # seconds of CPU below which a ratio is noise
MOST_SECONDS = 2.0   # of CPU for any of the 4 N


def times(unit, size): return unit * max(1, size // len(unit))
def field(name, unit): return lambda size: name + b': ' + times(unit, size) + b'\r\n\r\nx\r\n'
def counted(head, unit, tail=b''): return lambda size: head + b''.join(unit % i for i in range(max(1, size // len(unit % 1000)))) + tail


def parameters(size):
    return b'Content-Type: text/plain' + b''.join(b";\r\n a*%d*=%%41" % i for i in range(size // 14)) + b'\r\n\r\nx\r\n'


def nested_multiparts(size):
    return b''.join(b'Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n' % (i, i) for i in range(size // 56)) + b'\r\nx\r\n'


def boundary_like(size):
    """Many boundaries are open, and each line looks like the beginning of all of them."""
    depth = min(90, size // 200)
    head = b''.join(b'Content-Type: multipart/mixed; boundary="%s%d"\r\n\r\n--%s%d\r\n' % (b'b' * 40, i, b'b' * 40, i) for i in range(depth))
    return head + b'\r\n' + times(b'--' + b'b' * 40 + b'\r\n', size)


MESSAGES = {
    'addresses': field(b'To', b'a@b.example, '),
    'addresses with names': field(b'Cc', b'"A B" <a@b.example>, '),
    'addresses, one a field': lambda size: times(b'To: a@b.example\r\n', size) + b'\r\nx\r\n',
    'groups': field(b'To', b'g: a@b.example;, '),
    'comments': field(b'From', b'(c) '),
    'open comments': field(b'From', b'('),
    'open comments, of which nothing is left out': field(b'To', b'('),
    'open quotes': field(b'From', b'"a\\'),
    'commas': field(b'To', b','),
    'dots': field(b'To', b'.'),
    'header lines': counted(b'', b'X-Line-%d: y\r\n', b'\r\nx\r\n'),
    'header lines of one name': lambda size: times(b'Received: y\r\n', size) + b'\r\nx\r\n',
    'folded lines': field(b'Subject', b'word\r\n '),
    'lines without colons': lambda size: times(b'x\r\n', size) + b'\r\nx\r\n',
    'references': counted(b'References:', b' <id-%d@b.example>', b'\r\n\r\nx\r\n'),
    'encoded words': field(b'Subject', b'=?utf-8?q?=C3=BC?= '),
    'encoded words side by side': field(b'Subject', b'=?utf-8?q?a?='),
    'open encoded words': field(b'Subject', b'=?'),
    'encoded words without an end': field(b'Subject', b'=?utf-8?q?a '),
    'encoded words of question marks': field(b'Subject', b'=?utf-8?q??'),
    'RFC 2231 parameters': parameters,
    'open comments of parameters': field(b'Content-Type', b'text/plain; a=('),
    'open quotes of parameters': field(b'Content-Type', b'text/plain; a="'),
    'parameters': counted(b'Content-Type: text/plain', b';p%d=v', b'\r\n\r\nx\r\n'),
    'languages': field(b'Content-Language', b'en, '),
    'parts': lambda size: b'Content-Type: multipart/mixed; boundary=b\r\n\r\n' + times(b'--b\r\n\r\nx\r\n', size) + b'--b--\r\n',
    'messages in a digest': lambda size: b'Content-Type: multipart/digest; boundary=b\r\n\r\n' + times(b'--b\r\n\r\nFrom: a@b\r\n\r\nx\r\n', size) + b'--b--\r\n',
    'nested multiparts': nested_multiparts,
    'multiparts of one boundary': lambda size: times(b'Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n', size),
    'nested messages': lambda size: times(b'Content-Type: message/rfc822\r\n\r\n', size) + b'\r\nx\r\n',
    'lines like boundaries': boundary_like,
    'dashes': lambda size: b'Content-Type: multipart/mixed; boundary=b\r\n\r\n' + times(b'--\r\n', size),
    'one long line': lambda size: b'Subject: x\r\n\r\n' + b'y' * size + b'\r\n',
    'HTML, open tags': lambda size: b'Content-Type: text/html\r\n\r\n' + times(b'<', size) + b'\r\n',
    'HTML, open comments': lambda size: b'Content-Type: text/html\r\n\r\n' + times(b'<!--', size) + b'\r\n',
    'HTML, entities': lambda size: b'Content-Type: text/html\r\n\r\n' + times(b'&amp', size) + b'\r\n',
    'HTML, scripts': lambda size: b'Content-Type: text/html\r\n\r\n' + times(b'<script>', size) + b'\r\n',
    'quoted-printable': lambda size: b'Content-Type: text/plain\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n' + times(b'= ', size) + b'\r\n',
    'base64': lambda size: b'Content-Type: text/plain\r\nContent-Transfer-Encoding: base64\r\n\r\n' + times(b'=A', size) + b'\r\n',
    'UTF-7': lambda size: b'Content-Type: text/plain; charset=utf-7\r\n\r\n' + times(b'+AGE', size) + b'\r\n',
    'combining marks': lambda size: 'Subject: a'.encode() + times('\u0301'.encode(), size) + b'\r\n\r\nx\r\n',
}


def judge(measured, failures, what, few, many):
    ratio = many / max(few, FLOOR)
    measured.append((ratio, what, few, many))
    if ratio > MOST_RATIO or many > MOST_SECONDS: failures.append(f'{what}: {few:.3f} s at N, {many:.3f} s at 4 N, ratio {ratio:.1f}')


def least_cpu(process, act, least_of):
    def once():
        before = process.cpu()
        act()
        return process.cpu() - before
    return min(once() for _ in range(least_of))


def measure(process, act):
    """act(1) and act(4); again when it looks wrong, for a flush of the store may have come between."""
    few, many = (least_cpu(process, lambda: act(n), 1) for n in (1, 4))
    if many > MOST_RATIO * max(few, FLOOR) or many > MOST_SECONDS: few, many = (least_cpu(process, lambda: act(n), 3) for n in (1, 4))
    return few, many


def tell(measured, failures):
    for ratio, what, few, many in sorted(measured, reverse=True)[:4]: print(f'      {ratio:.1f}: {what} ({few * 1000:.0f} ms, {many * 1000:.0f} ms)')
    assert SANITIZED or not failures, '\n'.join(failures)


def test_cost_of_messages(server):
    process, measured, failures = Process(server), [], []
    client = log_in(server, 'alice')
    for base in map(int, os.environ.get('COST_BASES', '50000,500000').split(',')):
        for what, make in MESSAGES.items():
            made = {n: make(base * n) for n in (1, 4)}
            def deliver(n): server.deliver('alice', made[n])
            judge(measured, failures, f'delivery: {what}, {base * 4 // 1000} KB', *measure(process, deliver))
    client.close()
    tell(measured, failures)


def test_cost_of_reading(server):
    """Of the same messages: every item that is made of what the parser found, and a search in them."""
    process, measured, failures = Process(server), [], []
    client = log_in(server, 'bob')
    for n in (1, 4):
        client.ok(b'CREATE Cost%d' % n)
        for make in MESSAGES.values(): append(client, b'Cost%d' % n, make(60_000 * n))
    items = b'(ENVELOPE BODYSTRUCTURE BODY PREVIEW BODY.PEEK[1] BODY.PEEK[1.1] BODY.PEEK[HEADER.FIELDS (SUBJECT X-Line-7)] BODY.PEEK[HEADER.FIELDS.NOT (TO)] BINARY.SIZE[1])'
    for i, what in enumerate(MESSAGES, 1):
        def fetch(n):
            if n != fetch.selected: client.ok(b'EXAMINE Cost%d' % n)
            fetch.selected = n
            client.cmd(b'FETCH %d %s' % (i, items)), client.cmd(b'FETCH %d BINARY.PEEK[1]' % i)
            client.ok(b'SEARCH %d TEXT nowhere BODY never SUBJECT x TO y HEADER X-Line-9 z' % i)
        fetch.selected = 0
        judge(measured, failures, f'FETCH and SEARCH: {what}', *measure(process, fetch))
    client.close()
    tell(measured, failures)


def joined(unit, by=b','): return lambda n: by.join(unit % i if b'%' in unit else unit for i in range(1, n + 1))


COMMANDS = {   # what, N, and the command of n
    'a set of numbers': (2000, lambda n: b'FETCH ' + joined(b'%d')(n) + b' (UID)'),
    'a set, backwards': (2000, lambda n: b'UID FETCH ' + b','.join(b'%d' % i for i in range(2 * n, 0, -2)) + b' (UID)'),
    'a set of all, often': (3000, lambda n: b'FETCH ' + joined(b'1:*')(n) + b' (UID)'),
    'a set of UIDs that are not there': (2500, lambda n: b'UID FETCH ' + b','.join(b'%d' % (10_000 + 2 * i) for i in range(n)) + b' (UID)'),
    'a set in STORE': (2000, lambda n: b'UID STORE ' + b','.join(b'%d' % i for i in range(2 * n, 0, -2)) + b' +FLAGS.SILENT (k)'),
    'SEARCH OR': (450, lambda n: b'SEARCH ' + b'OR SEEN ' * n + b'UNSEEN'),
    'SEARCH OR to the left': (450, lambda n: b'SEARCH ' + b'OR ' * n + b'SEEN ' * n + b'UNSEEN'),
    'SEARCH NOT': (450, lambda n: b'SEARCH ' + b'NOT ' * n + b'SEEN'),
    'SEARCH in parens': (450, lambda n: b'SEARCH ' + b'(' * n + b'SEEN' + b')' * n),
    'SEARCH of sets': (450, lambda n: b'SEARCH ' + b'1:* ' * n + b'ALL'),
    'SEARCH of a set in a NOT': (2000, lambda n: b'SEARCH NOT ' + joined(b'%d')(n)),
    'LIST of many patterns': (600, lambda n: b'LIST "" (' + joined(b'%%q%d')(n).replace(b',', b' ') + b')'),
    'LIST of wildcards': (5000, lambda n: b'LIST "" ' + b'*%' * n + b'x'),
    'LIST of stars and letters': (5000, lambda n: b'LIST "" ' + b'*o' * n + b'x'),
    'FETCH FLAGS': (2500, lambda n: b'FETCH 1:20 (' + joined(b'FLAGS')(n).replace(b',', b' ') + b')'),
    'FETCH sections': (900, lambda n: b'FETCH 1 (' + joined(b'BODY.PEEK[%d]')(n).replace(b',', b' ') + b')'),
    'FETCH a deep section': (7000, lambda n: b'FETCH 1 BODY.PEEK[' + joined(b'1')(n).replace(b',', b'.') + b']'),
    'FETCH fields': (2500, lambda n: b'FETCH 1:20 BODY.PEEK[HEADER.FIELDS (' + joined(b'F%d')(n).replace(b',', b' ') + b')]'),
    'STORE flags': (1500, lambda n: b'STORE 1 FLAGS.SILENT (' + joined(b'k')(n).replace(b',', b' ') + b')'),
    'STORE keywords': (1500, lambda n: b'STORE 1 FLAGS.SILENT (' + joined(b'key%d')(n).replace(b',', b' ') + b')'),
    'STATUS items': (1500, lambda n: b'STATUS INBOX (' + joined(b'MESSAGES')(n).replace(b',', b' ') + b')'),
    'ID fields': (1500, lambda n: b'ID (' + joined(b'"k" "v"')(n).replace(b',', b' ') + b')'),
    'ENABLE': (1500, lambda n: b'ENABLE ' + joined(b'X%d')(n).replace(b',', b' ')),
    'COPY of a set': (500, lambda n: b'UID COPY ' + b','.join(b'%d' % i for i in range(1, 2 * n, 2)) + b' Trash'),
}


def test_cost_of_commands(server):
    process, measured, failures = Process(server), [], []
    client = log_in(server, 'bob')
    many_messages(client, b'Cost', 10)
    for i in range(200): client.cmd(b'CREATE foo/boo%d' % i)
    repeat = 3
    for what, (n, make) in COMMANDS.items():
        def ask(times):
            for _ in range(repeat): client.cmd(make(n * times))
        judge(measured, failures, what, *measure(process, ask))
    pipelined = (lambda n: b'NOOP', lambda n: b'CAPABILITY', lambda n: b'SEARCH ALL')
    for make in pipelined:
        def ask_many(times):
            count = 500 * times if make(0) != b'SEARCH ALL' else 20 * times
            client.send(b't %s\r\n' % make(0) * count)
            for _ in range(count): client.until(b't ')
        judge(measured, failures, f'pipelined {make(0).decode()}', *measure(process, ask_many))
    client.close()
    tell(measured, failures)


def test_cost_of_many(server):
    """Mailboxes, deletions in pieces, and a thread: what grows with what is there already."""
    process, measured, failures = Process(server), [], []
    client = log_in(server, 'bob')
    def create(n):
        create.round += 1
        client.send(b''.join(b't CREATE many%d/%d\r\n' % (create.round, i) for i in range(150 * n)))
        for _ in range(150 * n): client.until(b't ')
        client.ok(b'LIST "" *')
        client.send(b''.join(b't DELETE many%d/%d\r\n' % (create.round, i) for i in range(150 * n)))
        for _ in range(150 * n): client.until(b't ')
    create.round = 0
    judge(measured, failures, 'mailboxes made and deleted', *measure(process, create))
    def thread(n):
        thread.round += 1
        for i in range(25 * n): append(client, b'INBOX', b'Message-ID: <t%d-%d@x>\r\nReferences:%s\r\nSubject: t\r\n\r\nx\r\n' % (thread.round, i, b''.join(b' <t%d-%d@x>' % (thread.round, j) for j in range(max(0, i - 40), i))))
    thread.round = 0
    judge(measured, failures, 'a growing thread', *measure(process, thread))
    def recipients(n):
        with Client(server, 'lmtp') as lmtp:
            lmtp.say(b'LHLO x'), lmtp.say(b'MAIL FROM:<>')
            lmtp.send(b'RCPT TO:<alice+%d@example.test>\r\n' * 1 % 0 + b''.join(b'RCPT TO:<nobody%d@example.test>\r\n' % i for i in range(1000 * n)))
            for _ in range(1000 * n + 1): lmtp.reply()
    judge(measured, failures, 'recipients', *measure(process, recipients))
    client.close()
    tell(measured, failures)
