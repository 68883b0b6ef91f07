"""What one account can learn of another, or take from it."""
import base64, os, random, re, statistics, threading, time
from lib.rookery import DOMAIN, Server, make_message
from tools import FULL, QUICK, Client, append, log_in, plain, submitter, with_config

PEOPLE = 20


def secret_of(i): return f'secret-{i:02d}-{i * 7919:06d}-tell-nobody'


def test_no_secret_of_another(server):
    """20 accounts, each with a secret in a subject, a body, a keyword and a mailbox's name; mixed requests over new and pipelined sessions."""
    people = {f'user{i:02d}': f'password-{i:02d}' for i in range(PEOPLE)}
    with with_config(Server(people, config='[limits]\nconnections_per_address = 5000\n'), QUICK) as crowd:
        for i, user in enumerate(people):
            secret = secret_of(i).encode()
            crowd.deliver(user, make_message(secret_of(i), 3000))
            with log_in(crowd, user) as client:
                client.ok(b'CREATE box-' + secret), append(client, b'box-' + secret, make_message(secret_of(i), 100_000), b'(k-' + secret + b') ')
        end, leaks, requests, errors = time.monotonic() + float(os.environ.get('LEAK_SECONDS', '2')), [], [0], []

        def look(who, got):
            requests[0] += 1
            for i in re.findall(rb'secret-(\d\d)', got):
                if int(i) != who: leaks.append((who, got[:500]))

        def work(seed):
            source = random.Random(seed)
            try:
                while time.monotonic() < end and not leaks:
                    who = source.randrange(PEOPLE)
                    user, other = f'user{who:02d}', source.randrange(PEOPLE)
                    if source.random() < 0.15:
                        with Client(crowd, 'pop3') as client:
                            client.send(f'USER {user}\r\nPASS password-{who:02d}\r\nLIST\r\nUIDL\r\nRETR 1\r\nTOP 1 9\r\nQUIT\r\n'.encode())
                            look(who, client.rest())
                        continue
                    if source.random() < 0.15:
                        with submitter(crowd, user) as client:
                            look(who, client.say(f'MAIL FROM:<user{other:02d}@{DOMAIN}>'.encode()) + client.say(b'VRFY <user%02d@x>' % other) + client.say(b'RCPT TO:<user%02d@%s>' % (other, DOMAIN.encode())))
                        continue
                    with Client(crowd, 'imap') as client:
                        if source.random() < 0.3: look(who, client.cmd(f'LOGIN user{other:02d} password-{who:02d}x'.encode()))
                        look(who, client.ok(f'LOGIN {user} password-{who:02d}'.encode()))
                        own = b'box-' + secret_of(who).encode()
                        texts = [b'SELECT INBOX', b'FETCH 1:* (ENVELOPE BODY[] FLAGS)', b'LIST "" *', b'SELECT ' + own, b'FETCH 1 (BODY.PEEK[] EMAILID THREADID)', b'STATUS INBOX (MESSAGES MAILBOXID)', b'SEARCH BODY tell-nobody',
                                 b'SEARCH SUBJECT secret', b'LIST "" %', b'SEARCH KEYWORD k-x', b'STORE 1 +FLAGS (a)', b'UID FETCH 1:* PREVIEW', b'LSUB "" *', b'NOOP', b'CLOSE', b'COPY 1 ' + own]
                        texts = [source.choice(texts) for _ in range(12)]
                        client.send(b''.join(b't%d %s\r\n' % (n, t) for n, t in enumerate(texts)))
                        for n in range(len(texts)): look(who, client.until(b't%d ' % n))
            except Exception as error: errors.append(error)

        threads = [threading.Thread(target=work, args=(seed,)) for seed in range(8)]
        for thread in threads: thread.start()
        for thread in threads: thread.join()
        print(f'      {requests[0]} replies looked through')
        assert not leaks, leaks[0]
        assert not errors, errors[0]


