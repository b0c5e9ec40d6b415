"""Scrapy as it comes, following every link of the hosts: `python -m tests.bench.bare_crawl WORLD`."""

import sys
from pathlib import Path

from scrapy import Spider
from scrapy.crawler import AsyncCrawlerProcess

from tests.internet.world import World


class Bare(Spider):
    """Front page, list, report; an item a report."""

    name = "bare"

    def parse(self, response):
        found = response.css("a::attr(href)").getall()
        if not found:
            yield {"url": response.url, "title": response.css("title::text").get()}
        for url in found:
            yield response.follow(url)


if __name__ == "__main__":
    world = World.load(Path(sys.argv[1]))
    process = AsyncCrawlerProcess(
        {
            "TWISTED_DNS_RESOLVER": "tests.internet.names.InternetResolver",
            "INTERNET": sys.argv[1],
            "DNS_TIMEOUT": 5,
            "ROBOTSTXT_OBEY": True,
            "CONCURRENT_REQUESTS": 128,
            "CONCURRENT_REQUESTS_PER_DOMAIN": 1,
            "DOWNLOAD_DELAY": 0,
            "TELNETCONSOLE_ENABLED": False,
            "REMOTE_CONTROL_ENABLED": False,
            "LOG_LEVEL": "ERROR",
        }
    )
    process.crawl(Bare, start_urls=[world.url(number) for number in range(world.hosts)])
    process.start()
