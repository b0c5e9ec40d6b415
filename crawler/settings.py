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
ADDONS = {"crawler.contact.ContactAddon": 100}  # USER_AGENT = "gongkai/VERSION (+CONTACT)"
ROBOTSTXT_OBEY = True
ROBOTSTXT_USER_AGENT = "gongkai"
CRAWL_DELAY_MAX = 120  # seconds; a Crawl-delay above this is read as this
RETRY_AFTER_MAX = 600  # seconds; a host that asks for a longer pause gets this one, then its retries

# --- politeness --------------------------------------------------------------------------------
DOWNLOAD_DELAY = 3.0
# The delay is a promise to the host ("not more often than"): a jitter would break it half the time.
DOWNLOAD_DELAY_JITTER = 0
CONCURRENT_REQUESTS = 32
CONCURRENT_REQUESTS_PER_DOMAIN = 1

# --- limits ------------------------------------------------------------------------------------
DOWNLOAD_TIMEOUT = 60
DNS_TIMEOUT = 20
DOWNLOAD_MAXSIZE = 32 << 20
DOWNLOAD_WARNSIZE = 8 << 20
# A body that was cut short is evidence too. It reaches the archive marked as truncated, is asked for
# again, and if it stays short its record can never be called verified.
DOWNLOAD_FAIL_ON_DATALOSS = False
REDIRECT_MAX_TIMES = 5
METAREFRESH_MAXDELAY = 10
URLLENGTH_LIMIT = 1024
RETRY_TIMES = 2
RETRY_GIVE_UP_LOG_LEVEL = "DEBUG"  # the run's summary says it, with the reason
MEMUSAGE_ENABLED = True
MEMUSAGE_LIMIT_MB = 2048

# --- what is spoken ----------------------------------------------------------------------------
# No brotli and no zstd: bodies are archived as received, and web-archive tools do not read those
# two reliably.
DEFAULT_REQUEST_HEADERS = {
    "Accept": "text/html,application/xhtml+xml,*/*;q=0.8",
    "Accept-Language": "zh-CN,zh;q=0.9",
    "Accept-Encoding": "gzip, deflate",
}
COOKIES_ENABLED = False
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
    "crawler.middlewares.OutcomeMiddleware": 10,  # outermost: sees what is left after retries and redirects
    "crawler.middlewares.ScopeMiddleware": 50,  # before robots, or a foreign robots.txt would be fetched
    "crawler.middlewares.RobotsMiddleware": 100,
    "crawler.middlewares.UnchangedMiddleware": 540,  # outside compression: it hands over decoded bodies
    "scrapy.downloadermiddlewares.httpcompression.HttpCompressionMiddleware": None,
    "scrapy.downloadermiddlewares.redirect.RedirectMiddleware": None,
    "scrapy.downloadermiddlewares.redirect.MetaRefreshMiddleware": None,
    "crawler.middlewares.MetaRefreshMiddleware": 580,
    "crawler.middlewares.DecodingMiddleware": 590,
    "crawler.middlewares.RedirectMiddleware": 600,
    "crawler.middlewares.CaptureMiddleware": 1000,  # nearest the wire
}
EXTENSIONS = {
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
LOGSTATS_INTERVAL = 0  # the progress display says it on a terminal
STATS_DUMP = False  # the summary says it; `-s STATS_DUMP=1` brings the raw counters back
FEED_EXPORT_ENCODING = "utf-8"
