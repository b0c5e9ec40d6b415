"""How `scrapyd-deploy` packs the project: an egg with its tables and templates. For anything else no packing is needed."""

from setuptools import find_packages, setup

_DATA = [f"**/*.{ending}" for ending in ("toml", "csv", "gz", "tsv", "txt", "html", "css", "js", "sql")]

setup(
    name="gongkai",
    version="1.0.0",
    # Not archive/data, where a crawl keeps what it fetched.
    packages=[*find_packages(include=["parsers", "parsers.*", "archive", "crawler", "crawler.*"]), "gongkai_scrapyd"],
    package_dir={"gongkai_scrapyd": "docs/deploy/scrapyd"},
    package_data={"parsers": _DATA, "crawler": _DATA},
    entry_points={"scrapy": ["settings = gongkai_scrapyd"]},
    zip_safe=False,
)
