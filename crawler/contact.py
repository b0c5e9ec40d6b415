"""Say who is visiting: name, version and a way to reach whoever runs the crawl.

An add-on, because `-s CONTACT=…` on the command line must end up in the User-Agent, and
`-s USER_AGENT=…` must still win over it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from scrapy.settings import BaseSettings


class ContactAddon:
    """Puts USER_AGENT together from BOT_NAME, VERSION and CONTACT."""

    def update_settings(self, settings: BaseSettings) -> None:
        settings.set("USER_AGENT", user_agent(settings["BOT_NAME"], settings["VERSION"], settings["CONTACT"]), "addon")


def user_agent(name: str, version: str, contact: str | None) -> str:
    """The User-Agent as search engines' crawlers write it. Characters that no header may hold are left out.

    >>> user_agent("gongkai", "1.0.0", "https://example.org/about")
    'gongkai/1.0.0 (+https://example.org/about)'
    >>> user_agent("gongkai", "1.0.0", "")
    'gongkai/1.0.0'
    """
    reachable = "".join(char for char in (contact or "") if " " < char <= "~")
    return f"{name}/{version} (+{reachable})" if reachable else f"{name}/{version}"
