"""A client that does one operation at a time and takes no for an answer, for the proofs in which the server has reason to refuse."""
import imaplib, poplib, re, socket, time
from ledger import Copy, NotShown, digest_of, verify
from lib.rookery import DOMAIN
from workers import ImapWorker

PATIENCE = 5.0   # seconds in which everything works again
# What may be answered instead of OK: try again.
ALLOWED = re.compile(rb'\[(SERVERBUG|OVERQUOTA|LIMIT|UNAVAILABLE)\]|-ERR \[SYS/TEMP\]|4\d\d ')


class Refused(Exception):
    """An answer that is not OK; whether it is one that may be is looked at where it is caught."""


class Client(ImapWorker):
    """Does one operation at a time. What was refused may have happened all the same: the log is written before it is flushed. It is looked up when the fault is gone."""
    enough = 6   # messages that are there before anything goes wrong

    def __init__(self, server, ledger, user, seed):
        super().__init__(server, ledger, user, 1, seed)
        self.inbox, self.unsettled, self.size = ledger.add_box(user, 'INBOX'), False, 2000
        self.imap, self.selected, self.lmtp, self.many = None, None, None, None

    def connect(self):
        self.imap = imaplib.IMAP4('127.0.0.1', self.server.port['imap'], timeout=PATIENCE + 15)
        self.imap.login(self.user, self.server.accounts[self.user])
        self.probe = imaplib.IMAP4('127.0.0.1', self.server.port['imap'], timeout=PATIENCE + 15)
        self.probe.login(self.user, self.server.accounts[self.user])
        self.selected, self.lmtp = None, None
        if not self.boxes:
            self.boxes = [self.ledger.add_box(self.user) for _ in range(3)]
            for box in self.boxes[:2]: self.create(box)

    def answered(self, kind, ok, said, *things):
        if ok: return super().answered(kind, ok, said, *things)
        self.unsettled = True
        raise Refused(said)

    def select(self, box):
        if self.selected is box: return
        self.selected = None
        kind, said = self.imap.select(box.name)
        if kind != 'OK': raise Refused(said)
        self.selected = box

    def new_message(self):
        self.sizes = [self.size]
        return super().new_message()

    def settle(self):
        begin = time.monotonic()
        while True:   # the store may be opening itself
            try: verify(self.server, self.ledger, self.user)
            except (NotShown, imaplib.IMAP4.error) as error:
                if time.monotonic() - begin > PATIENCE: return self.ledger.problem(f'nothing is shown {PATIENCE} s later: {error!r}')
                time.sleep(0.02)
            else: break
        self.unsettled = False
        for number, box in enumerate(self.boxes[:2]):
            if box.name is None: self.boxes[number] = self.ledger.add_box(self.user); self.create(self.boxes[number])

    # ---- operations beside those of ImapWorker

    def forget_expunged(self): self.mine = [m for m in self.mine if any(c.box.name is not None for c in m.copies)]

    def prepare(self):
        self.forget_expunged()
        while len(self.mine) < self.enough: self.append()
        if len(self.mine) > 40:
            self.many = 30
            self.expunge()
            self.many = None

    def any(self, most=1):
        self.forget_expunged()
        return super().any(self.many or most)

    def append_large(self):
        self.size = 400_000
        try: self.append()
        finally: self.size = 2000

    def make(self):
        if self.boxes[2].name is not None: self.make_or_delete()
        self.make_or_delete()

    def lmtp_says(self, send, code):
        if send is not None: self.lmtp.write(send); self.lmtp.flush()
        while True:
            line = self.lmtp.readline()
            if not line: raise EOFError('LMTP: the connection ended')
            if line[3:4] == b' ': break
        if not line.startswith(code):
            self.unsettled = True
            raise Refused([line])

    def deliver_by_lmtp(self):
        if self.lmtp is None:
            self.lmtp = socket.create_connection(('127.0.0.1', self.server.port['lmtp']), PATIENCE + 15).makefile('rwb')
            self.lmtp_says(None, b'220')
            self.lmtp_says(b'LHLO test\r\n', b'250')
        self.lmtp_says(b'RSET\r\n', b'250')
        self.lmtp_says(b'MAIL FROM:<sender@example.net>\r\n', b'250')
        self.lmtp_says(f'RCPT TO:<{self.user}@{DOMAIN}>\r\n'.encode(), b'250')
        message, data = self.new_message()
        self.ledger.begin((message, [Copy(self.inbox, None, frozenset())]))
        self.lmtp_says(b'DATA\r\n', b'354')
        self.lmtp_says(data + b'.\r\n', b'250')
        self.ledger.done('deliver', True, message)

    def deliver_large(self):
        self.size = 400_000
        try: self.deliver_by_lmtp()
        finally: self.size = 2000

    def open(self):
        """What a client that comes does: login, SELECT, FETCH."""
        imap = imaplib.IMAP4('127.0.0.1', self.server.port['imap'], timeout=PATIENCE + 15)
        try: imap.login(self.user, self.server.accounts[self.user])
        except imaplib.IMAP4.abort: raise
        except imaplib.IMAP4.error as error: raise Refused(list(error.args)) from None
        for ask in (lambda: imap.select(self.boxes[0].name), lambda: imap.uid('FETCH', '1:*', '(FLAGS ENVELOPE)')):
            kind, said = ask()
            if kind != 'OK': raise Refused(said)
        imap.logout()
        return kind, said

    def read(self):
        box, [(message, copy)] = self.any()
        self.select(box)
        kind, said = self.imap.uid('FETCH', str(copy.uid), '(BODY.PEEK[])')
        if kind != 'OK': raise Refused(said)
        if not isinstance(said[0], tuple) or digest_of(said[0][1]) != message.digest: self.ledger.problem(f'FETCH of {message.token} was OK and had other bytes: {said[:1]!r:.200}')

    def pop_begin(self):
        while sum(any(c.box is self.inbox for c in m.copies) for m in self.ledger.messages[self.user].values()) < 3: self.deliver_by_lmtp()
        self.pop = poplib.POP3('127.0.0.1', self.server.port['pop3'], timeout=PATIENCE + 15)
        self.pop.user(self.user)
        self.pop.pass_(self.server.accounts[self.user])
        self.gone = []
        for number in range(1, min(4, self.pop.stat()[0]) + 1):
            token = re.search(rb'X-Token: (\S+)', b'\n'.join(self.pop.top(number, 0)[1]))[1].decode()
            self.pop.dele(number)
            self.gone.append(self.ledger.messages[self.user][token])

    def quit(self):
        # QUIT is told only how it ended: the maildrop is changed page by page.
        self.ledger.begin(*[(message, []) for message in self.gone])
        try: self.pop.quit()
        except poplib.error_proto as error:
            self.unsettled = True
            raise Refused(list(error.args)) from None
        self.ledger.done('quit', True, *self.gone)

    def ready(self, operation):
        """What must be there before it, without any fault."""
        self.prepare()
        there = self.boxes[2].name is not None
        if operation == 'create' and there or operation == 'delete' and not there: self.make_or_delete()
        if operation == 'quit': self.pop_begin()
        if operation.startswith('deliver') and self.lmtp is None: self.deliver_by_lmtp()

    def do(self, operation):
        {'deliver': self.deliver_by_lmtp, 'deliver large': self.deliver_large, 'append': self.append, 'append large': self.append_large, 'create': self.make_or_delete, 'delete': self.make_or_delete}.get(
            operation, getattr(self, operation, None))()
