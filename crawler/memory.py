"""End a crawl that takes more memory than MEMUSAGE_LIMIT_MB, by what it takes now.

Scrapy asks the system for the most that the process ever took. That is not given back, and on Linux a process begins
with what the one that started it had at that moment: a crawl that a large program starts would end before its first page.
"""

from __future__ import annotations

import os
from pathlib import Path

from scrapy.extensions.memusage import MemoryUsage

_STATM = Path("/proc/self/statm")


class MemoryExtension(MemoryUsage):
    """Scrapy's extension with its settings. Where the system does not tell what is taken now, the most that ever was."""

    def get_virtual_size(self) -> int:
        """Bytes of this process that are in memory."""
        try:
            return int(_STATM.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
        except (OSError, ValueError, IndexError):
            return super().get_virtual_size()
