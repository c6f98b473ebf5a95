"""A door with a certificate."""

import http.client
import ssl
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from tests.unit.entrypoints.http_server.running_desk import KEY, running_desk


def certificate(folder: Path) -> tuple[Path, Path]:
    """Certificate and key for 127.0.0.1, signed by itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "desk")])
    now = datetime.now(UTC)
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    (folder / "desk.pem").write_bytes(signed.public_bytes(serialization.Encoding.PEM))
    (folder / "desk.key").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return folder / "desk.pem", folder / "desk.key"


def test_with_a_certificate_the_door_speaks_tls(tmp_path: Path) -> None:
    signed, key = certificate(tmp_path)
    with running_desk(tmp_path / "home", tls_cert=signed, tls_key=key) as desk:
        trusting = ssl.create_default_context(cafile=str(signed))
        connection = http.client.HTTPSConnection("127.0.0.1", desk.port, context=trusting, timeout=20)
        connection.request("GET", "/health", headers={"Authorization": f"Bearer {KEY}"})
        answer = connection.getresponse()
        told = answer.read()
        connection.close()
        assert answer.status in (200, 503)
        assert b'"account"' in told
        assert desk.url == f"https://127.0.0.1:{desk.port}"
        assert desk.file is not None
        assert desk.file.http == desk.url
