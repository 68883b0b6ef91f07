"""What the measured rows say: lines on the terminal, and docs/benchmarks: README.md, latest.json, chart.svg."""
import datetime, json, os, platform, re, subprocess, tempfile
from pathlib import Path
import aims, chart
from peers import version   # it has found tests/lib
from lib.rookery import digest

DIFFERENCES = '''- Rookery flushes every change before it answers, flags too. Dovecot with `mail_fsync = optimized`, its default, flushes deliveries, APPEND and COPY but no change of
  a flag and, with maildir, no EXPUNGE: the rows of STORE and EXPUNGE are compared with `mail_fsync = always`; the figures without flushes stand beside them and count for nothing.
- Rookery keeps all mail in one store, compressed, with checksums, and keeps expunged mail for two weeks; Dovecot keeps a file for each message (maildir) or many in
  one (mdbox), neither compressed.
- EXPUNGE of many ends in Rookery when no mailbox has the messages any more; their emails learn of it within seconds, in the background. Dovecot's mdbox leaves the bytes to `doveadm purge`,
  which runs in no row; maildir removes the files.
- Rookery is one process. Dovecot has a process for every session, which confines what a fault can reach; its login processes serve many clients here (`service_count = 0`),
  its fast mode. The rows that say "as Dovecot comes" have a login process for each client instead.
- Rookery stores Argon2id hashes of passwords and remembers in memory which it has verified; Dovecot's are in clear here, which is the cheapest for it.
- Rookery keeps a small signature of each message's text, which tells a search what it need not read; Dovecot reads all mail here, as it does without a plugin for full-text search.
- Cyrus, where it is measured, flushes changes of a flag too (see its flushes) and has no setting for it: it has the same configuration in every row.
- An idle connection is measured by the proportional set size of all processes of the server, with its login processes.'''


def ratio(row, medians):
    """How many times as fast or small as the best peer."""
    mine, others = medians['Rookery'], [v for name, v in medians.items() if name != 'Rookery']
    if not others: return None
    if row.higher_is_better: return mine / max(others) if max(others) else None
    return max(min(others), row.noise) / max(mine, row.noise)


def figure(value, unit): return f'{value:,.0f} {unit}' if value >= 100 else f'{value:.1f} {unit}' if value >= 10 else f'{value:.2f} {unit}'


def line(result):
    """The row for the terminal."""
    out = f"{result['row']:24}"
    for name, p in result['peers'].items(): out += f"  {name} {figure(p['median'], result['unit'])}"
    if result['ratio']: out += f"  ratio {result['ratio']:.2f}" + ('' if result['counts'] else ' (not the same durability)' if 'unflushed' in result['row'] else '')
    for name, p in result['peers'].items():
        if p['errors']: out += f"\n    {name}: {p['errors']} errors, first: {p['first_error']}"
    return out


def machine():
    cpu = re.search(r'model name\s*: (.*)', Path('/proc/cpuinfo').read_text())
    memory = int(re.search(r'MemTotal:\s*(\d+)', Path('/proc/meminfo').read_text())[1]) / 1e6
    return f'{os.cpu_count()} cores ({cpu[1] if cpu else platform.machine()}), {memory:.0f} GB, {file_system()}, Linux {platform.release()}'


def file_system(): return subprocess.run(['stat', '-f', '-c', '%T', tempfile.gettempdir()], capture_output=True, text=True).stdout.strip()


def versions(peers):
    rookery = subprocess.run([peers.rookery.server.binary, '--version'], capture_output=True, text=True).stdout.strip()
    there = {peer.server.name for peer in peers.others.values()}
    return {'Rookery': f'{rookery}, binary {digest(peers.rookery.server.binary)}', **{name: version(name.lower(), package) for name, package in (('Dovecot', 'dovecot-core'), ('Cyrus', 'cyrus-imapd')) if name in there}}


def behind(results): return [r['row'] for r in results if r['counts'] and r['ratio'] is not None and r['ratio'] < 1]


def table(head, rows): return '| ' + ' | '.join(head) + ' |\n|' + '---|' * len(head) + '\n' + ''.join('| ' + ' | '.join(r) + ' |\n' for r in rows) + '\n'


def aim(key, unit):
    of = aims.SHARE.get(key)
    return f'{aims.VALUE[key]:g} {unit}' if key in aims.VALUE else f'{of[1]:g} of {of[0]}' if of else ''


def runs(results):
    """Of the report's rows what each run measured, with its facts."""
    out = []
    for r in results:
        mine = next((of for of in out if of[0] == r['run']), None)
        mine[1].append(r) if mine else out.append((r['run'], [r]))
    return out


def measured_by(run, rows, all_rows):
    """The lines that say when, where and how."""
    sizes = run['sizes']
    return (f"- {run['date']}, {run['machine']}. " + '; '.join(f'{name}: {v}' for name, v in run['versions'].items()) + f". `./dev bench {run['command']}`: {sizes['runs']} runs of {sizes['seconds']:g} s "
            f"(writes {sizes['write_seconds']:g} s)" + (f", for {', '.join(r['row'] for r in rows)}" if len(rows) < all_rows else '') + '.\n'
            + ('\n  **A quick run** with short runs and small mailboxes: it shows that everything works, and its figures say little.\n' if run['quick'] else ''))


