"""A real mailbox server of the tests' own (Dovecot): one user, one folder, TLS with a certificate made for it, gone afterwards."""

import itertools
import os
import shutil
import socket
import ssl
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

USER, PASSWORD = "shop", "tea-and-gifts-1"
UNPRIVILEGED = "nobody"
_never_again = itertools.count(1)  # the server remembers a mail by the name of its file
_CONFIG = """
base_dir = {folder}/run
state_dir = {folder}/run
log_path = {folder}/log
protocols = imap
listen = 127.0.0.1
ssl = yes
ssl_cert = <{folder}/cert.pem
ssl_key = <{folder}/key.pem
ssl_min_protocol = TLSv1.2
disable_plaintext_auth = yes
default_internal_user = {user}
default_internal_group = {group}
default_login_user = {user}
mail_location = maildir:{folder}/mail
mail_uid = {user}
mail_gid = {group}
first_valid_uid = 1
passdb {{
  driver = static
  args = password={{PLAIN}}{password}
}}
userdb {{
  driver = static
  args = uid={user} gid={group} home={folder}/mail
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {plain}
  }}
  inet_listener imaps {{
    port = {tls}
  }}
}}
service anvil {{
  chroot =
}}
service stats {{
  unix_listener stats-reader {{
    mode = 0600
  }}
}}
"""


def program() -> str | None:
    """Where Dovecot is; None where it is not installed."""
    return shutil.which("dovecot") or next(
        (str(path) for path in (Path("/usr/sbin/dovecot"),) if path.exists()), None
    )


@dataclass
class Server:
    """A running server: its ports, its certificate, its folder of mails."""

    plain: int
    tls: int
    certificate: Path
    mails: Path

    def deliver(self, raw: bytes, number: int) -> None:
        """Puts a mail into the inbox, as a mail server does."""
        path = self.mails / "new" / f"{1_700_000_000 + number}.M{next(_never_again)}P1.host"
        part = self.mails / "tmp" / path.name
        part.write_bytes(raw)
        if os.geteuid() == 0:
            shutil.chown(part, UNPRIVILEGED)
        part.rename(path)

    def flags(self) -> list[str]:
        """The names of the mails that lie there: nothing may ever go."""
        return sorted(path.name for sub in ("new", "cur") for path in (self.mails / sub).iterdir())

    def renumber(self) -> None:
        """The folder is given new numbers (UIDVALIDITY), as after it was restored."""
        for path in self.mails.glob("dovecot*"):
            path.unlink()
        time.sleep(1.1)  # the new number is the second it was made in


@contextmanager
def server() -> Iterator[Server]:
    """Starts one on two free ports of this machine; stops and removes it at the end."""
    found = program()
    if found is None:
        raise RuntimeError("Dovecot is not installed.")
    folder = Path(tempfile.mkdtemp(prefix="bz-imap-"))
    user = UNPRIVILEGED if os.geteuid() == 0 else _me()
    group = _group(user)
    for name in ("run", "mail/new", "mail/cur", "mail/tmp"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    _certify(folder)
    plain, tls = _free(), _free()
    text = _CONFIG.format(folder=folder, user=user, group=group, password=PASSWORD, plain=plain, tls=tls)
    (folder / "dovecot.conf").write_text(text, encoding="ascii")
    if os.geteuid() == 0:
        folder.chmod(0o755)
        for path in (folder / "mail", *(folder / "mail").iterdir()):
            shutil.chown(path, user, group)
    process = subprocess.Popen([found, "-F", "-c", str(folder / "dovecot.conf")])
    try:
        _wait(process, tls, folder)
        yield Server(plain, tls, folder / "cert.pem", folder / "mail")
    finally:
        process.terminate()
        process.wait(timeout=20)
        shutil.rmtree(folder, ignore_errors=True)


def _wait(process: "subprocess.Popen[bytes]", port: int, folder: Path) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and process.poll() is None:
        try:
            context = ssl.create_default_context(cafile=str(folder / "cert.pem"))
            with (
                socket.create_connection(("127.0.0.1", port), timeout=2) as plain,
                context.wrap_socket(plain, server_hostname="localhost") as safe,
            ):
                if safe.recv(5) == b"* OK ":
                    return
        except OSError:
            time.sleep(0.1)
    log = folder / "log"
    raise RuntimeError(f"Dovecot did not start: {log.read_text() if log.exists() else 'no log'}")


def _certify(folder: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=2))
        .add_extension(
            x509.SubjectAlternativeName([x509.DNSName("localhost"), x509.IPAddress(ip_address("127.0.0.1"))]),
            critical=False,
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    (folder / "cert.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    plain = serialization.NoEncryption()
    pem, traditional = serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL
    (folder / "key.pem").write_bytes(key.private_bytes(pem, traditional, plain))
    (folder / "key.pem").chmod(0o600)


def _me() -> str:
    import pwd

    return pwd.getpwuid(os.getuid()).pw_name


def _group(user: str) -> str:
    import grp
    import pwd

    return grp.getgrgid(pwd.getpwnam(user).pw_gid).gr_name


def _free() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
