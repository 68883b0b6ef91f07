"""What the measured rows say: lines on the terminal, and docs/benchmarks: README.md, latest.json, chart.svg."""
import datetime, json, os, platform, re, subprocess, tempfile
from pathlib import Path
import aims, chart
from peers import version

DIFFERENCES = '''- Rookery flushes every change before it answers, flags too. Dovecot with `mail_fsync = optimized`, its default, flushes deliveries, APPEND and COPY but no change of
  a flag and, with maildir, no EXPUNGE: the rows of STORE and EXPUNGE are compared with `mail_fsync = always`; the figures without flushes stand beside them and count for nothing.
- Rookery keeps all mail in one store, compressed, with checksums, and keeps expunged mail for two weeks; Dovecot keeps a file for each message (maildir) or many in
  one (mdbox), neither compressed.
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
    return {'Rookery': rookery, **{name: version(name.lower(), package) for name, package in (('Dovecot', 'dovecot-core'), ('Cyrus', 'cyrus-imapd')) if name in there}}


def behind(results): return [r['row'] for r in results if r['counts'] and r['ratio'] is not None and r['ratio'] < 1]


def table(head, rows): return '| ' + ' | '.join(head) + ' |\n|' + '---|' * len(head) + '\n' + ''.join('| ' + ' | '.join(r) + ' |\n' for r in rows) + '\n'


def aim(key, unit):
    of = aims.SHARE.get(key)
    return f'{aims.VALUE[key]:g} {unit}' if key in aims.VALUE else f'{of[1]:g} of {of[0]}' if of else ''


def markdown(facts, results, flushed, configs):
    names = list(results[0]['peers'])
    ratios = [r for r in results if r['ratio']]
    text = (f"# Benchmarks\n\n{facts['date']}, {facts['machine']}. " + '; '.join(f'{name}: {v}' for name, v in facts['versions'].items()) + " (peers: Debian's packages).\n"
            f"Written by `./dev bench {facts['command']}`: the same mail, the same client, the servers in turn; {facts['sizes']['runs']} runs of "
            f"{facts['sizes']['seconds']:g} s (writes {facts['sizes']['write_seconds']:g} s), medians.\nAbove 1 Rookery is ahead of the best peer.\n\n")
    if facts['quick']: text += '**A quick run** with short runs and small mailboxes: it shows that everything works, and its figures say little.\n\n'
    if ratios: text += '![How many times as fast as the best peer](chart.svg)\n\n'
    text += table(['work', *names, 'ratio', 'aim'],
                  [[r['title'], *[figure(r['peers'][n]['median'], r['unit']) for n in names], (f"{r['ratio']:.2f}" + ('' if r['counts'] else ' (does not count)')) if r['ratio'] else '', aim(r['row'], r['unit'])] for r in results])
    text += f'Aims are of {aims.SOURCE}.\n\n'
    text += f"Behind the peer: {', '.join(behind(results)) or 'nothing'}.\n\n"
    text += 'Behind the aim: ' + ('not judged by a quick run.\n\n' if facts['quick'] else '\n\n' + ''.join(f'- {x}\n' for x in facts['behind_aim']) + '\n' if facts['behind_aim'] else 'nothing.\n\n')
    if facts['left_out']: text += 'Left out: ' + '; '.join(facts['left_out']) + '.\n\n'
    text += ('## CPU, slowest of a hundred, memory\n\nCPU of all processes of the server for one operation, with what prepares it (logins; the copies that MOVE and EXPUNGE take away), in steps of '
             '10 ms for the whole run; p99 of writes; proportional memory of the server after the row.\n\n')
    def details(p, r): return f"{p['cpu_ms']:.2f} ms" + (f", p99 {figure(p['p99_ms'], 'ms')}" if r['write'] else '') + f", {p['memory_kb'] / 1024:.0f} MB" + (f", {p['errors']} errors" if p['errors'] else '')
    text += table(['work', *names], [[r['title'], *[details(r['peers'][n], r) for n in names]] for r in results])
    wrong = [(r['row'], n, p) for r in results for n, p in r['peers'].items() if p['errors']]
    text += 'Errors:\n\n' + ''.join(f"- {row}, {n}: {p['errors']}, the first `{p['first_error']}`\n" for row, n, p in wrong) + '\n' if wrong else 'Errors: none.\n\n'
    if flushed:
        text += '## Flushes\n\nfsync and fdatasync calls of all processes per 1,000 operations, counted by strace.\n\n'
        text += table(['work', *names], [[title, *[f'{counts[n]:,.0f}' for n in names]] for title, counts in flushed.items()])
    text += f'## What differs\n\n{DIFFERENCES}\n\n## Configurations\n\nFOLDER and PORT change from run to run; 127.0.0.1 everywhere.\n\n'
    for name, config in configs.items(): text += f'<details><summary>{name}</summary>\n\n```\n{config}```\n\n</details>\n\n'
    return text.rstrip() + '\n'


def write(folder, peers, options, sizes, results, left_out, flushed):
    out = Path(folder)
    out.mkdir(parents=True, exist_ok=True)
    facts = {'date': str(datetime.date.today()), 'machine': machine(), 'versions': versions(peers), 'command': options.command, 'quick': options.quick,
             'sizes': vars(sizes), 'behind': behind(results), 'behind_aim': aims.short(results), 'left_out': left_out}
    configs = {'Rookery': peers.rookery.config, **{f'{p.name}, {settings}': p.config for (_, settings), p in peers.others.items()}}
    (out / 'latest.json').write_text(json.dumps({**facts, 'rows': results, 'flushes_per_1000': flushed}, indent=1) + '\n')
    (out / 'README.md').write_text(markdown(facts, results, flushed, configs))
    bars = [(r['title'], r['ratio'], f"{r['ratio']:.{2 if r['ratio'] < 2 else 1}f}x  ({figure(r['peers']['Rookery']['median'], r['unit'])})") for r in results if r['ratio'] and r['counts']]
    if bars:
        (out / 'chart.svg').write_text(chart.bars(f"Rookery beside {' and '.join(name for name in facts['versions'] if name != 'Rookery')}: how many times as fast, or as small", f"{facts['date']}, {facts['machine'].split(',')[0]}; in brackets Rookery's figure; each step doubles"
                                                  + ('; a quick run' if options.quick else ''), bars, 'best peer'))
