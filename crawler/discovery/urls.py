"""One page, one address: canonical URLs, the hosts of a portal, and addresses that are traps.

A portal shows one report under several addresses: for telephones, in traditional characters, with
a session in the query, with and without `www.`. `canonical` folds them to the one that is asked;
`same_page` to the one that is compared. Neither looks at anything but the address.
"""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urljoin, urlsplit, urlunsplit

from w3lib.url import canonicalize_url

MAX_LENGTH = 512
MAX_SEGMENTS = 16
# /xxgk/bm/xxgk/ is ordinary; the same name a fourth time is a relative link that eats its own tail.
MAX_REPEATS = 3

# xxgk.jccq.gov.cn, hdzfxxgk.hd.gov.cn, zwgk.changchun.gov.cn, public.zhengzhou.gov.cn: not jyj.jccq.gov.cn.
_DISCLOSURE_HOST_RE = re.compile(r"(?:[a-z0-9-]{0,12}(?:xxgk|zwgk|zfgk|gk)|public|openness|zwxx)")


_VIEWER_RE = re.compile(r"viewer|preview|pdf_?js|onlineview|flexpaper|pdf_?read|read_?pdf|show_?pdf|pdf_?show", re.IGNORECASE)


@cache
def _twins() -> dict[str, Any]:
    with (Path(__file__).parent / "twins.toml").open("rb") as file:
        data = tomllib.load(file)
    data["rewrite"] = [(re.compile(pattern), new) for pattern, new in data["rewrite"]]
    for key in ("compare_only", "keep_fragment", "attachment_paths"):
        data[key] = [re.compile(pattern, re.IGNORECASE) for pattern in data[key]]
    data["token"] = re.compile(data["token"])
    return data


def canonical(url: str, base: str = "", *, encoding: str | None = None, rewrite: bool = True) -> str | None:
    """Return the address to ask for `url` found on the page `base`, or None when it is none to ask.

    >>> canonical("../202101/t20210119_1_wap.html;jsessionid=0A1B?isMobile=true", "http://a.gov.cn/nb/2020/")
    'http://a.gov.cn/nb/202101/t20210119_1.html'
    >>> canonical("javascript:void(0)", "http://a.gov.cn/") is None
    True

    Absolute, through w3lib (query in the order of the link, fragment dropped unless it chooses the page), twins folded.
    `encoding` is that of the page, in which browsers write a query. Refuses other schemes,
    pictures, and what cannot be parsed; raises nothing.
    """
    twins = _twins()
    url = re.sub(r"[\t\r\n]", "", url).strip().replace("\\", "/")
    if not url or re.fullmatch(r"https?:/*", url) or url.lower().split(":", 1)[0] in twins["never_schemes"]:
        return None
    try:
        absolute = urljoin(base, url) if base else url
        keep = any(pattern.search(urlsplit(absolute).path) for pattern in twins["keep_fragment"])
        parts = urlsplit(canonicalize_url(absolute, keep_fragments=keep, encoding=encoding))
        port = parts.port
    except (ValueError, UnicodeError):
        return None
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username is not None:
        return None
    path = re.sub(r";(?:jsessionid|phpsessid|sid)=[^/;?]*", "", parts.path, flags=re.IGNORECASE) or "/"
    path = re.sub(r"/{2,}", "/", path)
    netloc = _netloc(parts.scheme, parts.hostname, port)
    for pattern, new in twins["rewrite"] if rewrite else ():
        path = pattern.sub(new, path)
    if path.startswith("//"):  # the gateway named the host it stands for
        netloc, _, rest = path[2:].partition("/")
        path = "/" + rest
    if path.lower().endswith(tuple(twins["never_suffixes"])):
        return None
    return urlunsplit((parts.scheme, netloc.lower(), path, _as_written(_query(parts.query), absolute), parts.fragment))


