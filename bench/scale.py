#!/usr/bin/env python3
"""./dev bench scale: how cost grows, of Rookery alone: with the messages of a mailbox, the accounts of a store, and the connections that wait.

Each series prints a line a step. What should stay flat (SELECT, delivery, STORE, a push to IDLE, memory of a connection) may differ by 1.5 between the smallest step and the largest; the
exit code is 1 when it does, or when an answer was wrong. --write FOLDER adds scale.md, scale.json and a chart for each series."""
import argparse, datetime, json, os, statistics, subprocess, sys, time
from pathlib import Path
import chart, report
from measure import ROOT, load, memory, cpu
from peers import PASSWORD
from rows import LOAD
sys.path.insert(0, str(ROOT / 'tests'))
from lib.rookery import DOMAIN, Server

FLAT = 1.5
NOISE = {'ms': 0.05, 'KB': 4}   # less is the clock's, and of few connections what the heap had left over
COLD_MS = 10                 # SELECT of the largest mailbox, first after start


class Series:
    """Steps of one size that grows. `flat`: of its figures those that may not grow."""
    def __init__(self, name, title, size, flat):
        self.name, self.title, self.size, self.flat, self.steps = name, title, size, flat, []
        self.beside = None   # figures of the smallest step, measured again beside the largest: the machine's speed moves

    def add(self, n, figures):
        self.steps.append((n, figures))
        print(f'{n:>10,} {self.size:12} ' + '  '.join(f'{what} {report.figure(value, what.split()[-1])}' for what, value in figures.items()), flush=True)

    def growth(self, what):
        noise = NOISE.get(what.split()[-1], 0)
        return max(self.steps[-1][1][what], noise) / max((self.beside or self.steps[0][1])[what], noise)

    def problems(self):
        return [f'{self.name}: {what} grows {self.growth(what):.2f} times from {self.steps[0][0]:,} to {self.steps[-1][0]:,} {self.size}' for what in self.flat if self.growth(what) > FLAT]


def checked(*words):
    got = load(*words)
    if got['errors']: raise RuntimeError(f'{words[0]}: {got["first_error"]}')
    return got


def user(name): return f'{name}@{DOMAIN}'


def thrice(measured):
    """The middle of three: one alone says what the machine did just then."""
    return statistics.median(measured(i) for i in range(3))