def markdown(report):
    results, flushed = report['rows'], report['flushes_per_1000']
    names = list(dict.fromkeys(n for r in results for n in r['peers']))
    cells = lambda r, show: [show(r['peers'][n]) if n in r['peers'] else '' for n in names]
    quick = any(r['run']['quick'] for r in results)
    text = ("# Benchmarks\n\nThe same mail, the same client, the servers in turn; medians of the runs; peers are Debian's packages. Above 1 Rookery is ahead of the best peer.\n\n"
            + ''.join(measured_by(run, rows, len(results)) for run, rows in runs(results)) + '\n')
    if any(r['ratio'] for r in results): text += '![How many times as fast as the best peer](chart.svg)\n\n'
    text += table(['work', *names, 'ratio', 'aim'],
                  [[r['title'], *cells(r, lambda p: figure(p['median'], r['unit'])), (f"{r['ratio']:.2f}" + ('' if r['counts'] else ' (does not count)')) if r['ratio'] else '', aim(r['row'], r['unit'])] for r in results])
    text += f'Aims are of {aims.SOURCE}.\n\n'
    text += f"Behind the peer: {', '.join(behind(results)) or 'nothing'}.\n\n"
    short = aims.short(results)
    text += 'Behind the aim: ' + ('not judged by a quick run.\n\n' if quick else '\n\n' + ''.join(f'- {x}\n' for x in short) + '\n' if short else 'nothing.\n\n')
    if report['left_out']: text += 'Left out: ' + '; '.join(report['left_out']) + '.\n\n'
    text += ('## CPU, slowest of a hundred, memory\n\nCPU of all processes of the server for one operation, with what prepares it (logins; the copies that MOVE and EXPUNGE take away), in steps of '
             '10 ms for the whole run; p99 of writes; proportional memory of the server after the row.\n\n')
    def details(p, r): return f"{p['cpu_ms']:.2f} ms" + (f", p99 {figure(p['p99_ms'], 'ms')}" if r['write'] else '') + f", {p['memory_kb'] / 1024:.0f} MB" + (f", {p['errors']} errors" if p['errors'] else '')
    text += table(['work', *names], [[r['title'], *cells(r, lambda p: details(p, r))] for r in results])
    wrong = [(r['row'], n, p) for r in results for n, p in r['peers'].items() if p['errors']]
    text += 'Errors:\n\n' + ''.join(f"- {row}, {n}: {p['errors']}, the first `{p['first_error']}`\n" for row, n, p in wrong) + '\n' if wrong else 'Errors: none.\n\n'
    if flushed:
        text += '## Flushes\n\nfsync and fdatasync calls of all processes per 1,000 operations, counted by strace.\n\n'
        text += table(['work', *names], [[title, *[f'{counts[n]:,.0f}' if n in counts else '' for n in names]] for title, counts in flushed.items()])
    text += f'## What differs\n\n{DIFFERENCES}\n\n## Configurations\n\nFOLDER and PORT change from run to run; 127.0.0.1 everywhere.\n\n'
    for name, config in report['configurations'].items(): text += f'<details><summary>{name}</summary>\n\n```\n{config}```\n\n</details>\n\n'
    return text.rstrip() + '\n'


def merged(old, new, order):
    """The old report with what a run of some rows has measured in the place of theirs."""
    measured = {r['row'] for r in new['rows']} | {line.split(':')[0] for line in new['left_out']}
    rows = [r for r in old['rows'] if r['row'] in order and r['row'] not in measured] + new['rows']
    return {'rows': sorted(rows, key=lambda r: order.index(r['row'])), 'left_out': [line for line in old['left_out'] if line.split(':')[0] not in measured] + new['left_out'],
            'flushes_per_1000': new['flushes_per_1000'] or old['flushes_per_1000'], 'configurations': {**old['configurations'], **new['configurations']}}


def write(folder, peers, options, sizes, results, left_out, flushed, order):
    """Rows that this run did not measure stay in the report, beside the date and the command of theirs."""
    out = Path(folder)
    out.mkdir(parents=True, exist_ok=True)
    run = {'date': str(datetime.date.today()), 'machine': machine(), 'versions': versions(peers), 'command': options.command, 'quick': options.quick, 'sizes': vars(sizes)}
    report = {'rows': [{**r, 'run': run} for r in results], 'left_out': left_out, 'flushes_per_1000': flushed,
              'configurations': {'Rookery': peers.rookery.config, **{f'{p.name}, {settings}': p.config for (_, settings), p in peers.others.items()}}}
    latest = out / 'latest.json'
    if options.rows != ['*'] and latest.exists(): report = merged(json.loads(latest.read_text()), report, order)
    latest.write_text(json.dumps(report, indent=1) + '\n')
    (out / 'README.md').write_text(markdown(report))
    bars = [(r['title'], r['ratio'], f"{r['ratio']:.{2 if r['ratio'] < 2 else 1}f}x  ({figure(r['peers']['Rookery']['median'], r['unit'])})") for r in report['rows'] if r['ratio'] and r['counts']]
    if bars:
        dates = sorted({r['run']['date'] for r in report['rows']})
        names = dict.fromkeys(name for r in report['rows'] for name in r['run']['versions'] if name != 'Rookery')
        (out / 'chart.svg').write_text(chart.bars(f"Rookery beside {' and '.join(names)}: how many times as fast, or as small", f"{' to '.join(dict.fromkeys((dates[0], dates[-1])))}, {run['machine'].split(',')[0]}; in brackets Rookery's figure; each step doubles"
                                                  + ('; a quick run' if any(r['run']['quick'] for r in report['rows']) else ''), bars, 'best peer'))