def _as_written(query: str, url: str) -> str:
    """The parts of a sorted query in the order of the link: there are programs that know no other."""
    names = [part.partition("=")[0].lower() for part in urlsplit(url).query.split("&")]
    order = {unquote(name): at for at, name in reversed(list(enumerate(names)))}
    pairs = query.split("&")
    return "&".join(sorted(pairs, key=lambda pair: order.get(unquote(pair.partition("=")[0]).lower(), len(order))))


def _netloc(scheme: str, host: str, port: int | None) -> str:
    host = f"[{host}]" if ":" in host else host
    return host if port is None or port == (443 if scheme == "https" else 80) else f"{host}:{port}"


def _query(query: str) -> str:
    twins = _twins()
    kept = []
    for pair in query.split("&"):
        name, _, value = pair.partition("=")
        name = unquote(name).lower()
        if not pair or name in twins["drop_params"] or name.startswith("aspsessionid"):
            continue
        if name in twins["drop_flags"] and value.lower() in twins["flag_values"]:
            continue
        if name in twins["drop_tokens"] and twins["token"].match(value):
            continue
        kept.append(pair)
    return "&".join(kept)


def never_asked(url: str) -> str:
    """Return the suffix for which an address is not asked at all, being no page and no document that is read; "" for others.

    >>> never_asked("/nb/2020.rar"), never_asked("/nb/2020.html")
    ('.rar', '')
    """
    path = url.split("?")[0].split("#")[0].strip().lower()
    return next((suffix for suffix in _twins()["never_suffixes"] if path.endswith(suffix)), "")


def same_page(url: str) -> str:
    """Return a key that is equal for addresses of one page: scheme, `www.`, `index.html` and the order of a query do not count.

    >>> same_page("https://www.a.gov.cn/nb/index.html") == same_page("http://a.gov.cn/nb/")
    True
    """
    parts = urlsplit(url)
    path = parts.path or "/"
    for pattern in _twins()["compare_only"]:
        path = pattern.sub("/", path)
    fragment = f"#{parts.fragment}" if parts.fragment else ""
    query = f"?{'&'.join(sorted(parts.query.split('&')))}" if parts.query else ""
    return f"{host_key(url)}{path}{query}{fragment}"


def host_key(url: str) -> str:
    """Return host:port without prefixes of the same site; the default port is none.

    >>> host_key("http://www.a.gov.cn/x"), host_key("https://m.a.gov.cn:8443/")
    ('a.gov.cn', 'a.gov.cn:8443')
    """
    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or "").lower(), parts.port
    except ValueError:
        return ""
    for prefix in _twins()["host_prefixes"]:
        if host.startswith(prefix) and host.count(".") >= 2:
            host = host.removeprefix(prefix)
            break
    default = port in (None, 443 if parts.scheme == "https" else 80)
    return host if default else f"{host}:{port}"


def disclosure_domain(host: str) -> str:
    """Return the domain for which a host keeps disclosure, by its name; "" when it is named otherwise.

    >>> disclosure_domain("xxgk.a.gov.cn"), disclosure_domain("jyj.a.gov.cn"), disclosure_domain("xxgk.gov.cn")
    ('a.gov.cn', '', '')
    """
    label, _, domain = host.lower().rstrip(".").partition(".")
    return domain if domain.count(".") >= 2 and _DISCLOSURE_HOST_RE.fullmatch(label) else ""


