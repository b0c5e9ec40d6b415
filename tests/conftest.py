"""What several test modules share.

`make test` runs the modules in as many processes as there are processors. The demo portals have fixed ports, so
that one process at a time may crawl them.

Properties are tried on the same examples in every run, so that a failure is somebody's change. On new ones:
`pytest --hypothesis-profile new`.
"""

import fcntl
import tempfile
from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("same", derandomize=True, deadline=None)
settings.register_profile("new", max_examples=2000, deadline=None)
settings.load_profile("same")


@pytest.fixture(scope="module")
def demo_ports():
    """The ports of the demo portals, for this module alone, until its tests are done."""
    with (Path(tempfile.gettempdir()) / "gongkai-demo-ports.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
