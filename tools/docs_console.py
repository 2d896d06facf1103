"""Console blocks: every command in a document is run, in order, and what it prints is what the document shows.

A block is fenced with ```console; a command starts with `$ ` and goes on in lines that start with `> `. Each document
has a folder of its own, one day, one database, and keeps its exported variables and the last exit status from command
to command, as a shell does. Output is that of a terminal. A line `<!-- needs: NAME -->` before a block says that its
commands read the folder NAME of ../shared/data; where that is absent the block is left as it stands.
"""

import errno
import os
import pty
import re
import subprocess
import sys
import tempfile
import termios
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PROJECT = Path(__file__).parent.parent
DATA = Path(os.environ.get("CRMCLI_SHARED", PROJECT.parent / "shared")) / "data"
DAY = "2026-11-20"
WIDTH = 100
_BLOCK = re.compile(
    r"(?:<!-- needs: (?P<needs>\S+) -->\n)?```console\n(?P<body>.*?)^```$", re.DOTALL | re.MULTILINE
)
_PROMPT = re.compile(r"^[$>] ", re.MULTILINE)
_COMMAND = re.compile(r"^\$ .*(?:\n> .*)*", re.MULTILINE)


def with_output(text: str) -> str:
    """Return a document with the output of its commands as it is now."""
    with session() as run:
        return _BLOCK.sub(lambda match: _block(match, run), text)


def _block(match: re.Match[str], run: "Session") -> str:
    needs, body = match["needs"], match["body"]
    if needs and not run.provide(needs):
        return match[0]
    parts = [f"{command}\n{run(_PROMPT.sub('', command))}" for command in _COMMAND.findall(body)]
    return match[0].replace(body, "".join(parts))


class Session:
    """A shell's worth of commands in one folder."""

    def __init__(self, folder: Path, width: int) -> None:
        self.folder = folder
        self._state = folder / ".state"
        self._status = 0
        scripts = Path(sys.executable).parent
        if not (scripts / "crm").exists():
            raise FileNotFoundError(f"no crm beside {sys.executable}: install the project there first")
        self._environment = {
            "PATH": f"{scripts}{os.pathsep}{os.defpath}",
            "HOME": str(folder),
            "LC_ALL": "C.UTF-8",
            "TZ": "Asia/Shanghai",
            "TERM": "dumb",
            "NO_COLOR": "1",
            "COLUMNS": str(width),
            "CRM_LANG": "en",
            "CRM_DB": str(folder / "crm.db"),
            "CRM_HOME": str(folder / ".crm"),
            "CRM_TODAY": DAY,
            "TMPDIR": str(folder / "tmp"),
        }
        (folder / "tmp").mkdir()
        self._state.write_text("", encoding="utf-8")

    def provide(self, name: str) -> bool:
        """Put a folder of real data into the session's; tell whether there is one."""
        link = self.folder / name
        if not (DATA / name).is_dir():
            return False
        if not link.exists():
            link.symlink_to(DATA / name, target_is_directory=True)
        return True

    def __call__(self, command: str) -> str:
        """Run one command as at a terminal and return what it shows."""
        script = f'. "$0"\n(exit {self._status})\n{command}\nstatus=$?\nexport -p > "$0"\nexit $status\n'
        primary, secondary = pty.openpty()
        modes = termios.tcgetattr(secondary)
        modes[1] &= ~termios.OPOST
        termios.tcsetattr(secondary, termios.TCSANOW, modes)
        with subprocess.Popen(
            ["/bin/sh", "-c", script, str(self._state)],
            stdin=subprocess.DEVNULL, stdout=secondary, stderr=secondary,
            cwd=self.folder, env=self._environment,
        ) as process:  # fmt: skip
            os.close(secondary)
            shown = b"".join(_read(primary))
            self._status = process.wait()
        os.close(primary)
        text = shown.decode("utf-8").replace(str(self.folder), "~")
        if "error[bug]" in text or "Traceback (most recent" in text:
            raise RuntimeError(f"a defect, not documentation: {command}\n{text}")
        # A temporary folder has another name each time.
        text = re.sub(r"~(/tmp/crm-demo)-\w+", r"\1", text)
        return "".join(f"{line.rstrip()}\n" for line in text.splitlines())


def _read(descriptor: int) -> Iterator[bytes]:
    while True:
        try:
            part = os.read(descriptor, 65_536)
        except OSError as error:
            if error.errno == errno.EIO:  # Linux says so when the last writer has gone
                return
            raise
        if not part:
            return
        yield part


@contextmanager
def session(width: int = WIDTH) -> Iterator[Session]:
    """Yield a session whose folder is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="crm-docs-") as folder:
        yield Session(Path(folder).resolve(), width)