@dataclass(frozen=True)
class Hosts:
    """The hosts at which one portal may be reached, and the form in which each is asked.

    `others` are the folders that belong to other portals of the registry at the same host, `home` the
    portal's own; an address belongs to the portal whose folder is the longest that it lies in.
    """

    asked: tuple[tuple[str, str], ...]  # (host key, scheme://netloc)
    home: tuple[tuple[str, str], ...] = ()  # (host key, folder)
    others: tuple[tuple[str, str], ...] = ()

    @classmethod
    def of(cls, urls: Iterable[str], others: Iterable[str] = ()) -> Hosts:
        """The hosts that the registry names; the first address of a host decides its form.

        `others` are the front pages and columns of the registry's other portals.
        """
        urls = list(urls)
        home = {_place(url) for url in urls}
        asked: dict[str, str] = {}
        for url in urls:
            parts = urlsplit(url)
            if host_key(url):
                asked.setdefault(host_key(url), f"{parts.scheme}://{parts.netloc}")
        foreign = {place for url in others if (place := _place(url))[0] in asked} - home
        return cls(tuple(asked.items()), tuple(sorted(home)), tuple(sorted(foreign)))

    def own(self, url: str) -> bool:
        """Whether `url` is the portal's: same host and port, twins of the site included, and not in another portal's folder.

        >>> Hosts.of(["http://a.gov.cn/b/"], others=["http://a.gov.cn/c/"]).own("http://a.gov.cn/c/nb/")
        False
        """
        if not self.reaches(url):
            return False
        if not self.others:
            return True
        host, path = host_key(url), urlsplit(url).path or "/"
        return _depth(self.others, host, path) <= _depth(self.home, host, path)

    def lent(self, url: str) -> bool:
        """Whether `url` is another portal's only because that one has the whole host: articles and data may lie there."""
        if not self.reaches(url) or self.own(url):
            return False
        return _depth(self.others, host_key(url), urlsplit(url).path or "/") == len("/")

    def reaches(self, url: str) -> bool:
        """Whether `url` is at one of the portal's hosts, whoever's it is there."""
        return host_key(url) in dict(self.asked)

    def sister(self, url: str) -> bool:
        """Whether `url` is at the host that the portal's own domain keeps for disclosure: xxgk.a.gov.cn of www.a.gov.cn.

        >>> Hosts.of(["http://www.a.gov.cn/"]).sister("http://xxgk.a.gov.cn/nb/"), Hosts.of(["http://www.b.gov.cn/"]).sister("http://xxgk.a.gov.cn/")
        (True, False)
        """
        host = host_key(url)  # with its port, unless it is the default one
        return not self.reaches(url) and ":" not in host and disclosure_domain(host) in dict(self.asked)

    def joined(self, url: str) -> Hosts:
        """The hosts and the one of `url`, when that is a sister; otherwise the same."""
        if not self.sister(url):
            return self
        parts = urlsplit(url)
        asked = {**dict(self.asked), host_key(url): f"{parts.scheme}://{parts.netloc}"}
        return replace(self, asked=tuple(asked.items()), home=(*self.home, (host_key(url), "/")))

    def fold(self, url: str) -> str:
        """Write `url` at the form of its host that is asked: m.a.gov.cn becomes www.a.gov.cn."""
        root = dict(self.asked).get(host_key(url))
        if root is None:
            return url
        parts, home = urlsplit(url), urlsplit(root)
        return urlunsplit((home.scheme, home.netloc, parts.path, parts.query, parts.fragment))

    def settled(self, url: str) -> Hosts:
        """Take the form to which a server redirected its front page, so that it need not redirect each page."""
        if not self.own(url):
            return self
        parts = urlsplit(url)
        asked = dict(self.asked)
        asked[host_key(url)] = f"{parts.scheme}://{parts.netloc}"
        return replace(self, asked=tuple(asked.items()))


def _place(url: str) -> tuple[str, str]:
    """The host and folder that an address of the registry stands for: /b is the folder /b/, /b/index.html too."""
    path = urlsplit(url).path or "/"
    whole = path.endswith("/") or "." not in path.rsplit("/", 1)[1]
    return host_key(url), f"{path.rstrip('/')}/" if whole else urlsplit(directory(url)).path


def _depth(folders: tuple[tuple[str, str], ...], host: str, path: str) -> int:
    """The length of the longest folder that a path lies in; 0 when it lies in none."""
    return max((len(folder) for at, folder in folders if at == host and f"{path}/".startswith(folder)), default=0)


