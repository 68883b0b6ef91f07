"""What every proof has: its options, how long it goes on, what it prints, and its exit code."""
import argparse, json, os, random, sys, time
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..'))
from lib.rookery import ROOT
from lib.sabotage import sabotage


class Proof:
    """proof = Proof('kills', __doc__, kills=50); while proof.goes_on(): ...; proof.count('kills'); proof.finish()

    `most` is how many of what it counts are made unless the command line says otherwise, which may give a number, --minutes, or both: then it goes on until both are reached. `own_sabotages` are of the proof itself, on the server as it is."""
    def __init__(self, name, description, add_options=None, own_sabotages=(), **most):
        (self.unit, default), = most.items()
        parser = argparse.ArgumentParser(prog=f'./dev crash {name}', description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
        parser.add_argument(f'--{self.unit}', type=int, default=None, metavar='N', help=f'how many (default {default:,})')
        parser.add_argument('--minutes', type=float, default=None, metavar='N', help='goes on for so long; with a number too, until both are reached')
        parser.add_argument('--seed', type=int, default=None, metavar='N', help='of the choices; what the system decides varies all the same')
        parser.add_argument('--sabotage', metavar='KIND', default=None, help='on a server built to do this wrong (src/base/sabotage.h): the proof must fail')
        parser.add_argument('--report', metavar='FILE', default=None, help='writes what was counted there, as JSON')
        if add_options: add_options(parser)
        self.name, self.options = name, parser.parse_args()
        if self.options.seed is None: self.options.seed = random.randrange(1 << 30)
        asked = getattr(self.options, self.unit)
        self.most = asked if asked is not None else default if self.options.minutes is None else 0
        self.counts, self.problems = {self.unit: 0}, []
        self.start = self.told = time.monotonic()
        if self.options.sabotage and self.options.sabotage not in own_sabotages: sabotage(self.options.sabotage)
        print(self.again(), flush=True)

    @property
    def seconds(self): return time.monotonic() - self.start

    def goes_on(self):
        if time.monotonic() - self.told > 10:
            self.told = time.monotonic()
            print(f'  {self.seconds:.0f} s: {self.said()}', flush=True)
        if self.problems: return False
        return self.counts[self.unit] < self.most or self.seconds < (self.options.minutes or 0) * 60

    def count(self, what, n=1): self.counts[what] = self.counts.get(what, 0) + n
    # The most of what was measured, such as the slowest start.
    def note(self, what, value): self.counts[what] = max(self.counts.get(what, 0), value)
    def said(self): return ', '.join(f'{n:,.2f} {what}' if isinstance(n, float) else f'{n:,} {what}' for what, n in self.counts.items())

    def again(self): return ' '.join([f'./dev crash {self.name}', *(f'--{option.replace("_", "-")} {value}' for option, value in vars(self.options).items() if value is not None and option != 'report')])

    def finish(self):
        print(f'{self.name}: {self.said()} in {self.seconds:.0f} s; problems: {len(self.problems)}')
        for line in self.problems[:40]: print('  ' + line)
        if self.problems: print('again: ' + self.again())
        if self.options.report:
            with open(self.options.report, 'w') as f: json.dump({'proof': self.name, 'counts': self.counts, 'problems': len(self.problems), 'seconds': round(self.seconds, 1)}, f)
        sys.exit(1 if self.problems else 0)
