"""How the crawler behaves towards the sites it visits and the machine it runs on.

Everything here is one of Scrapy's own settings, or is read like one, so `-s NAME=VALUE` on the
command line overrides any of it. The defaults suit small offices' web servers: one connection,
one page every three seconds, robots.txt obeyed.
"""

from pathlib import Path

from parsers.model import PARSER_VERSION

BOT_NAME = "gongkai"
SPIDER_MODULES = ["crawler.spiders"]
NEWSPIDER_MODULE = "crawler.spiders"
COMMANDS_MODULE = "crawler.commands"

# Where the evidence and the dataset live. Relative paths on the command line are relative to
# where the command is run, as a shell user expects; the default is not.
ARCHIVE_DIR = str(Path(__file__).resolve().parent.parent / "archive" / "data")

# --- who is asking -----------------------------------------------------------------------------
# A site's owner must be able to find out who is behind the visits and to say no. `CONTACT` is a web
# page or a mail address of yours; without one, a crawl of anything but this machine says so.
VERSION = PARSER_VERSION
CONTACT = ""
ADDONS = {
    "crawler.contact.ContactAddon": 100,  # USER_AGENT = "gongkai/VERSION (+CONTACT)"
    "crawler.monitors.MonitorsAddon": 200,  # SPIDERMON_ENABLED = True: a silent loss fails the run
}
ROBOTSTXT_OBEY = True
ROBOTSTXT_USER_AGENT = "gongkai"
CRAWL_DELAY_MAX = 120.0  # seconds; a Crawl-delay above this is read as this
RETRY_AFTER_MAX = 600.0  # seconds; a host that asks for a longer pause gets this one, then its retries

# --- politeness --------------------------------------------------------------------------------
DOWNLOAD_DELAY = 3.0
# The delay is a promise to the host ("not more often than"): a jitter would break it half the time.
DOWNLOAD_DELAY_JITTER = 0
# Sites on one address share one delay and one connection: a province's platform carries a hundred counties.
SLOT_BY_ADDRESS = True
# Places for hosts that are asked at the same time. A host that does not answer holds one for a minute, and of a
# hundred there are always some; what waits for its delay waits outside and holds none.
CONCURRENT_REQUESTS = 128
SCHEDULER_PRIORITY_QUEUE = "crawler.queue.AddressQueue"
CONCURRENT_REQUESTS_PER_DOMAIN = 1

# The hours in which sites are visited, such as "22:00-07:00+08:00"; outside them a run ends, and the next one
# takes it up. Empty: at any hour.
CRAWL_WINDOW = ""

# --- what is not asked again -------------------------------------------------------------------
# A run that did not come to its end is taken up by the next one, if that begins within this time.
RESUME_WITHIN = "7d"
# Reports that the dataset has are not asked for again for so long (30d, 12h). 0: each run asks each of them
# whether it has changed, which most servers answer with 304 and no body.
RECHECK = "0"

# --- limits ------------------------------------------------------------------------------------
DOWNLOAD_TIMEOUT = 60.0
DNS_TIMEOUT = 20.0
REACTOR_THREADPOOL_MAXSIZE = 20  # names are looked up there, and a dead name server holds a thread
DOWNLOAD_MAXSIZE = 32 << 20
DOWNLOAD_WARNSIZE = 8 << 20
# A body that was cut short is evidence too. It reaches the archive marked as truncated, is asked for
# again, and if it stays short its record can never be called verified.
DOWNLOAD_FAIL_ON_DATALOSS = False
REDIRECT_MAX_TIMES = 5
METAREFRESH_MAXDELAY = 10
URLLENGTH_LIMIT = 1024
RETRY_TIMES = 2
# A host that gave no answer so many times in a row is left alone for so many seconds.
HOST_FAILURES_MAX = 5
HOST_PAUSE = 600.0
RETRY_GIVE_UP_LOG_LEVEL = "DEBUG"  # the run's summary says it, with the reason
# What reading one page may cost, in a process of its own. One that is stopped costs its page and nothing else.
PAGE_TIMEOUT = 10.0  # seconds of processor time, and four times as many on the clock
PAGE_MEMORY_MB = 768  # beyond what the reading process takes itself, a gigabyte in all
READING_WORKERS = 2  # processes that read pages while a crawl runs; 0: one a processor
DISK_FLOOR_MB = 512  # what must stay free on the archive's disk, or a crawl ends; 0: it goes on until the disk is full
MEMUSAGE_ENABLED = True
MEMUSAGE_LIMIT_MB = 2048

# --- pages that only a browser can draw ---------------------------------------------------------
# Needs scrapy-playwright and a Chromium. Off: such a page is a failure that says so.
RENDER = False
RENDER_LIMIT = 50  # pages a portal
RENDER_REQUESTS = 60  # what one page may ask for, each with the host's delay
RENDER_BYTES = 24 << 20
RENDER_TIMEOUT = 300.0  # seconds a page
RENDER_BROWSER = ""  # the executable; empty: the first Chromium on the PATH

