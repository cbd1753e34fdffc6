"""Other people's calendar servers, from the distribution, each on temporary data and free ports.

SOGo: apt-get install sogo postgresql memcached. DAViCal: apt-get install davical php-cli php-pgsql
php-xml php-curl postgresql. Both need root: PostgreSQL and sogod refuse to run as root and are
given to their own users, and SOGo reads its configuration from /etc in a mount namespace of ours.
"""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

LOGIN, PASSWORD = "salle", "pw"
PHP = "/usr/share/davical"
STARTS_WITHIN = 40.0
ROUTER = """<?php
$path = parse_url($_SERVER['REQUEST_URI'], PHP_URL_PATH);
$_SERVER['SCRIPT_NAME'] = '/caldav.php';
$_SERVER['PATH_INFO'] = rawurldecode(preg_replace('#^/caldav\\.php#', '', $path));
$_SERVER['SCRIPT_FILENAME'] = '{htdocs}/caldav.php';
chdir('{htdocs}');
require '{htdocs}/caldav.php';
"""
DAVICAL = """<?php
$c->domain_name = 'localhost';
$c->sysabbr = 'test';
$c->admin_email = 'admin@example.org';
$c->pg_connect[] = 'dbname=davical user=davical_app host=127.0.0.1 port={port}';
"""
SOGO = """{{
  SOGoProfileURL = "{db}/sogo_user_profile";
  OCSFolderInfoURL = "{db}/sogo_folder_info";
  OCSSessionsFolderURL = "{db}/sogo_sessions_folder";
  OCSEMailAlarmsFolderURL = "{db}/sogo_alarms_folder";
  OCSStoreURL = "{db}/sogo_store";
  OCSAclURL = "{db}/sogo_acl";
  OCSCacheFolderURL = "{db}/sogo_cache_folder";
  SOGoUserSources = ({{
    type = sql; id = users; viewURL = "{db}/sogo_users"; canAuthenticate = YES;
    isAddressBook = YES; displayName = "Salles"; userPasswordAlgorithm = plain;
    MailFieldNames = ("mail"); KindFieldName = kind; MultipleBookingsFieldName = multiple_bookings;
  }});
  SOGoMailDomain = "telecentres.example";
  SOGoTimeZone = "Europe/Paris";
  SOGoLanguage = French;
  SOGoAppointmentSendEMailNotifications = NO;
  SOGoEnableEMailAlarms = NO;
  SOGoMaximumFailedLoginCount = 0;
  SOGoMemcachedHost = "127.0.0.1:{memcached}";
  WOPort = "127.0.0.1:{port}";
  WOWorkersCount = 2;
  WONoDetach = YES;
  WOLogFile = "{folder}/sogo.log";
  WOPidFile = "{folder}/sogo.pid";
}}
"""
SOGO_USERS = """
CREATE TABLE sogo_users(c_uid varchar(64) PRIMARY KEY, c_name varchar(64),
  c_password varchar(255), c_cn varchar(128), mail varchar(128), kind varchar(32),
  multiple_bookings int);
INSERT INTO sogo_users VALUES
  ('salle', 'salle', 'pw', 'Salle', 'salle@telecentres.example', 'location', 1);
"""


