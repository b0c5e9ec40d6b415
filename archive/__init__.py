"""The archive: what crossed the wire, kept so that nothing is lost and every byte can be proved.

This text is the specification of the format. Somebody with a WARC reader, `sha256sum` and
this page can check an archive without us.

What lies in a data home
------------------------
::

    LOCK                                 held (flock) by the one process that writes
    warc/<year>/r000012-00001-3f9a1c4e.warc.gz    the evidence; never changed once it has this name
    warc/<year>/….warc.gz.open           the file that is being written
    warc/<year>/….warc.gz.tail           torn bytes that a crash left, cut off and kept
    warc/MANIFEST.jsonl                  one line for each sealed file, chained by digest
    snapshots/<portal>/<year>-<label>.<digest>.html     documents as served, as plain files
    index.sqlite                         disposable: rebuilt from warc/ alone, row for row
    suppressed.jsonl, suppressed.log     what is not to be shown, and where it was left out (`suppression`)

The crawler adds `reports.jsonl` and `runs/`, which are its own (how a journal in `runs/` proves itself: `journals`). `r000012` is the twelfth run,
`00001` its first file, `3f9a1c4e` drawn anew for each run, so that files of several machines can lie side by side
(`merge`); archives of the first version lack it. A file is sealed at 1 GB and at the end of a run, and no run appends to
the file of another. The year is that of the clock when the file was begun, and nothing hangs on it: the
order of captures is that of runs, files and offsets. Clocks are set back; this order is not.

The records of an exchange
--------------------------
WARC/1.1 (ISO 28500), one gzip member a record. Each file begins with a `warcinfo` record
(software, operator, robots, isPartOf: the run), and every other record names it in
WARC-Warcinfo-ID. One exchange with a server gives, in this order and appended in one piece:

`request`
    The request, with WARC-Concurrent-To the answer.
`response`, or `revisit`
    The answer. WARC-Truncated (length, time, disconnect, unspecified) when its body is not
    whole; WARC-IP-Address and WARC-Protocol where known.
`metadata`
    application/warc-fields with WARC-Refers-To the answer: portal, via, anchor, role (front,
    list, column, report, attachment, robots, page), attachment-of, depth. Each value is on one
    line: line breaks and control characters in it became one space. Left out when there is nothing to say.

A `metadata` record with the one field `content-digest` may follow at any time: the digest of what
the report in that answer says (`note_content`), which only parsing knows. The last one counts.

An exchange counts as captured when its response or revisit record is whole. A crash can leave
one without its metadata, or a request without an answer; both stay.

WARC-Date is the moment of the answer in UTC, to the microsecond. WARC-Target-URI is the URL in
printable ASCII, all other characters percent-encoded as UTF-8.

Digests are `sha256:` and 64 lower-case hex digits (as browsertrix-crawler writes them; warcio
and others check them, and `sha256sum` prints the same). WARC-Block-Digest is over the block of the
record, WARC-Payload-Digest over the body as received: transfer coding undone, content coding
(gzip, deflate, br) kept.

**Revisits.** A whole, non-empty body that the same URL gave before is not written again: a revisit
with profile identical-payload-digest has the HTTP head and, in WARC-Refers-To, -Target-URI and
-Date, the *response* record that holds the body. It never points at another revisit, so no chain
grows; and before the body in hand is let go, the one on disk is read and its digests are checked. A 304 answer is a revisit with profile server-not-modified that points at the response
with the body of the newest whole 2xx answer of that URL; its payload digest is that of the
body which it confirms. A 304 to a URL never seen before is an ordinary response.

**Pages drawn by a browser** (`record_rendered`). Each answer of the network is a `response` with its
request, as above, and metadata `source: browser`. The document as it stood once it was drawn
is a `resource` record, `urn:dom:` and the URL of the page, text/html in UTF-8, with the record id of the answer that
the page began with in WARC-Refers-To (which ISO 28500 does not foresee for resources) and WARC-Concurrent-To (which
it does), and metadata of its own. Its name is another one, so that replay of the URL gives what was served.

**Verbatim** are: the body of every answer as received once chunks are undone, compressed if it came
compressed; header values; status codes; the body of requests; the time and address of the
server as the HTTP library tells them. A revisit's body is verbatim that of its response, proved by its digest.

**Not verbatim.** Header names, their case and their order are as the HTTP library hands them
over: Twisted writes each word with a capital, drops connection headers and groups repeated names. Header
values keep their bytes, also GBK, but blanks around them, and a folded line is unfolded. The protocol in the status and
request line is always HTTP/1.1; the real one is in WARC-Protocol. Request lines and, where it
is absent, the Host header are put together again from the URL. Chunks are undone, and a
Transfer-Encoding header is renamed X-Archive-Orig-Transfer-Encoding. A body is cut at a limit (at most 960 MiB)
and says so in WARC-Truncated: length. The reason phrase is what the caller gives, often RFC 9110's. Bodies that a browser
handed over have lost their content coding; their Content-Encoding, Content-Length and Transfer-Encoding are
renamed X-Archive-Orig-…. A page as drawn never crossed the wire at all.

The order of durability
-----------------------
1. The records are appended to the `.open` file, which is then fsynced.
2. One SQLite transaction adds the line to the index (WAL, synchronous=FULL).
3. `Archive.record` returns. **Acknowledged means on disk.**

Below a floor of free space (`floor`, 256 MB) an archive is not opened and nothing is appended: ArchiveFull, while there
is still room to end well. A write that fails (a full disk) is cut back to the last whole record before the error is
raised. When the index cannot be written, or fsync fails, the record is not acknowledged and the
archive takes nothing more until it is opened again.

Sealing renames the file, fsyncs the folder, and appends a line to the manifest. A crash between
these steps is made good when the archive is next opened: whole records of an `.open` file
are kept and sealed, torn bytes at its end are copied to a `.tail` file before they are cut off (after a power failure
also the rest of an append whose beginning did not reach the disk), damage elsewhere
stays where it is; a sealed file without a line gets one; the index is continued where it is behind and
built anew where it is missing, unsound, or knows of more than the files hold.

The manifest
------------
JSON lines: `name` (path under `warc/`), `bytes`, `records`, `sha256`, `first` and `last`
(WARC-Date of the first and last capture), `sealed` (time), `origin` (of a file that came from another archive: SHA-256
of its line in the manifest there), `previous` (SHA-256 of the line
before, without its line break; 64 zeros in the first), `check` (SHA-256 of the line without this field). It alone can tell that a file was cut on a record boundary,
or is gone. Its last line proves all before it: keep it elsewhere, or have it time-stamped.

The index
---------
SQLite, `PRAGMA user_version` 1. `capture` has one row an exchange: seq, rid (WARC-Record-ID of
the answer), url, method, fetched, status, kind, payload (SHA-256), truncated, portal, role, run, warc
(path under `warc/`), offset and length of the answer's gzip member, refers_to (rid). `file`
says how far each file is indexed. `content` maps a rid to the digest of what a report says. All three come back row for
row from the files alone. So each URL has a history by two digests: another `payload`, and the bytes changed
(`history`); another `content`, and the report did (`versions`).

Snapshots
---------
The entity without content coding, byte for byte. The name is made of the portal's id, the year
(or `undated`), a label of which only ASCII letters and digits, `_` and Chinese characters are
left, and the first 12 (in a clash 24 or 64) hex digits of the SHA-256 of the file: at most 200 bytes.

To check an archive without us
------------------------------
1. `sha256sum` of each file in `warc/` against the manifest, and of each manifest line against
   `previous` in the next.
2. `gzip -t` each file; every member must reach its end with its CRC.
3. Walk the records: Content-Length, WARC-Block-Digest, and for responses WARC-Payload-Digest.
   `warcio check` does this on whole files (1.8.1 does not notice a file that was cut, and stops at a body in
   `br`; hence our own reader).
4. Each revisit: WARC-Refers-To is a response record with the same payload digest.

`verify` does all of this, and compares the index with the records both ways and its lists with its lines, each snapshot
with its name, and each line of `reports.jsonl` with the answer and the snapshot that it was read from and with the digest of
itself, `check`, that stands at its end: the SHA-256 of the line without it. The journals in `runs/` have one, too.

What is given away
------------------
`archive.cdxj.write_cdxj`, `archive.wacz.write_wacz` and `archive.copies.write_copies` leave out what is suppressed, and
what the caller's `hide` holds back (the scan for personal data). They refuse to hand on damage.
"""

from .errors import ArchiveError, ArchiveFull, ArchiveLocked
from .exchange import Capture, Exchange, RenderedCapture, RenderedPage, Stored, Version
from .foreign import iter_warc
from .merge import Merged, merge
from .store import Archive
from .verify import Problem, bytes_to_verify, verify

__all__ = [
    "Archive",
    "ArchiveError",
    "ArchiveFull",
    "ArchiveLocked",
    "Capture",
    "Exchange",
    "Merged",
    "Problem",
    "RenderedCapture",
    "RenderedPage",
    "Stored",
    "Version",
    "bytes_to_verify",
    "iter_warc",
    "merge",
    "verify",
]