# --- what is spoken ----------------------------------------------------------------------------
# No brotli and no zstd: bodies are archived as received, and web-archive tools do not read those
# two reliably.
DEFAULT_REQUEST_HEADERS = {
    "Accept": "text/html,application/xhtml+xml,*/*;q=0.8",
    "Accept-Language": "zh-CN,zh;q=0.9",
    "Accept-Encoding": "gzip, deflate",
}
COOKIES_ENABLED = False
# First by the book. Where a handshake fails, again without proof of the certificate, then with TLS 1.0
# and old ciphers; each such answer and the journal say so. TLS_FALLBACK = False: never.
DOWNLOAD_VERIFY_CERTIFICATES = True
TLS_FALLBACK = True
REFERRER_POLICY = "same-origin"
# A proxy from the environment would resolve names itself, past the guard in crawler.resolver.
HTTPPROXY_ENABLED = False
DOWNLOAD_HANDLERS = {
    "http": "crawler.wire.DownloadHandler",
    "https": "crawler.wire.DownloadHandler",
    "file": None,
    "data": None,
    "ftp": None,
    "s3": None,
}
TWISTED_DNS_RESOLVER = "crawler.resolver.GlobalOnlyResolver"

# Both open a port on this machine that runs whatever code it is sent.
TELNETCONSOLE_ENABLED = False
REMOTE_CONTROL_ENABLED = False
# The archive remembers what was fetched; Scrapy's cache keeps no history and does not survive a kill.
HTTPCACHE_ENABLED = False

# --- components --------------------------------------------------------------------------------
DOWNLOADER_MIDDLEWARES = {
    "scrapy.downloadermiddlewares.offsite.OffsiteMiddleware": None,  # scope is host *and* port here
    "scrapy.downloadermiddlewares.robotstxt.RobotsTxtMiddleware": None,
    "crawler.rendering.RenderingMiddleware": 3,  # outside reading, which says what is an empty shell
    "crawler.middlewares.ReadingMiddleware": 5,  # outside all others: what they let pass is read
    "crawler.middlewares.OutcomeMiddleware": 10,  # outermost: sees what is left after retries and redirects
    "crawler.middlewares.ScopeMiddleware": 50,  # before robots, or a foreign robots.txt would be fetched
    "crawler.middlewares.NeighboursMiddleware": 60,
    "crawler.middlewares.RobotsMiddleware": 100,
    "crawler.middlewares.KnownMiddleware": 530,
    "crawler.middlewares.UnchangedMiddleware": 540,  # outside compression: it hands over decoded bodies
    "scrapy.downloadermiddlewares.httpcompression.HttpCompressionMiddleware": None,
    "scrapy.downloadermiddlewares.redirect.RedirectMiddleware": None,
    "scrapy.downloadermiddlewares.redirect.MetaRefreshMiddleware": None,
    "crawler.middlewares.MetaRefreshMiddleware": 580,
    "crawler.middlewares.DecodingMiddleware": 590,
    "crawler.middlewares.RedirectMiddleware": 600,
    "crawler.middlewares.CaptureMiddleware": 1000,  # nearest the wire
}
SPIDER_MIDDLEWARES = {"crawler.middlewares.UnreadMiddleware": 20}
EXTENSIONS = {
    "scrapy.extensions.memusage.MemoryUsage": None,  # looks at the most that was ever used, also by who started us
    "crawler.memory.MemoryExtension": 40,
    "crawler.window.WindowExtension": 50,
    "crawler.run.RunExtension": 100,
    "crawler.middlewares.PauseExtension": 200,
    "crawler.progress.ProgressExtension": 300,
    "crawler.summary.SummaryExtension": 400,
}
# Read first, so that the snapshot can carry the year and the organ in its name. Nothing is at risk
# in between: the bytes have been in the archive since before the spider saw them.
ITEM_PIPELINES = {
    "crawler.pipelines.ParsePipeline": 100,
    "crawler.pipelines.SnapshotPipeline": 200,
    "crawler.pipelines.RecordsPipeline": 300,
}

# --- what a person sees ------------------------------------------------------------------------
LOG_LEVEL = "INFO"
LOG_FORMAT = "%(asctime)s %(levelname)-7s %(message)s"
LOG_DATEFORMAT = "%H:%M:%S"
LOG_FORMATTER = "crawler.logs.LogFormatter"
LOG_VERSIONS: list[str] = []
LOGSTATS_INTERVAL = 0.0  # the progress display says it on a terminal
STATS_DUMP = False  # the summary says it; `-s STATS_DUMP=1` brings the raw counters back
FEED_EXPORT_ENCODING = "utf-8"
