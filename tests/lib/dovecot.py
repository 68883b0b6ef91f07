"""Debian's Dovecot as a peer to compare with: unpacked under build/peers (nothing is installed or enabled), run from a private configuration with its
production settings: safe fsync, and login processes that serve many clients."""
import os, pwd, tempfile
from pathlib import Path
from .peer import Peer, unpack
from .rookery import DOMAIN, free_ports

# As it comes, a process for every login and another for every session; or login processes that serve many clients, and sessions that take over a used process.
LOGIN = {'secure': 'service_count = 1\n  process_limit = 1000', 'fast': 'service_count = 0\n  client_limit = 4000\n  process_min_avail = 2'}
SESSION = {'secure': 'service_count = 1', 'fast': 'service_count = 1000\n  process_min_avail = 4'}


class Dovecot(Peer):
    """Dovecot({'alice': 'secret'}): serves IMAP on .imap, POP3 on .pop3 and LMTP on .lmtp until stop(); accounts are alice@DOMAIN. Needs root.
    With certificate=FOLDER, of certificate.pem and key.pem, also TLS on .imaps and .pop3s."""
    name = 'Dovecot'

    def __init__(self, accounts, format='maildir', fsync='optimized', login='fast', certificate=None):
        # Dovecot has /usr/lib/dovecot built in.
        self.top = unpack('dovecot', ['dovecot-imapd', 'dovecot-lmtpd', 'dovecot-pop3d'], '')
        self.folder = Path(tempfile.mkdtemp(prefix='rookery-peer-'))
        self.folder.chmod(0o755)
        self.imap, self.imaps, self.pop3, self.pop3s, self.lmtp = free_ports(5)
        nobody = pwd.getpwnam('nobody')
        (self.folder / 'mail').mkdir()
        os.chown(self.folder / 'mail', nobody.pw_uid, nobody.pw_gid)
        (self.folder / 'passwd').write_text(''.join(f'{user}@{DOMAIN}:{{PLAIN}}{password}\n' for user, password in accounts.items()))
        tls = f'ssl = yes\nssl_cert = <{certificate}/certificate.pem\nssl_key = <{certificate}/key.pem' if certificate else 'ssl = no'
        if not certificate: self.imaps = self.pop3s = 0
        self.config = f'''base_dir = {self.folder}/run
state_dir = {self.folder}/state
log_path = {self.folder}/log
protocols = imap lmtp pop3
listen = 127.0.0.1
{tls}
disable_plaintext_auth = no
default_internal_user = nobody
default_login_user = daemon
default_internal_group = nogroup
first_valid_uid = 1
mail_location = {format}:{self.folder}/mail/%u
mail_fsync = {fsync}
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
    port = {self.imaps}
    ssl = yes
  }}
  {LOGIN[login]}
}}
service pop3-login {{
  inet_listener pop3 {{
    port = {self.pop3}
  }}
  inet_listener pop3s {{
    port = {self.pop3s}
    ssl = yes
  }}
  {LOGIN[login]}
}}
service imap {{
  process_limit = 4000
  {SESSION[login]}
}}
service pop3 {{
  {SESSION[login]}
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
'''
        (self.folder / 'conf').write_text(self.config)
        self.command = f'exec dovecot -F -c {self.folder}/conf'
        self.start()
