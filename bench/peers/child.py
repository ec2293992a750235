"""Runs one program to its end and says what it took."""

import contextlib
import dataclasses
import os
import re
import shlex
import subprocess
import sys
import tempfile
import threading

from cases import MeasureError


@dataclasses.dataclass
class Child:
    stdout: str
    stderr: str
    cpu_seconds: float  # user and system, of the whole process
    peak_rss_bytes: int


def complaint(text, limit=240):
    """The first line that names an error, else the first that says anything;
    of paths, the file's name."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    errors = [line for line in lines if "error" in line.lower()]
    line = (errors or lines or ["it said nothing"])[0]
    return re.sub(r"(?<!\S)/\S*/", "", line)[:limit]


def run_child(command, timeout):
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile(
            "w+", errors="replace") as err:
        try:
            process = subprocess.Popen(command, stdin=subprocess.DEVNULL,
                                       stdout=out, stderr=err)
        except OSError as error:
            raise MeasureError(f"{command[0]} does not start: "
                               f"{error.strerror}") from error
        killer = threading.Timer(timeout, process.kill)
        killer.start()
        try:
            _, status, usage = os.wait4(process.pid, 0)
        except BaseException:
            process.kill()
            raise
        finally:
            killer.cancel()
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        err.seek(0)
        stdout, stderr = out.read(), err.read()
    if process.returncode == -9:
        raise MeasureError(f"killed (after --timeout {timeout} s, or for "
                           f"memory): {shlex.join(command)}")
    if process.returncode != 0:
        raise MeasureError(complaint(stderr or stdout))
    return Child(stdout, stderr, usage.ru_utime + usage.ru_stime,
                 usage.ru_maxrss * 1024)


# Ends by itself when the process that started it is gone.
BUSY = """
import os
parent = os.getppid()
while os.getppid() == parent:
    for _ in range(1000000):
        pass
"""


@contextlib.contextmanager
def busy_cores(wanted):
    """While it is open, one busy process is pinned to each usable core."""
    processes = []
    try:
        for core in sorted(os.sched_getaffinity(0)) if wanted else ():
            process = subprocess.Popen([sys.executable, "-c", BUSY])
            processes.append(process)
            os.sched_setaffinity(process.pid, {core})
        yield
    finally:
        for process in processes:
            process.kill()
            process.wait()
