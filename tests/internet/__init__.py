"""A virtual internet on loopback, and a real crawl over it: `python -m tests.internet --hosts 1000`.

    python -m tests.internet --hosts 10000 --minutes 10     # goes on where the last call stopped
    python -m tests.internet --hosts 1000 --kills 5         # stopped and killed in between; the same result?
    python -m tests.internet --hosts 1000 --faults none     # the same hosts, all of them well
    python -m tests.internet --report --hosts 10000         # only say what was seen so far

`world` says what each host is and answers, `server` answers for all of them on one port of 127.0.0.0/8, `names` is
the resolver that a crawl is given in place of its own, `watch` looks at the crawl from outside, and `result`
reads what came of it. The crawl is `scrapy crawl county_portals` with its guards on, in a process of its own.
"""
