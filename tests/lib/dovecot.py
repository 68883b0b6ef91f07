"""Debian's Dovecot as a peer to compare with: unpacked under build/peers (nothing is installed or enabled), run from a private configuration with its
production settings: maildir, safe fsync."""
import os, pwd, shutil, subprocess, tempfile, time
from pathlib import Path
from .rookery import DOMAIN, ROOT, free_ports


class Dovecot:
    """Dovecot({'alice': 'secret'}): serves IMAP on .imap and LMTP on .lmtp until stop(); accounts are alice@DOMAIN. Needs root."""
    name = 'Dovecot'

    def __init__(self, accounts):
        top = ROOT / 'build/peers/dovecot'
        if not (top / 'usr/sbin/dovecot').exists(): self.unpack(top)
        self.folder = Path(tempfile.mkdtemp(prefix='rookery-peer-'))
        self.folder.chmod(0o755)
        self.imap, self.lmtp = free_ports(2)
        nobody = pwd.getpwnam('nobody')
        (self.folder / 'mail').mkdir()
        os.chown(self.folder / 'mail', nobody.pw_uid, nobody.pw_gid)
        (self.folder / 'passwd').write_text(''.join(f'{user}@{DOMAIN}:{{PLAIN}}{password}\n' for user, password in accounts.items()))
        (self.folder / 'conf').write_text(f'''base_dir = {self.folder}/run
state_dir = {self.folder}/state
log_path = {self.folder}/log
protocols = imap lmtp
listen = 127.0.0.1
ssl = no
disable_plaintext_auth = no
default_internal_user = nobody
default_login_user = daemon
default_internal_group = {'nogroup'}
first_valid_uid = 1
mail_location = maildir:{self.folder}/mail/%u
mail_fsync = optimized
mail_max_userip_connections = 20000
auth_username_format = %Lu
passdb {{
  driver = passwd-file
  args = {self.folder}/passwd
}}
userdb {{
  driver = static
  args = uid={nobody.pw_uid} gid={nobody.pw_gid} home={self.folder}/mail/%u allow_all_users=yes
}}
service imap-login {{
  inet_listener imap {{
    port = {self.imap}
  }}
  inet_listener imaps {{
    port = 0
  }}
  service_count = 0
  client_limit = 4000
}}
service imap {{
  process_limit = 4000
}}
service lmtp {{
  inet_listener lmtp {{
    address = 127.0.0.1
    port = {self.lmtp}
  }}
}}
service anvil {{
  client_limit = 20000
}}
service auth {{
  client_limit = 20000
}}
service stats {{
  client_limit = 20000
}}
''')
        # Dovecot has /usr/lib/dovecot built in: it gets a /usr of its own, with the unpacked one laid over it, that nobody else sees.
        script = f'mount -t overlay overlay -o lowerdir={top}/usr:/usr /usr && exec dovecot -F -c {self.folder}/conf'
        self.process = subprocess.Popen(['unshare', '-m', 'sh', '-c', script], stderr=open(self.folder / 'stderr', 'wb'))
        self.pid = self.process.pid
        time.sleep(1)
        if self.process.poll() is not None: raise RuntimeError((self.folder / 'stderr').read_text() + (self.folder / 'log').read_text())

    @staticmethod
    def unpack(top):
        debs = ROOT / 'build/peers/debs'
        (debs / 'partial').mkdir(parents=True, exist_ok=True)
        subprocess.run(['apt-get', '-qq', 'install', '-y', '--no-install-recommends', '--download-only', '-o', f'Dir::Cache::archives={debs}',
                        'dovecot-imapd', 'dovecot-lmtpd', 'dovecot-pop3d'], check=True)
        for deb in debs.glob('*.deb'): subprocess.run(['dpkg', '-x', deb, top], check=True)

    def stop(self):
        self.process.terminate()
        self.process.wait(timeout=20)
        shutil.rmtree(self.folder, ignore_errors=True)
