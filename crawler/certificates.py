"""TLS as old servers speak it: first by the book, then as far as needed, and never without saying so.

Many offices' servers have a certificate that ran out, that belongs to another name or that they signed
themselves, or speak only TLS 1.0. Their reports are public, and are fetched; but what was not proved on the
way is written down beside each answer and in the run's journal.
"""

from __future__ import annotations

import ipaddress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from cryptography import x509
from OpenSSL import SSL
from scrapy.core.downloader.contextfactory import (
    _ScrapyCertificateOptions,
    _ScrapyClientContextFactory,
)
from service_identity import VerificationError
from service_identity.exceptions import CertificateError
from twisted.internet.error import ConnectionClosed
from twisted.internet.ssl import TLSVersion

if TYPE_CHECKING:
    from scrapy.crawler import Crawler

#: What the levels are called where they are recorded. The first is not worth a word.
LEVELS = ("", "certificate not verified", "legacy, certificate not verified")
# Everything that encrypts at all. Level 0: short keys and old digests, which is what there is.
_LEGACY_CIPHERS = b"ALL:!aNULL:!eNULL:@SECLEVEL=0"


class _LegacyOptions(_ScrapyCertificateOptions):
    def _makeContext(self, *args: Any, **kwargs: Any) -> SSL.Context:
        context = super()._makeContext(*args, **kwargs)
        context.set_cipher_list(_LEGACY_CIPHERS)
        return context


class _LegacyFactory(_ScrapyClientContextFactory):
    def _get_cert_options(self) -> _LegacyOptions:
        return _LegacyOptions(**self._get_cert_options_kwargs())


def context_factories(crawler: Crawler) -> list[Any]:
    """One a level of LEVELS."""
    factories = [kind.from_crawler(crawler) for kind in (_ScrapyClientContextFactory, _ScrapyClientContextFactory, _LegacyFactory)]
    for factory, verify in zip(factories, (True, False, False), strict=True):
        factory._verify_certificates = verify
    factories[-1].tls_min_version = TLSVersion.TLSv1_0
    return factories


def is_handshake_failure(error: BaseException) -> bool:
    """Whether a request failed before there was a connection to send it on, for a reason of TLS."""
    reasons = getattr(error.__cause__, "reasons", None) or []
    causes = [getattr(reason, "value", reason) for reason in reasons]
    if any(isinstance(cause, SSL.Error | VerificationError | CertificateError) for cause in causes):
        return True
    # Old servers hang up when they hear of a version that they do not know. Nothing came back at all, then.
    never = type(error.__cause__).__name__ == "ResponseNeverReceived"
    return never and any(isinstance(cause, ConnectionClosed) for cause in causes)


def describe_certificate(certificate: Any, host: str, now: datetime | None = None) -> str:
    """What is wrong with a server's certificate, in a few words; `certificate` as Scrapy's response has it."""
    try:
        found = certificate.original.to_cryptography()
    except (AttributeError, ValueError, TypeError):
        return "it cannot be read"
    now = now or datetime.now(UTC)
    faults = []
    if found.not_valid_after_utc < now:
        faults.append(f"expired on {found.not_valid_after_utc:%Y-%m-%d}")
    if found.not_valid_before_utc > now:
        faults.append(f"not valid before {found.not_valid_before_utc:%Y-%m-%d}")
    if not _names(found, host):
        faults.append("made for another name")
    if found.issuer == found.subject:
        faults.append("self-signed")
    return ", ".join(faults) or "its issuer is not known here"


def _names(certificate: x509.Certificate, host: str) -> bool:
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (x509.ExtensionNotFound, ValueError):
        return False
    try:
        address = ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        pass
    else:
        return address in names.get_values_for_type(x509.IPAddress)
    host = host.lower().rstrip(".")
    for name in names.get_values_for_type(x509.DNSName):
        name = name.lower()
        if name == host or (name.startswith("*.") and host.partition(".")[2] == name[2:]):
            return True
    return False