def test_of_another_as_of_nobody(server):
    """Whatever is asked of bob's things is answered as it would be for somebody who does not exist."""
    def without_name(got, name): return got.replace(name.encode(), b'NAME').replace(base64.b64encode(name.encode()), b'NAME')
    shapes = ('user/{0}', 'Other Users/{0}', 'Other Users/{0}/INBOX', '/{0}', '{0}@' + DOMAIN, '{0}@' + DOMAIN + '/INBOX', '../{0}/INBOX', '~{0}', '#user/{0}', 'user.{0}.INBOX')
    verbs = ('SELECT "{0}"', 'EXAMINE "{0}"', 'STATUS "{0}" (MESSAGES)', 'LIST "" "{0}"', 'LIST "" "{0}/%"', 'LIST "{0}" *', 'DELETE "{0}"', 'SUBSCRIBE "{0}"', 'RENAME "{0}" x', 'COPY 1 "{0}"', 'MOVE 1 "{0}"', 'UID COPY 1 "{0}"',
             'APPEND "{0}" {{1+}}\r\nx')
    client = log_in(server, 'alice')
    append(client, b'INBOX', make_message('mine'))
    client.ok(b'SELECT INBOX')
    for shape in shapes:
        for verb in verbs:
            replies = []
            for name in ('bob', 'zed'):
                got = client.cmd(verb.format(shape.format(name)).encode())
                replies.append(without_name(got, name))
                client.ok(b'SELECT INBOX')
            assert replies[0] == replies[1], (shape, verb, replies)
            assert b'* SEARCH' not in replies[0] and b'EXISTS' not in replies[0].split(b'\r\n')[0], (shape, verb, replies)
    # Acting as another, with one's own password.
    for protocol, start, end in (('imap', b't AUTHENTICATE PLAIN ', b''), ('pop3', b'AUTH PLAIN ', b''), ('submission', b'AUTH PLAIN ', b'')):
        replies = []
        for name in ('bob', 'zed', f'bob@{DOMAIN}'):
            with Client(server, protocol) as client:
                if protocol == 'submission': client.say(b'EHLO x')
                client.send(start + plain('alice', 'alice-secret', name) + b'\r\n')
                replies.append(client.until((b't ', b'-ERR', b'+OK', b'235', b'5')))
        assert len(set(replies)) == 1 and not replies[0].startswith((b't OK', b'+OK', b'235')), (protocol, replies)
    # Writing as another.
    with submitter(server, 'alice') as client:
        replies = [without_name(client.say(f'MAIL FROM:<{name}@{DOMAIN}>'.encode()), name) for name in ('bob', 'zed')]
        assert replies[0] == replies[1] and replies[0].startswith(b'55'), replies
        for spoof in ('From: bob@' + DOMAIN, 'From: alice@' + DOMAIN + ', bob@' + DOMAIN, 'From: alice@' + DOMAIN + '\r\nFrom: bob@' + DOMAIN, 'From: alice@' + DOMAIN + '\r\nSender: bob@' + DOMAIN, 'From : bob@' + DOMAIN,
                      'From: "alice@' + DOMAIN + '" <bob@' + DOMAIN + '>', 'From: g: bob@' + DOMAIN + ';', 'From: =?utf-8?q?alice?= <bob@' + DOMAIN + '>', 'from: <bob@' + DOMAIN + '>', 'From: alice@' + DOMAIN + ' <bob@' + DOMAIN + '>',
                      'From: ' + 9000 * f'alice@{DOMAIN}, ' + 'bob@' + DOMAIN, 'From: ' + f'alice@{DOMAIN}, ' + 9000 * ' ,' + 'bob@' + DOMAIN, 'From: alice@' + DOMAIN + '(' * 70_000 + ')' * 70_000 + ', bob@' + DOMAIN,
                      'From: alice@' + DOMAIN + '\r\n' + 'X: y\r\n' * 60_000 + 'From: bob@' + DOMAIN, 'From: (c) bob@' + DOMAIN, 'X: y\r\nFrom:\r\n bob@' + DOMAIN, 'From: <@x:bob@' + DOMAIN + '>', 'From: <alice@' + DOMAIN + '>\r\nFROM: <bob@' + DOMAIN + '>'):
            for text in (f'MAIL FROM:<alice@{DOMAIN}>', f'RCPT TO:<bob@{DOMAIN}>', 'DATA'): assert client.say(text.encode())[:1] in b'23', text
            got = client.say(spoof.encode() + b'\r\nSubject: not from me\r\n\r\nx\r\n.')
            assert got.startswith(b'5'), (spoof[:100], spoof[-30:], got)


