"""Debian's Cyrus IMAP as a peer to compare with: run from a private configuration, with its production settings, its processes started before they are needed."""
import imaplib, os, pwd, shutil, subprocess, tempfile
from pathlib import Path
from .peer import Peer, unpack
from .rookery import DOMAIN, free_ports

BIN = '/usr/lib/cyrus/bin'


class Cyrus(Peer):
    """Cyrus({'alice': 'secret'}, certificate=FOLDER): serves IMAP on .imap and .imaps, POP3 on .pop3 and .pop3s, LMTP on .lmtp until stop(); accounts are alice@DOMAIN. Needs root."""
    name = 'Cyrus'

    def __init__(self, accounts, certificate):
        self.top = unpack('cyrus', ['cyrus-imapd', 'cyrus-pop3d', 'sasl2-bin', 'libsasl2-modules-db'], ('cyrus', 'libical', 'libsasl2', 'sasl2', 'libwrap', 'libzephyr'))
        f = self.folder = Path(tempfile.mkdtemp(prefix='rookery-peer-'))
        self.imap, self.imaps, self.pop3, self.pop3s, self.lmtp = free_ports(5)
        for name in ('conf/socket', 'spool'): (f / name).mkdir(parents=True)
        for name in ('certificate.pem', 'key.pem'): shutil.copy(Path(certificate) / name, f / name)
        self.settings = f'''configdirectory: {f}/conf
partition-default: {f}/spool
defaultpartition: default
cyrus_user: nobody
cyrus_group: nogroup
admins: cyrus
unixhierarchysep: yes
altnamespace: yes
virtdomains: userid
defaultdomain: localhost
autocreate_quota: 0
autocreate_post: yes
allowplaintext: yes
duplicatesuppression: no
popminpoll: 0
sasl_mech_list: PLAIN
sasl_pwcheck_method: auxprop
sasl_auxprop_plugin: sasldb
sasl_sasldb_path: {f}/sasldb2
tls_server_cert: {f}/certificate.pem
tls_server_key: {f}/key.pem
'''
        (f / 'imapd.conf').write_text(self.settings)
        service = lambda name, program, port, prefork: f'  {name} cmd="{BIN}/{program} -C {f}/imapd.conf" listen="127.0.0.1:{port}" prefork={prefork} maxchild=4000\n'
        services = ''.join(service(*s) for s in (('imap', 'imapd', self.imap, 8), ('imaps', 'imapd -s', self.imaps, 8), ('pop3', 'pop3d', self.pop3, 2), ('pop3s', 'pop3d -s', self.pop3s, 2), ('lmtp', 'lmtpd -a', self.lmtp, 8)))
        programs = f'START {{\n  recover cmd="{BIN}/ctl_cyrusdb -C {f}/imapd.conf -r"\n}}\nSERVICES {{\n{services}}}\nDAEMON {{\n  idled cmd="{BIN}/idled -C {f}/imapd.conf"\n}}\n'
        (f / 'cyrus.conf').write_text(programs)
        self.config = self.settings + '\n' + programs
        self.command = f'exec {BIN}/master -C {f}/imapd.conf -M {f}/cyrus.conf -p {f}/pid -D -L {f}/log'
        (f / 'accounts').write_text(''.join(f'{user} {password}\n' for user, password in accounts.items()))
        lay = f'mount -t overlay overlay -o lowerdir={self.top}/usr:/usr /usr'
        make = f'while read user password; do printf %s "$password" | saslpasswd2 -p -c -f {f}/sasldb2 -u {DOMAIN} "$user"; done < {f}/accounts'
        subprocess.run(['unshare', '-m', 'sh', '-ec', f'{lay}; {make}'], check=True)
        nobody = pwd.getpwnam('nobody')
        for path in [f, *f.rglob('*')]: os.chown(path, nobody.pw_uid, nobody.pw_gid)
        self.start()
        for user, password in accounts.items():   # the first login makes an account's mailboxes, and not twice at once
            with imaplib.IMAP4('127.0.0.1', self.imap) as client: client.login(f'{user}@{DOMAIN}', password)
