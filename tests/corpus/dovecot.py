#!/usr/bin/env python3
"""Compares ENVELOPE, BODYSTRUCTURE and RFC822.SIZE of every message here between Rookery and Debian's Dovecot, in one run.

Both get the same bytes by APPEND (line ends made CRLF). A difference must be in dovecot-differences.txt with its reason, and one there that is gone is an error too.
Use: dovecot.py [--list]    --list prints the differences as dovecot-differences.txt wants them. Needs root: Dovecot gets a /usr of its own.
"""
import imaplib, re, sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
from lib.dovecot import Dovecot
from lib.rookery import DOMAIN, Server
from corpus.compare import split_mbox

imaplib._MAXLINE = 50_000_000
PASSWORD = 'corpus-secret'
ENVELOPE = ('date', 'subject', 'from', 'sender', 'reply-to', 'to', 'cc', 'bcc', 'in-reply-to', 'message-id')


def messages():
    for folder in ('messages', 'mbox'):
        for file in sorted((HERE / folder).iterdir()):
            data = file.read_bytes()
            for number, one in enumerate(split_mbox(data) if folder == 'mbox' else [data]):
                one = re.sub(rb'\AFrom [^\n]*\n', b'', one) if folder == 'mbox' else one
                yield f'{file.name} {number}', re.sub(rb'\r?\n', b'\r\n', one).replace(b'\0', b'?')


class Reader:
    """A FETCH answer as lists, bytes, numbers and None."""
    def __init__(self, data): self.data, self.at = data, 0

    def value(self):
        while self.data[self.at:self.at + 1] == b' ': self.at += 1
        c = self.data[self.at:self.at + 1]
        if c == b'(':
            self.at += 1
            out = []
            while self.data[self.at:self.at + 1] != b')': out.append(self.value())
            self.at += 1
            return out
        if c == b'"':
            m = re.compile(rb'"((?:[^"\\]|\\.)*)"', re.S).match(self.data, self.at)
            self.at = m.end()
            return re.sub(rb'\\(.)', rb'\1', m[1])
        m = re.compile(rb'\{(\d+)\}\r\n').match(self.data, self.at)
        if m:
            self.at = m.end() + int(m[1])
            return self.data[m.end():self.at]
        m = re.compile(rb'[^\s()]+').match(self.data, self.at)
        self.at = m.end()
        return None if m[0] == b'NIL' else int(m[0]) if m[0].isdigit() else m[0]


def fetch(port, all_messages):
    client = imaplib.IMAP4('127.0.0.1', port)
    client.login(f'corpus@{DOMAIN}', PASSWORD)
    for name, data in all_messages:
        kind, said = client.append('INBOX', None, None, data)
        assert kind == 'OK', (name, said)
    client.select('INBOX')
    for number, (name, _) in enumerate(all_messages, 1):
        kind, data = client.fetch(str(number), '(RFC822.SIZE ENVELOPE BODYSTRUCTURE)')
        assert kind == 'OK', (name, data)
        raw = b''.join(b'\r\n'.join(one) if isinstance(one, tuple) else one for one in data)
        items = Reader(raw[raw.index(b'('):]).value()
        yield {items[i].decode(): items[i + 1] for i in range(0, len(items), 2)}
    client.logout()


def lower(value): return value.lower() if isinstance(value, bytes) else value


def parameters(value): return [lower(v) if i % 2 == 0 else v for i, v in enumerate(value or [])]


def disposition(value): return value and [lower(value[0]), parameters(value[1])]


# One language may be a text or a list of one.
def languages(value): return [lower(v) for v in ([value] if isinstance(value, bytes) else value or [])]


def envelope(items): return {f'envelope {name}': value for name, value in zip(ENVELOPE, items)}


def structure(part, section=''):
    """The fields of RFC 9051 7.5.2, by part and name; what is a word in any case is in lower case."""
    where = f'part {section or "top"} '
    if isinstance(part[0], list):
        count = next(i for i, p in enumerate(part) if not isinstance(p, list))
        children, rest = part[:count], part[count:]
        out = {where + 'type': 'multipart/' + lower(rest[0]).decode('latin-1'), where + 'parts': count}
        names = ('parameters', 'disposition', 'language', 'location')
        for i, child in enumerate(children, 1): out |= structure(child, f'{section}.{i}'.lstrip('.'))
        rest = rest[1:]
    else:
        kind = (lower(part[0]) + b'/' + lower(part[1])).decode('latin-1')
        out = {where + 'type': kind, where + 'parameters': parameters(part[2]), where + 'id': part[3], where + 'description': part[4],
               where + 'encoding': lower(part[5]), where + 'size': part[6]}
        rest = part[7:]
        if kind in ('message/rfc822', 'message/global') and isinstance(rest[0], list):
            out |= {where + name: value for name, value in envelope(rest[0]).items()}
            inner = rest[1]
            out |= structure(inner, f'{section}.m'.lstrip('.'))
            out[where + 'lines'] = rest[2]
            rest = rest[3:]
        elif kind.startswith('text/'):
            out[where + 'lines'] = rest[0]
            rest = rest[1:]
        names = ('md5', 'disposition', 'language', 'location')
    for name, value in zip(names, rest):
        out[where + name] = parameters(value) if name == 'parameters' else disposition(value) if name == 'disposition' else languages(value) if name == 'language' else value
    return out


def flat(answer):
    return {'size': answer['RFC822.SIZE']} | envelope(answer['ENVELOPE']) | structure(answer['BODYSTRUCTURE'])


def main():
    known = {}
    for line in (HERE / 'dovecot-differences.txt').read_text('utf-8').splitlines():
        if line and not line.startswith('#'):
            key, _, reason = line.partition(' -- ')
            known[key] = reason
    corpus, seen, checks, bad = list(messages()), set(), 0, 0
    with Server({'corpus': PASSWORD}) as server:
        ours = [flat(answer) for answer in fetch(server.port['imap'], corpus)]
    peer = Dovecot({'corpus': PASSWORD})
    try: theirs = [flat(answer) for answer in fetch(peer.imap, corpus)]
    finally: peer.stop()
    for (name, _), mine, other in zip(corpus, ours, theirs, strict=True):
        torn = [w.rsplit(' ', 1)[0] for w in mine.keys() | other.keys() if w.endswith((' type', ' parts')) and mine.get(w) != other.get(w)]
        for what in sorted(mine.keys() | other.keys()):
            # Where the trees differ, so does all that hangs on them.
            above = [t for t in torn if what.startswith(t + ' ') or what.startswith(t + '.') or t == 'part top' and what.startswith('part ')]
            if above and (what not in mine or what not in other or not what.endswith((' type', ' parts')) or len(above) > 1): continue
            checks += 1
            a, b = mine.get(what, 'absent'), other.get(what, 'absent')
            if a == b: continue
            key = f'{name} {what}'
            seen.add(key)
            if '--list' in sys.argv: print(f"{key} -- {known.get(key, 'WHY?')}")
            if key not in known:
                bad += 1
                print(f'{key}\n  Rookery: {str(a)[:300]}\n  Dovecot: {str(b)[:300]}', file=sys.stderr)
    for key in sorted(set(known) - seen):
        bad += 1
        print(f'{key}: in dovecot-differences.txt, but both agree', file=sys.stderr)
    print(f'{len(corpus)} messages, {checks} comparisons, {len(seen)} known differences, {bad} errors')
    return 1 if bad else 0


if __name__ == '__main__':
    sys.exit(main())