def test_names_cannot_be_found_out_by_the_reply(server):
    known, unknown = set(), set()
    for name, replies in (('alice', known), ('nobody', unknown)):
        with Client(server, 'imap') as client: replies.add(client.cmd(f'LOGIN {name} wrong'.encode()))
        with Client(server, 'imap') as client: replies.add(client.cmd(b'AUTHENTICATE PLAIN ' + plain(name, 'wrong')))
        with Client(server, 'pop3') as client:
            client.send(f'USER {name}\r\n'.encode()), replies.add(client.line())
            client.send(b'PASS wrong\r\n'), replies.add(client.line())
        with Client(server, 'submission') as client:
            client.say(b'EHLO x')
            replies.add(client.say(b'AUTH PLAIN ' + plain(name, 'wrong')))
            replies.add(client.say(b'VRFY <%s>' % name.encode()).replace(name.encode(), b'NAME'))
    assert known == unknown, (known, unknown)
    # SCRAM's first answer: the same shape, and the same salt however often one asks.
    def first(name):
        with Client(server, 'imap') as client:
            client.send(b't AUTHENTICATE SCRAM-SHA-256 ' + base64.b64encode(f'n,,n={name},r=nonce'.encode()) + b'\r\n')
            line = client.line()
        return re.search(rb's=([^,]*),i=(\d+)', base64.b64decode(line[2:])).groups() if line.startswith(b'+ ') else line
    answers = [first(name) for name in ('alice', 'nobody', 'alice', 'nobody')]
    assert answers[0] == answers[2] and answers[1] == answers[3] and answers[0] != answers[1], answers
    assert len(answers[0][0]) == len(answers[1][0]) and answers[0][1] == answers[1][1], answers


def test_names_cannot_be_found_out_by_time(server):
    """The medians of a known and an unknown name differ by less than 10 %, or of 2,000 each 5 %; taken in turns, and again when somebody else kept the
    machine busy."""
    most, each = (0.05, 2000) if FULL else (0.1, 12)
    with with_config(Server({'alice': 'alice-secret'}), ('failures_per_network = 100000', 'failures_per_network = 100000\nfailures_per_account = 100000\nfailure_delay = 0')) as quick:
        took = {'alice': [], 'nobody': []}
        clients = {name: Client(quick, 'imap') for name in took}
        def ask(name):
            begin = time.perf_counter()
            got = clients[name].cmd(b'AUTHENTICATE PLAIN ' + plain(name, f'wrong-{len(took[name])}'))
            took[name].append(time.perf_counter() - begin)
            if b't NO' not in got: raise RuntimeError(got)
            if len(took[name]) % 10 == 0:
                clients[name].close()
                clients[name] = Client(quick, 'imap')
        for _ in range(6):
            for _ in range(each):
                for name in ('alice', 'nobody'): ask(name)
            known, unknown = (statistics.median(took[name]) for name in ('alice', 'nobody'))
            if abs(known - unknown) <= most * min(known, unknown): break
        print(f'      {known * 1000:.1f} ms a known name, {unknown * 1000:.1f} ms an unknown one, of {len(took["alice"])} each')
        assert abs(known - unknown) <= most * min(known, unknown), f'{known:.4f} s a known name, {unknown:.4f} s an unknown one'


