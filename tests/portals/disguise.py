"""The same portal without the marks of its system, or with another system's.

Class names, ids and comments are copied from one system's templates to the other's; what cannot be
changed without breaking the page (addresses, names of the functions and fields that a script really uses) stays.
"""

from __future__ import annotations

import random
import re
from dataclasses import replace

from .county import County
from .serving import Served

_ATTRIBUTE_RE = re.compile(rb"""\b(class|id)=(["'])([^"']*)\2""")
_COMMENT_RE = re.compile(rb"<!--(?!\[CDATA).*?-->", re.DOTALL)
_GENERATOR_RE = re.compile(rb"<meta\s+name=[\"'](?:generator|SiteName|ColumnName|author)[\"'][^>]*>", re.IGNORECASE)
FOREIGN = {
    "trs": '<div class="TRS_Editor trs_editor_view"></div>',
    "ucap": '<div id="UCAP-CONTENT"></div><UCAPTITLE></UCAPTITLE>',
    "hanweb": "<!--ZJEG_RSS.content.begin-->",
    "vsb": '<div id="vsb_content"></div><script src="/system/resource/js/x.js"></script>',
    "lonsun": '<ul id="timeFrame"></ul><a class="publicInfoList"></a>',
    "epoint": "<script>/* webBuilderCommon.js EWB-FRONT */</script>",
}


def disguised(county: County, seed: int = 7, *, as_family: str | None = None) -> County:
    """Return the county with its marks renamed at random; `as_family` puts the marks of another system on each page."""
    rng = random.Random(seed)
    names: dict[bytes, bytes] = {}

    def renamed(found: re.Match[bytes]) -> bytes:
        new = [names.setdefault(name, b"x%06x" % rng.randrange(1 << 24)) for name in found[3].split()]
        return b"%s=%s%s%s" % (found[1], found[2], b" ".join(new), found[2])

    def rewrite(served: Served) -> Served:
        if not served.media_type.startswith("text/html"):
            return served
        body = _ATTRIBUTE_RE.sub(renamed, _GENERATOR_RE.sub(b"", _COMMENT_RE.sub(b"", served.body)))
        if as_family:
            body = body.replace(b"</body>", FOREIGN[as_family].encode() + b"</body>")
        return replace(served, body=body)

    county.site.rewrite = rewrite
    county.name += f" as {as_family}" if as_family else " without marks"
    return county
