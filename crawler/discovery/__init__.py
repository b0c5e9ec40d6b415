"""Which link next: from a fetched page to the requests worth making, without any request.

`read_fetched` reads an answer once, `discover` says what it leads to, `Walk` follows one portal
from its front page (or its known columns) to the end of its annual-report columns.
"""

from .discover import Found, Standing, discover
from .link import Link
from .page import Fetched, read_fetched
from .urls import Hosts, canonical, same_page
from .walk import Walk, year_of_words
from .years import excluded, read_years

__all__ = [
    "Fetched", "Found", "Hosts", "Link", "Standing", "Walk", "canonical", "discover", "excluded", "read_fetched", "read_years", "same_page",
    "year_of_words",
]  # fmt: skip
