"""What the servers that Rookery is compared with share: Debian's packages unpacked under build/peers, nothing installed or enabled, and a process of their own /usr."""
import shutil, socket, subprocess, time
from .rookery import ROOT


def unpack(name, packages, wanted):
    """The packages, and what they need, below build/peers/NAME: of those whose names begin with one of `wanted`. Returns the folder."""
    top, debs = ROOT / 'build/peers' / name, ROOT / 'build/peers' / f'debs-{name}'
    if top.exists(): return top
    (debs / 'partial').mkdir(parents=True, exist_ok=True)
    subprocess.run(['apt-get', '-qq', 'install', '-y', '--no-install-recommends', '--download-only', '-o', f'Dir::Cache::archives={debs}', *packages], check=True)
    for deb in debs.glob('*.deb'):
        if deb.name.startswith(wanted): subprocess.run(['dpkg', '-x', deb, top.with_suffix('.new')], check=True)
    top.with_suffix('.new').rename(top)
    return top


def version(name, package):
    """Of a package that was unpacked; '' when it was not."""
    debs = sorted(p.name for p in (ROOT / 'build/peers' / f'debs-{name}').glob(f'{package}_*.deb'))
    return debs[-1].split('_')[1].replace('%3a', ':') if debs else ''


class Peer:
    """A server in `folder`, which start() runs by `command` (a shell's) with what was unpacked in `top` laid over /usr for it alone, and which answers on the port `imap`."""
    def start(self, wait=20):
        script = f'mount -t overlay overlay -o lowerdir={self.top}/usr:/usr /usr && {self.command}'
        self.process = subprocess.Popen(['unshare', '-m', 'sh', '-c', script], stderr=open(self.folder / 'stderr', 'ab'))
        self.pid = self.process.pid
        begin = time.monotonic()
        while True:
            try:
                with socket.create_connection(('127.0.0.1', self.imap), 5) as s:
                    if s.recv(16).startswith(b'* OK'): return
            except OSError:
                pass
            if self.process.poll() is not None or time.monotonic() - begin > wait:
                log = self.folder / 'log'
                raise RuntimeError(f'{self.name} does not answer: ' + (self.folder / 'stderr').read_text() + (log.read_text()[-2000:] if log.exists() else ''))
            time.sleep(0.02)

    def end(self):
        """Ends it, and keeps its mail for start()."""
        self.process.terminate()
        self.process.wait(timeout=20)

    def stop(self):
        self.end()
        shutil.rmtree(self.folder, ignore_errors=True)