def test_guessing_is_throttled_and_hurts_nobody_else(server):
    with with_config(Server({'alice': 'alice-secret', 'bob': 'bob-secret'}), ('failures_per_network = 100000', 'failures_per_network = 5\nfailure_delay = 0')) as strict:
        def try_it(password, source, user='alice', protocol='imap'):
            with Client(strict, protocol, source=source) as client: return client.cmd(f'LOGIN {user} {password}'.encode())
        inside = log_in(strict, 'bob')   # from 127.0.0.1, which is bob's from now on
        for i in range(5): assert b'AUTHENTICATIONFAILED' in try_it(f'guess-{i}', '127.0.0.2')
        for user, password in (('alice', 'another-guess'), ('alice', 'alice-secret'), ('bob', 'bob-secret'), ('nobody', 'x')):
            got = try_it(password, '127.0.0.2', user)
            assert b't NO' in got and b'AUTHENTICATIONFAILED' not in got, got
        with Client(strict, 'pop3', source='127.0.0.2') as client:
            client.send(b'USER alice\r\nPASS alice-secret\r\n')
            assert client.line().startswith(b'+OK') and client.line().startswith(b'-ERR')
        with Client(strict, 'submission', source='127.0.0.2') as client:
            client.say(b'EHLO x')
            assert client.say(b'AUTH PLAIN ' + plain('alice', 'alice-secret')).startswith(b'4')
        begin = time.perf_counter()
        for _ in range(20): try_it('guess', '127.0.0.2')
        assert time.perf_counter() - begin < 1, 'a refused login still costs a hash'
        inside.ok(b'SELECT INBOX')
        assert b't OK' in try_it('alice-secret', '127.0.0.3') and b't OK' in try_it('bob-secret', '127.0.0.1', 'bob')
        # Somebody who has logged in from here before is not locked out by guesses from elsewhere, nor by a few of his own.
        for i in range(6):
            for last in (4, 5, 6, 7, 8, 9): try_it(f'guess-{i}', f'127.0.0.{last}')
        assert b't OK' in try_it('alice-secret', '127.0.0.3')
        got = try_it('alice-secret', '127.0.0.10')
        assert b't NO' in got and b'AUTHENTICATIONFAILED' not in got, f'30 guesses from many networks, and from a new one still: {got}'
        inside.ok(b'NOOP')


def test_a_flood_of_logins_leaves_room(server):
    """100 wrong logins at once: those inside notice nothing, hashes are bounded, and a login right after works."""
    with Server({'alice': 'alice-secret', 'bob': 'bob-secret'}, config='[limits]\nconnections_per_address = 5000\n') as flooded:
        inside, worst = log_in(flooded, 'bob'), 0
        clients = [Client(flooded, 'imap') for _ in range(100)]
        for i, client in enumerate(clients): client.send(b't LOGIN alice wrong-%d\r\n' % i)
        end = time.monotonic() + 1.5
        while time.monotonic() < end:
            begin = time.perf_counter()
            inside.ok(b'NOOP')
            worst = max(worst, time.perf_counter() - begin)
            time.sleep(0.01)
        for client in clients: assert client.until(b't ').startswith(b't NO')
        log_in(flooded, 'bob').close()   # from where bob is known: the guesses were not about him
        print(f'      NOOP beside it {worst * 1000:.1f} ms at worst')
        assert worst < 0.25, worst


def test_a_flood_from_one_address_refuses_nobody_else(server):
    """80 connections of one address that never stop asking for hashes; from another, people whose passwords nobody has checked before log in."""
    shapes = (b'USER bob\r\nPASS wrong\r\n', b'AUTH PLAIN AA==\r\n', b'AUTH PLAIN\r\n*\r\n')
    people = {f'user{i}': f'user{i}-secret' for i in range(len(shapes))}
    with Server({**people, 'bob': 'bob-secret'}, config='[limits]\nconnections_per_address = 5000\n') as flooded:
        for shape, user in zip(shapes, people):
            data, over = shape * (8000 // len(shape)), threading.Event()

            def flood():
                with Client(flooded, 'pop3', timeout=0.5) as client:
                    while not over.is_set():
                        try: client.send(data)
                        except TimeoutError: pass
                        try: client.socket.recv(1 << 20)
                        except (TimeoutError, ConnectionError): pass

            threads = [threading.Thread(target=flood) for _ in range(80)]
            for thread in threads: thread.start()
            try:
                time.sleep(0.2)
                log_in(flooded, user, source='127.0.0.2').close()
            finally:
                over.set()
                for thread in threads: thread.join()