def trap(url: str) -> str | None:
    """Say why an address looks endless, or None.

    >>> trap("http://a.gov.cn/nb/nb/nb/nb/x.html")
    'the path repeats “nb”'
    """
    if len(url) > MAX_LENGTH:
        return f"the address is longer than {MAX_LENGTH} characters"
    parts = urlsplit(url)
    segments = [segment for segment in parts.path.split("/") if segment]
    if len(segments) > MAX_SEGMENTS:
        return f"the path has more than {MAX_SEGMENTS} parts"
    repeated = [name for name, times in Counter(segments).items() if times > MAX_REPEATS]
    runs = [one for one, two, three in zip(segments, segments[1:], segments[2:], strict=False) if one == two == three]
    if repeated or runs:
        return f"the path repeats “{(repeated or runs)[0]}”"
    names = {name.lower() for name, _ in parse_qsl(parts.query, keep_blank_values=True)}
    if names >= {"year", "month"} or re.search(r"/(?:calendar|rili)\b", parts.path, re.IGNORECASE):
        return "a calendar"
    return None


def is_search(url: str) -> str | None:
    """Say that an address is a question to the portal's search, whose answers are anything; else None.

    >>> is_search("http://a.gov.cn/search/?q=%E5%B9%B4%E6%8A%A5")
    'a question to the search'
    """
    parts = urlsplit(url)
    names = {name.lower() for name, _ in parse_qsl(parts.query, keep_blank_values=True)}
    asks = names & set(_twins()["search_params"])
    searches = re.search(r"/(?:site)?(?:search|so|jsearch\w*|sousuo|query)(?:[/.]|$)", parts.path, re.IGNORECASE)
    return "a question to the search" if asks and (searches or asks & {"searchword", "keyword", "keywords"}) else None


def is_reordering(url: str, page: str) -> str | None:
    """Say that an address shows the list on `page` in another order or size, which is no other list; else None.

    >>> is_reordering("http://a.gov.cn/nb/?order=asc", "http://a.gov.cn/nb/")
    'the same list in another order'
    """
    here, there = urlsplit(page), urlsplit(url)
    if (here.netloc, here.path) != (there.netloc, there.path) or not there.query:
        return None
    ours = dict(parse_qsl(here.query, keep_blank_values=True))
    theirs = dict(parse_qsl(there.query, keep_blank_values=True))
    changed = {name.lower() for name in ours.keys() | theirs.keys() if ours.get(name) != theirs.get(name)}
    return "the same list in another order" if changed and changed <= set(_twins()["order_params"]) else None


def is_attachment(url: str) -> bool:
    """Whether an address is that of a document to download, by its path or its file name parameter."""
    twins = _twins()
    parts = urlsplit(url)
    if parts.path.lower().endswith(tuple(twins["attachment_suffixes"])):
        return True
    return any(pattern.search(parts.path) for pattern in twins["attachment_paths"])


def shown_file(url: str) -> str:
    """Return the document that an address shows in a viewer, or the address itself where it shows none.

    >>> shown_file("http://a.gov.cn/pdfjs/web/viewer.html?file=%2Fupload%2F2021.pdf"), shown_file("http://a.gov.cn/nb.html?file=1")
    ('http://a.gov.cn/upload/2021.pdf', 'http://a.gov.cn/nb.html?file=1')
    """
    parts = urlsplit(url)
    if not _VIEWER_RE.search(parts.path) or is_attachment(url):
        return url
    shown = (value for name, value in parse_qsl(parts.query) if name.lower() in ("file", "url", "src", "path", "pdf"))
    return next((address for value in shown if (address := canonical(value, url)) and is_attachment(address)), url)


def directory(url: str) -> str:
    """Return the address of the folder that `url` stands in.

    >>> directory("http://a.gov.cn/nb/2020/index_1.html?x=1")
    'http://a.gov.cn/nb/2020/'
    """
    parts = urlsplit(url)
    return urlunsplit((parts.scheme, parts.netloc, parts.path.rsplit("/", 1)[0] + "/", "", ""))
