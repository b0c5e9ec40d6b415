"""The project's settings inside an egg of Scrapyd.

Scrapyd runs a project from the packed egg. Tables are read and reading processes are started from plain files here,
so the egg is unpacked once, beside itself, and the project is imported from there. The evidence must outlive the
version that was deployed: ARCHIVE_DIR is GONGKAI_HOME of the environment, else `gongkai-data` where Scrapyd was started.
"""

import hashlib
import os
import shutil
import sys
import tempfile
import zipfile
from pathlib import Path


def unpack(egg: Path) -> Path:
    """The folder with the egg's files, made if it is not there. Two processes may do so at once."""
    digest = hashlib.sha256(egg.read_bytes()).hexdigest()[:16]
    place = Path(os.environ.get("GONGKAI_UNPACKED") or Path.cwd() / "gongkai-unpacked")
    folder = place / digest
    if not folder.is_dir():
        place.mkdir(parents=True, exist_ok=True)
        part = Path(tempfile.mkdtemp(prefix=digest, dir=place))
        with zipfile.ZipFile(egg) as packed:
            packed.extractall(part)
        try:
            part.rename(folder)
        except OSError:
            shutil.rmtree(part, ignore_errors=True)  # another process was faster
            if not folder.is_dir():
                raise
    return folder


_egg = Path(__file__).parent.parent
if _egg.is_file():
    sys.path[:] = [str(unpack(_egg)), *(entry for entry in sys.path if entry != str(_egg))]
    sys.path_importer_cache.clear()

from crawler.settings import *  # noqa: E402, F403 - from the unpacked files, which were not there before

ARCHIVE_DIR = os.environ.get("GONGKAI_HOME") or str(Path.cwd() / "gongkai-data")
