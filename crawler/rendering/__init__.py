"""Pages that only a browser can draw: their scripts run in a Chromium that has no network of its own.

Off unless the setting RENDER is on. `RenderingMiddleware` recognises the page and replaces it by the document as
drawn; `crawler.rendering.browser` holds the browser, through scrapy-playwright; `crawler.rendering.drawing` is
one page's doings, and answers what it asks for through the crawl itself.
"""

from crawler.rendering.middleware import RenderingMiddleware

__all__ = ["RenderingMiddleware"]