@dataclass
class Server:
    """One of them, running or stopped. `url` is the room's calendar."""

    name: str
    url: str
    command: list[str]
    folder: Path
    environment: dict[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Until it answers."""
        with (self.folder / "server.out").open("ab") as out:
            self.process = subprocess.Popen(
                self.command, stdout=out, stderr=out, start_new_session=True,
                env={**os.environ, **self.environment}, cwd=self.folder,
            )  # fmt: skip
        _until(lambda: _answers(self.url), self.name)

    def stop(self) -> None:
        """As by kill -9 of all its processes."""
        if self.process is not None:
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
            self.process = None


def missing(*programs: str) -> str:
    """What of this is not there; empty when everything is."""
    if os.geteuid() != 0:
        return "only root can start it"
    lacking = [one for one in programs if not (shutil.which(one) or Path(one).exists())]
    if not any(Path("/usr/lib/postgresql").glob("*/bin/initdb")):
        lacking.append("postgresql")
    return f"not installed: {', '.join(lacking)}" if lacking else ""


def a_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def _folder() -> Iterator[Path]:
    """A folder that other system users may walk into."""
    path = Path(tempfile.mkdtemp(prefix="outside-"))
    path.chmod(0o755)
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


@contextmanager
def _postgres(folder: Path) -> Iterator[int]:
    """A cluster of its own on a free port of loopback."""
    binaries = max(Path("/usr/lib/postgresql").glob("*/bin"))
    data, port = folder / "pg", a_port()
    data.mkdir(mode=0o700)
    shutil.chown(data, "postgres", "postgres")
    _as("postgres", f"{binaries}/initdb -D {data} -A trust -E UTF8 --locale=C.UTF-8")
    options = f"-p {port} -c listen_addresses=127.0.0.1 -c fsync=off "
    options += f"-c unix_socket_directories={data}"
    control = f"{binaries}/pg_ctl -D {data} -w"
    _as("postgres", f"{control} -l {data}/log -o '{options}' start")
    try:
        yield port
    finally:
        _as("postgres", f"{control} -m immediate stop")


def _as(user: str, command: str) -> None:
    done = subprocess.run(
        ["su", user, "-s", "/bin/sh", "-c", command],
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL,
        cwd="/", check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr.decode()


def _sql(port: int, database: str, user: str, text: str) -> None:
    done = subprocess.run(
        ["psql", "-qX", "-h", "127.0.0.1", "-p", str(port), "-U", user, "-v", "ON_ERROR_STOP=1",
         database],
        input=text.encode(), capture_output=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr.decode()


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5):  # noqa: S310
            return True
    except urllib.error.HTTPError as error:
        error.close()
        return error.code < 500
    except OSError:
        return False


def _until(holds: Callable[[], bool], name: str) -> None:
    end = time.monotonic() + STARTS_WITHIN
    while not holds():
        assert time.monotonic() < end, f"{name} does not answer"
        time.sleep(0.1)


@contextmanager
def sogo() -> Iterator[Server]:
    """SOGo with one room, `salle`."""
    with _folder() as folder, _postgres(folder) as database:
        _sql(database, "postgres", "postgres", "CREATE ROLE sogo LOGIN;")
        _sql(database, "postgres", "postgres", "CREATE DATABASE sogo OWNER sogo;")
        _sql(database, "sogo", "sogo", SOGO_USERS)
        port, memcached = a_port(), a_port()
        etc = folder / "etc"
        etc.mkdir()
        db = f"postgresql://sogo@127.0.0.1:{database}/sogo"
        text = SOGO.format(db=db, memcached=memcached, port=port, folder=folder)
        (etc / "sogo.conf").write_text(text)
        who = pwd.getpwnam("sogo")
        for name in ("sogo.log", "sogo.pid"):
            (folder / name).touch()
            os.chown(folder / name, who.pw_uid, who.pw_gid)
        cache = subprocess.Popen(
            ["memcached", "-u", "nobody", "-l", "127.0.0.1", "-p", str(memcached), "-m", "16"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        run = (
            f"mount --bind {etc} /etc/sogo && "
            "exec setpriv --reuid sogo --regid sogo --init-groups /usr/sbin/sogod"
        )
        server = Server(
            name="sogo",
            url=f"http://127.0.0.1:{port}/SOGo/dav/{LOGIN}/Calendar/personal/",
            command=["unshare", "-m", "sh", "-c", run],
            folder=folder,
            environment={"HOME": who.pw_dir, "LD_PRELOAD": ""},
        )
        try:
            server.start()
            yield server
        finally:
            server.stop()
            cache.kill()
            cache.wait()


@contextmanager
def davical() -> Iterator[Server]:
    """DAViCal under PHP's own server, with one principal, `salle`."""
    with _folder() as folder, _postgres(folder) as database:
        env = {**os.environ, "PGHOST": "127.0.0.1", "PGPORT": str(database), "PGUSER": "postgres"}
        made = subprocess.run(
            [f"{PHP}/dba/create-database.sh", "davical", PASSWORD],
            env=env, capture_output=True, check=False, cwd=folder,
        )  # fmt: skip
        assert made.returncode == 0, made.stdout.decode() + made.stderr.decode()
        _sql(database, "davical", "postgres",
             "UPDATE usr SET username = 'salle' WHERE user_no = 1;")  # fmt: skip
        etc, htdocs = folder / "etc", f"{PHP}/htdocs"
        etc.mkdir()
        (etc / "config.php").write_text(DAVICAL.format(port=database))
        (folder / "router.php").write_text(ROUTER.replace("{htdocs}", htdocs))
        port = a_port()
        run = (
            f"mount --bind {etc} /etc/davical && "
            f"exec php -d display_errors=0 -S 127.0.0.1:{port} -t {htdocs} {folder}/router.php"
        )
        server = Server(
            name="davical",
            url=f"http://127.0.0.1:{port}/caldav.php/{LOGIN}/calendar/",
            command=["unshare", "-m", "sh", "-c", run],
            folder=folder,
        )
        try:
            server.start()
            yield server
        finally:
            server.stop()
