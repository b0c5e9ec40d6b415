"""Old and unproved TLS: the report is fetched, and what was not proved is written down."""

import ipaddress
import ssl
import threading
from datetime import UTC, datetime, timedelta
from http.server import ThreadingHTTPServer

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

from archive import Archive
from tests.test_crawl_command import Site, crawl, journal, records, write_registry

NOW = datetime.now(UTC)


def certificate(folder, *, names=("127.0.0.1",), ends=NOW + timedelta(days=30), bits=2048):
    key = rsa.generate_private_key(public_exponent=65537, key_size=bits)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "county")])
    alternatives = [x509.IPAddress(ipaddress.ip_address(n)) if n[0].isdigit() else x509.DNSName(n) for n in names]
    built = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(1).not_valid_before(ends - timedelta(days=400)).not_valid_after(ends)
        .add_extension(x509.SubjectAlternativeName(alternatives), False).sign(key, hashes.SHA256())
    )  # fmt: skip
    path = folder / "server.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    )
    path.write_bytes(private + built.public_bytes(serialization.Encoding.PEM))
    return path


class QuietServer(ThreadingHTTPServer):
    def handle_error(self, request, address):
        """A client that hangs up in the handshake is what is tested here."""


def secure(site, pem, *, only=None):
    """The site once more, over TLS, and with `only` in no newer version than that."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    if only is not None:
        context.set_ciphers("ALL:@SECLEVEL=0")
        context.minimum_version = context.maximum_version = only
    context.load_cert_chain(pem)
    server = QuietServer(("127.0.0.1", 0), site.server.RequestHandlerClass)
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server, f"https://127.0.0.1:{server.server_port}/"


def crawl_secure(tmp_path, pem, *args, only=None):
    site = Site()
    server, url = secure(site, pem, only=only)
    try:
        ended = crawl(tmp_path / "home", *args, registry=write_registry(tmp_path, url))
    finally:
        server.shutdown()
        server.server_close()
        site.close()
    return (*ended, url.removeprefix("https://").rstrip("/"))


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({}, "(self-signed)"),
        ({"ends": NOW - timedelta(days=3)}, "expired on "),
        ({"names": ("www.elsewhere.example",)}, "made for another name"),
    ],
)
def test_a_certificate_that_proves_nothing_is_said_in_the_journal_and_beside_each_answer(tmp_path, given, words):
    status, out, err, place = crawl_secure(tmp_path, certificate(tmp_path, **given))
    home = tmp_path / "home"
    assert status == 0 and len(records(home)) == 2, (out, err)
    assert journal(home)["tls"][place].startswith("certificate not verified (") and words in journal(home)["tls"][place]
    with Archive.read(home) as archive:
        told = {archive.load(capture).metadata.get("tls") for capture in archive.captures()}
    assert told == {"certificate not verified"}


def test_a_server_of_the_last_century_is_reached_and_that_is_said(tmp_path):
    try:
        pem = certificate(tmp_path, bits=1024)
        secure_context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        secure_context.set_ciphers("ALL:@SECLEVEL=0")
        secure_context.minimum_version = ssl.TLSVersion.TLSv1
    except (ValueError, ssl.SSLError) as error:
        pytest.skip(f"this OpenSSL has no TLS 1.0 to serve: {error}")
    status, out, err, place = crawl_secure(tmp_path, pem, only=ssl.TLSVersion.TLSv1)
    home = tmp_path / "home"
    assert status == 0 and len(records(home)) == 2, (out, err)
    assert journal(home)["tls"][place].startswith("legacy, certificate not verified (")


def test_who_wants_proof_or_nothing_gets_nothing(tmp_path):
    status, out, _, _ = crawl_secure(tmp_path, certificate(tmp_path), "-s", "TLS_FALLBACK=0")
    assert status == 12 and not (tmp_path / "home" / "reports.jsonl").read_bytes()
    assert "certificate verify failed" in out