def mailboxes(server, sizes, runs):
    series = Series('mailbox', 'Cost by the messages of a mailbox', 'messages', ['SELECT, ms', 'delivery, ms', 'STORE, ms', 'push to IDLE, ms'])
    imap = lambda name, verb, *words: checked(verb, '--port', server.port['imap'], '--users', user(name), '--password', PASSWORD, *words)
    store = lambda name, n, flag: imap(name, 'command', '--before', 'SELECT INBOX', '--command', f'STORE %r %sFLAGS (\\{flag})', '--of', n, '--want', 'FETCH=1', '--runs', runs)['p50_ms']

    def flat(name, n, *want):
        wants = [word for one in want for word in ('--want', one)]
        return {
            'SELECT, ms': thrice(lambda _: imap(name, 'command', '--command', 'SELECT INBOX', '--fresh', *wants, '--runs', runs)['p50_ms']),
            'delivery, ms': thrice(lambda _: checked('deliver', '--port', server.port['lmtp'], '--to', user(name), '--size', 'tiny', '--runs', runs)['p50_ms']),
            'STORE, ms': thrice(lambda i: store(name, n, ('Answered', 'Draft', 'Seen')[i])),
            'push to IDLE, ms': imap(name, 'push', '--lmtp', server.port['lmtp'], '--to', user(name), '--runs', runs)['p50_ms']}

    for n in sizes:
        name = f'n{n}'
        first = min(n, 1000)
        checked('fill', '--port', server.port['lmtp'], '--to', user(name), '--count', first, '--size', 'tiny')
        if n > first: imap(name, 'command', '--before', 'SELECT INBOX', '--command', f'COPY 1:{first} INBOX', '--runs', n // first - 1)
        server.stop()
        server.start()
        cold = imap(name, 'command', '--command', 'SELECT INBOX', '--want', f'EXISTS={n}', '--runs', 1)['first_ms']
        # A change of a message costs a read of its page the first time, in a mailbox of any size; a small one has no more than two.
        first_store = store(name, n, 'Flagged')
        imap(name, 'command', '--before', 'SELECT INBOX', '--command', 'FETCH 1:* (FLAGS)', '--want', f'FETCH={n}', '--runs', 1)
        series.add(n, {
            **flat(name, n, f'EXISTS={n}'),
            'cold SELECT, ms': cold,
            'STORE on pages not read yet, ms': first_store,
            'SEARCH UNSEEN, ms': imap(name, 'command', '--before', 'EXAMINE INBOX', '--command', 'SEARCH UNSEEN', '--runs', 3)['p50_ms'],
            'SEARCH BODY quokka, ms': imap(name, 'command', '--before', 'EXAMINE INBOX', '--command', 'SEARCH BODY quokka', '--runs', 3)['p50_ms'],
            'server, MB': memory(server.process.pid) / 1024})
    series.beside = flat(f'n{sizes[0]}', sizes[0])
    print('and the smallest again:   ' + '  '.join(f'{what} {value:.2f}' for what, value in series.beside.items()), flush=True)
    problems = series.problems()
    if series.steps[-1][1]['cold SELECT, ms'] > COLD_MS: problems.append(f'mailbox: the first SELECT after start takes {series.steps[-1][1]["cold SELECT, ms"]:.1f} ms, more than {COLD_MS}')
    return series, problems


def accounts(server, sizes, runs):
    series, made = Series('accounts', 'Cost by the accounts of a store', 'accounts', ['delivery, ms', 'start, s']), 0
    for n in sizes:
        for begin in range(made, n, 500): server.cli('account', 'add', '--no-password', *[user(f'a{i}') for i in range(begin, min(begin + 500, n))])
        made = n
        to = ','.join(user(f'a{i}') for i in range(0, n, max(1, n // 400)))
        checked('deliver', '--port', server.port['lmtp'], '--to', to, '--size', 'tiny', '--runs', runs)
        server.stop()
        start = server.start()
        before = cpu(server.process.pid)
        got = checked('deliver', '--port', server.port['lmtp'], '--to', to, '--size', 'tiny', '--runs', runs)
        series.add(n, {'delivery, ms': got['p50_ms'], 'start, s': max(start, 0.2), 'CPU a delivery, ms': (cpu(server.process.pid) - before) / got['count'] * 1000,
                       'server, MB': memory(server.process.pid) / 1024})
    return series, series.problems()


def connections(server, sizes, runs):
    series = Series('connections', 'Cost by the connections in IDLE', 'connections', ['a connection, KB', 'push to IDLE, ms'])
    words = lambda n: [LOAD, 'idle', '--port', server.port['imap'], '--users', user('idle'), '--password', PASSWORD, '--count', n]
    for n in sizes:
        server.stop()
        server.start()
        opened = lambda count: subprocess.Popen([*map(str, words(count))], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        # The first ones bring in what all share.
        first = opened(50)
        first.stdout.readline()
        time.sleep(0.5)
        before = memory(server.process.pid)
        many = opened(n)
        if not many.stdout.readline(): raise RuntimeError('the idle clients ended')
        time.sleep(1)
        after = memory(server.process.pid)
        push = checked('push', '--port', server.port['imap'], '--users', user('push'), '--password', PASSWORD, '--lmtp', server.port['lmtp'], '--to', user('push'), '--runs', runs)
        series.add(n, {'a connection, KB': max(after - before, 0) / n, 'push to IDLE, ms': push['p50_ms'], 'server, MB': after / 1024})
        for clients in (many, first): clients.communicate('\n')
    return series, series.problems()


def write(folder, all_series, problems, options):
    out = Path(folder)
    out.mkdir(parents=True, exist_ok=True)
    facts = {'date': str(datetime.date.today()), 'machine': report.machine(), 'command': ' '.join(sys.argv[1:]), 'problems': problems}
    (out / 'scale.json').write_text(json.dumps({**facts, 'series': {s.name: s.steps for s in all_series}}, indent=1) + '\n')
    text = f"# How cost grows\n\n{facts['date']}, {facts['machine']}. Written by `./dev bench scale`; p50 of {options.runs} runs.\n\nWhat should be flat: {'; '.join(problems) or f'no figure grows more than {FLAT} times'}.\n\n"
    for series in all_series:
        names = list(series.steps[0][1])
        text += f'## {series.title}\n\n![{series.title}](scale-{series.name}.svg)\n\n'
        text += report.table([series.size, *names], [[f'{n:,}', *[report.figure(figures[w], '').strip() for w in names]] for n, figures in series.steps])
        (out / f'scale-{series.name}.svg').write_text(chart.lines(series.title, f"{facts['date']}, {facts['machine'].split(',')[0]}; both scales are logarithmic", series.size,
                                                                  {w: [(n, figures[w]) for n, figures in series.steps] for w in names}))
    (out / 'scale.md').write_text(text.rstrip() + '\n')


def main():
    parser = argparse.ArgumentParser(prog='./dev bench scale', description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--quick', action='store_true', help='small steps: proves that it works')
    parser.add_argument('--write', metavar='FOLDER')
    parser.add_argument('--runs', type=int, default=200, metavar='N', help='of each figure (default 200)')
    parser.add_argument('--series', nargs='+', choices=['mailbox', 'accounts', 'connections'], default=['mailbox', 'accounts', 'connections'])
    options = parser.parse_args()
    steps = {'mailbox': (mailboxes, [100, 10_000, 100_000, 1_000_000], [100, 2_000]), 'accounts': (accounts, [1, 100, 1_000, 10_000], [1, 100]),
             'connections': (connections, [100, 1_000, 5_000, 15_000], [100, 200])}
    names = [f'n{n}' for n in steps['mailbox'][options.quick + 1]] + ['idle', 'push']
    all_series, problems = [], []
    subprocess.run(['ninja', '--quiet', '-C', ROOT / 'build/release', 'load', 'rookery'], check=True)
    with Server({name: PASSWORD for name in names}, config='[limits]\nconnections = 20000\nconnections_per_address = 20000\n') as server:
        for name in options.series:
            work, full, quick = steps[name]
            series, wrong = work(server, quick if options.quick else full, options.runs)
            all_series.append(series)
            problems += wrong
    if options.write: write(options.write, all_series, problems, options)
    for problem in problems: print(problem)
    sys.exit(1 if problems and not options.quick else 0)


if __name__ == '__main__': main()
