"""An authenticator and a browser in Python (WebAuthn Level 2), with every knob that an attack test needs.

Independent of the C++ code; makes tests/vectors/webauthn.json, over which the C++ unit tests, libfido2 and
@simplewebauthn/server must all say the same:

    python3 tests/support/webauthn.py tests/vectors/webauthn.json
"""

import base64
import hashlib
import json
import sys
from datetime import datetime, timezone

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID, ObjectIdentifier

UP, UV, BE, BS, AT, ED = 0x01, 0x04, 0x08, 0x10, 0x40, 0x80
CHROMIUM_TAIL = (b',"other_keys_can_be_added_here":"do not compare clientDataJSON against a template. '
                 b'See https://goo.gl/yabPex"}')


def sha256(data):
    return hashlib.sha256(data).digest()


def b64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def spki_of(public_key):
    return public_key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)


def cbor(value):
    """RFC 8949, the forms that WebAuthn uses, in the order given."""
    def head(major, number):
        if number < 24:
            return bytes([major << 5 | number])
        size = next(size for size in (1, 2, 4) if number < 1 << 8 * size)
        return bytes([major << 5 | {1: 24, 2: 25, 4: 26}[size]]) + number.to_bytes(size, "big")

    if isinstance(value, int):
        return head(0, value) if value >= 0 else head(1, -1 - value)
    if isinstance(value, bytes):
        return head(2, len(value)) + value
    if isinstance(value, str):
        return head(3, len(value.encode())) + value.encode()
    if isinstance(value, (list, tuple)):
        return head(4, len(value)) + b"".join(map(cbor, value))
    if isinstance(value, dict):
        return head(5, len(value)) + b"".join(cbor(k) + cbor(v) for k, v in value.items())
    raise TypeError(value)


def client_data(kind, challenge, origin, cross_origin="false", tail=b"}"):
    """clientDataJSON as browsers write it (5.8.1.1)."""
    return (f'{{"type":{json.dumps(kind)},"challenge":"{b64url(challenge)}","origin":{json.dumps(origin)},'
            f'"crossOrigin":{cross_origin}').encode() + tail


def authenticator_data(rp_id, flags=UP | UV, sign_count=0, rest=b""):
    return sha256(rp_id.encode()) + bytes([flags]) + sign_count.to_bytes(4, "big") + rest


def cose_key(public_key, alg=-7):
    numbers = public_key.public_numbers()
    return cbor({1: 2, 3: alg, -1: 1, -2: numbers.x.to_bytes(32, "big"), -3: numbers.y.to_bytes(32, "big")})


def attested_data(aaguid, credential_id, cose):
    return aaguid + len(credential_id).to_bytes(2, "big") + credential_id + cose


def es256(key, message):
    return key.sign(message, ec.ECDSA(hashes.SHA256(), deterministic_signing=True))


class SoftwareAuthenticator:
    """One ES256 credential. `secret` decides the key, so that vectors can be made again."""

    def __init__(self, rp_id, origin, secret=None, credential_id=None):
        self.key = (ec.derive_private_key(int.from_bytes(sha256(secret), "big"), ec.SECP256R1()) if secret
                    else ec.generate_private_key(ec.SECP256R1()))
        self.credential_id = credential_id or sha256(spki_of(self.key.public_key()))[:20]
        self.rp_id, self.origin = rp_id, origin
        self.aaguid = bytes(16)

    def registration(self, challenge, flags=UP | UV, **client):
        """(attestation object, clientDataJSON): packed, self attestation."""
        data = client_data(client.pop("kind", "webauthn.create"), challenge, client.pop("origin", self.origin),
                           **client)
        auth = authenticator_data(self.rp_id, flags | AT, 0, attested_data(
            self.aaguid, self.credential_id, cose_key(self.key.public_key())))
        return attestation_object(auth, {"alg": -7, "sig": es256(self.key, auth + sha256(data))}), data

    def assertion(self, challenge, flags=UP | UV, sign_count=0, rp_id=None, rest=b"", **client):
        data = client_data(client.pop("kind", "webauthn.get"), challenge, client.pop("origin", self.origin), **client)
        auth = authenticator_data(rp_id or self.rp_id, flags, sign_count, rest)
        return {"credential_id": self.credential_id, "authenticator_data": auth, "client_data_json": data,
                "signature": es256(self.key, auth + sha256(data))}


def attestation_object(auth_data, statement, fmt="packed"):
    return cbor({"fmt": fmt, "attStmt": statement, "authData": auth_data})


# --- attestation certificates ------------------------------------------------------------------------


def name(common_name, unit="Authenticator Attestation", country="LV"):
    return x509.Name([x509.NameAttribute(NameOID.COUNTRY_NAME, country),
                      x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Example Keys"),
                      x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, unit),
                      x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def attestation_certificate(subject, key, issuer, issuer_key, ca=False, aaguid=None, aaguid_critical=False,
                            constraints=True, not_after=datetime(2050, 1, 1, tzinfo=timezone.utc)):
    builder = (x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(key.public_key())
               .serial_number(1 + sha256(spki_of(key.public_key()))[0])
               .not_valid_before(datetime(2020, 1, 1, tzinfo=timezone.utc)).not_valid_after(not_after))
    if constraints:
        builder = builder.add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
    if aaguid is not None:
        oid = ObjectIdentifier("1.3.6.1.4.1.45724.1.1.4")
        builder = builder.add_extension(x509.UnrecognizedExtension(oid, b"\x04\x10" + aaguid), aaguid_critical)
    try:  # later releases can sign so that vectors come out the same again
        return builder.sign(issuer_key, hashes.SHA256(), ecdsa_deterministic=True)
    except TypeError:
        return builder.sign(issuer_key, hashes.SHA256())


def der(certificate):
    return certificate.public_bytes(serialization.Encoding.DER)


# --- vectors ------------------------------------------------------------------------------------------

RP_ID = "approve.qss-sandbox.com"
ORIGIN = "https://approve.qss-sandbox.com:8445"
CHALLENGE = bytes(range(32))
AAGUID = bytes(range(16))


def _hex(value):
    return {k: v.hex() if isinstance(v, bytes) else v for k, v in value.items()}


def _key(label):
    return ec.derive_private_key(int.from_bytes(sha256(label), "big"), ec.SECP256R1())


def assertion_vectors():
    """`accept` is what this project does; `others`: what a verifier does that allows more."""
    phone = SoftwareAuthenticator(RP_ID, ORIGIN, b"phone")
    other = SoftwareAuthenticator(RP_ID, ORIGIN, b"other")
    good = phone.assertion(CHALLENGE, sign_count=7)
    flipped = bytearray(good["signature"])
    flipped[-1] ^= 1
    message = good["authenticator_data"] + sha256(good["client_data_json"])
    r_s = good["signature"]
    cases = [
        ("plain", True, True, good),
        ("another member at the end, as Chromium", True, True, phone.assertion(CHALLENGE, tail=CHROMIUM_TAIL)),
        ("largest counter", True, True, phone.assertion(CHALLENGE, sign_count=2**32 - 1)),
        ("user not verified", False, False, phone.assertion(CHALLENGE, flags=UP)),
        ("user not present", False, False, phone.assertion(CHALLENGE, flags=UV)),
        ("another relying party", False, False, phone.assertion(CHALLENGE, rp_id="qss-sandbox.com")),
        ("another origin", False, False, phone.assertion(CHALLENGE, origin="https://approve.qss-sandbox.org:8445")),
        ("origin that starts the same", False, False, phone.assertion(CHALLENGE, origin=ORIGIN + "0")),
        ("of type create", False, False, phone.assertion(CHALLENGE, kind="webauthn.create")),
        ("another challenge", False, False, phone.assertion(bytes(32))),
        ("flipped signature", False, False, dict(good, signature=bytes(flipped))),
        ("another key's signature", False, False, dict(other.assertion(CHALLENGE), credential_id=phone.credential_id)),
        ("signed with SHA-384", False, False, dict(good, signature=phone.key.sign(message, ec.ECDSA(
            hashes.SHA384(), deterministic_signing=True)))),
        ("client data changed after signing", False, False, dict(good, client_data_json=client_data(
            "webauthn.get", CHALLENGE, ORIGIN, tail=CHROMIUM_TAIL))),
        ("counter changed after signing", False, False,
         dict(good, authenticator_data=authenticator_data(RP_ID, sign_count=8))),
        ("no signature", False, False, dict(good, signature=b"")),
        ("authenticator data cut off", False, False, dict(good, authenticator_data=good["authenticator_data"][:-1])),
        ("within a frame of another origin", False, True, phone.assertion(CHALLENGE, cross_origin="true")),
        ("top origin", False, True, phone.assertion(CHALLENGE, tail=b',"topOrigin":"https://evil.example"}')),
        ("origin twice", False, False, phone.assertion(CHALLENGE, tail=b',"origin":"https://evil.example"}')),
        ("backup eligible", False, True, phone.assertion(CHALLENGE, flags=UP | UV | BE)),
        ("backed up", False, True, phone.assertion(CHALLENGE, flags=UP | UV | BE | BS)),
        ("reserved flag", False, True, phone.assertion(CHALLENGE, flags=UP | UV | 0x20)),
        ("bytes left over", False, False, phone.assertion(CHALLENGE, rest=b"\x00")),
        ("extensions", False, True, phone.assertion(CHALLENGE, flags=UP | UV | ED, rest=cbor({"x": 1}))),
        ("members in another order", False, True, _reordered(phone)),
        ("blanks in the client data", False, True, _spaced(phone)),
        ("signature not DER", False, False, dict(good, signature=b"\x30\x81" + r_s[1:])),
    ]
    return {"rp_id": RP_ID, "origin": ORIGIN, "challenge": CHALLENGE.hex(),
            "public_key_spki": spki_of(phone.key.public_key()).hex(),
            "public_key_cose": cose_key(phone.key.public_key()).hex(),
            "cases": [dict(name=n, accept=accept, others=others, **_hex(case)) for n, accept, others, case in cases]}


def _resigned(phone, data):
    auth = authenticator_data(RP_ID)
    return {"credential_id": phone.credential_id, "authenticator_data": auth, "client_data_json": data,
            "signature": es256(phone.key, auth + sha256(data))}


def _reordered(phone):
    return _resigned(phone, f'{{"challenge":"{b64url(CHALLENGE)}","type":"webauthn.get","origin":"{ORIGIN}",'
                            '"crossOrigin":false}'.encode())


def _spaced(phone):
    return _resigned(phone, client_data("webauthn.get", CHALLENGE, ORIGIN).replace(b",", b", "))


class _Registrations:
    """Everything that a registration is made of, each part replaceable."""

    def __init__(self):
        self.phone = SoftwareAuthenticator(RP_ID, ORIGIN, b"phone")
        self.root_key, self.batch_key = _key(b"root"), _key(b"batch")
        self.root_name = name("Example Keys Root", unit="Roots")
        self.root = attestation_certificate(self.root_name, self.root_key, self.root_name, self.root_key, ca=True)
        self.batch = self.issue()

    def issue(self, subject=None, **options):
        options.setdefault("aaguid", AAGUID)
        return attestation_certificate(subject or name("Batch 1"), self.batch_key, self.root_name, self.root_key,
                                       **options)

    def auth(self, flags=UP | UV | AT, rp_id=RP_ID, aaguid=AAGUID, cose=None, rest=b"", credential_id=None):
        credential_id = self.phone.credential_id if credential_id is None else credential_id
        return authenticator_data(rp_id, flags, 0, attested_data(
            aaguid, credential_id, cose or cose_key(self.phone.key.public_key())) + rest)

    def data(self, **options):
        return client_data(options.pop("kind", "webauthn.create"), options.pop("challenge", CHALLENGE),
                           options.pop("origin", ORIGIN), **options)

    def full(self, chain=None, auth=None, data=None, **statement):
        """packed with x5c"""
        auth, data = auth or self.auth(), data or self.data()
        chain = [der(certificate) for certificate in (chain or [self.batch])]
        sig = es256(self.batch_key, auth + sha256(data))
        return attestation_object(auth, {"alg": -7, "sig": sig, "x5c": chain, **statement}), data

    def own(self, auth=None, data=None, fmt="packed", **statement):
        """packed, self attestation"""
        auth, data = auth or self.auth(), data or self.data()
        sig = es256(self.phone.key, auth + sha256(data))
        return attestation_object(auth, {"alg": -7, "sig": sig, **statement}, fmt), data


def _broken_cbor(make):
    """Attestation objects that are wrong as CBOR, or as this object."""
    good, data = make.own()
    auth = make.auth()
    sig = es256(make.phone.key, auth + sha256(data))
    packed = cbor("packed")
    statement = {"alg": -7, "sig": sig}
    body = cbor("attStmt") + cbor(statement) + cbor("authData") + cbor(auth)
    numbers = make.phone.key.public_key().public_numbers()
    x, y = numbers.x.to_bytes(32, "big"), numbers.y.to_bytes(32, "big")

    def keyed(cose):
        return make.own(auth=make.auth(cose=cose))[0]

    return data, [
        ("bytes left over", good + b"\x00"),
        ("cut off", good[:-1]),
        ("empty", b""),
        ("fmt twice", b"\xa4" + cbor("fmt") + packed + cbor("fmt") + packed + body),
        ("a third member is missing", b"\xa2" + cbor("fmt") + packed + cbor("attStmt") + cbor(statement)),
        ("an unknown member", b"\xa4" + cbor("fmt") + packed + body + cbor("ep") + cbor(1)),
        ("indefinite map", b"\xbf" + good[1:] + b"\xff"),
        ("map of a huge size", b"\xbb" + b"\xff" * 8 + good[1:]),
        ("a length in a longer form", good.replace(cbor("fmt"), b"\x78\x03fmt", 1)),
        ("text where a map must be", b"\xa3" + cbor("fmt") + packed + cbor("attStmt") + cbor("x") +
         cbor("authData") + cbor(auth)),
        ("deep nesting", b"\xa3" + cbor("fmt") + packed + cbor("attStmt") + b"\x81" * 200 + b"\x80"),
        ("tagged", b"\xd9\xd9\xf7" + good),
        ("sig twice", b"\xa3" + cbor("fmt") + packed + cbor("attStmt") + b"\xa3" + cbor("alg") + cbor(-7) +
         (cbor("sig") + cbor(sig)) * 2 + cbor("authData") + cbor(auth)),
        ("unknown member of the statement", make.own(extra=1)[0]),
        ("statement without sig", attestation_object(auth, {"alg": -7})),
        ("empty x5c", make.own(x5c=[])[0]),
        ("another algorithm named", make.own(alg=-257)[0]),
        ("key for ES384", keyed(cose_key(make.phone.key.public_key(), alg=-35))),
        ("key with a member more", keyed(cbor({1: 2, 3: -7, -1: 1, -2: x, -3: y, -4: x}))),
        ("key with a member twice", keyed(cbor({1: 2, 3: -7, -1: 1, -2: x})[:1].replace(b"\xa4", b"\xa5") +
                                          cbor({1: 2, 3: -7, -1: 1, -2: x})[1:] + cbor(-2) + cbor(x))),
        ("key on another curve", keyed(cbor({1: 2, 3: -7, -1: 2, -2: x, -3: y}))),
        ("point off the curve", keyed(cbor({1: 2, 3: -7, -1: 1, -2: x, -3: x}))),
        ("short coordinate", keyed(cbor({1: 2, 3: -7, -1: 1, -2: x[1:], -3: y}))),
        ("bytes after the key", make.own(auth=make.auth(rest=b"\x00"))[0]),
        ("no credential id", make.own(auth=make.auth(credential_id=b""))[0]),
        ("credential id too long", make.own(auth=make.auth(credential_id=bytes(257)))[0]),
    ]


def registration_vectors():
    make = _Registrations()
    stranger = _key(b"stranger")
    forged_root = attestation_certificate(make.root_name, stranger, make.root_name, stranger, ca=True)
    forged = attestation_certificate(name("Batch 1"), make.batch_key, make.root_name, stranger, aaguid=AAGUID)
    flipped = make.own(data=make.data(tail=CHROMIUM_TAIL))[0]
    # name, accepted with roots alone, accepted in a sandbox, (attestation object, clientDataJSON)
    cases = [
        ("self attestation", False, True, make.own()),
        ("self attestation, another member at the end", False, True, make.own(data=make.data(tail=CHROMIUM_TAIL))),
        ("chain to a root", True, True, make.full()),
        ("chain with the root in it", True, True, make.full([make.batch, make.root])),
        ("no AAGUID extension", True, True, make.full([make.issue(aaguid=None)])),
        ("root of a stranger with the same name", False, False, make.full([forged])),
        ("that root sent along", False, False, make.full([forged, forged_root])),
        ("expired certificate", False, False,
         make.full([make.issue(not_after=datetime(2021, 1, 1, tzinfo=timezone.utc))])),
        ("wrong organisational unit", False, False, make.full([make.issue(name("Batch 1", unit="Keys"))])),
        ("CA as attestation certificate", False, False, make.full([make.issue(ca=True)])),
        ("no basic constraints", False, False, make.full([make.issue(constraints=False)])),
        ("AAGUID of another model", False, False, make.full([make.issue(aaguid=bytes(16))])),
        ("AAGUID extension critical", False, False, make.full([make.issue(aaguid_critical=True)])),
        ("chain, but signed by the credential", False, False, make.own(x5c=[der(make.batch)])),
        ("five certificates", False, False, make.full([make.batch] + [make.root] * 4)),
        ("format none", False, False, (attestation_object(make.auth(), {}, "none"), make.data())),
        ("format fido-u2f", False, False, make.own(fmt="fido-u2f")),
        ("signature over other client data", False, False, (flipped, make.data())),
        ("user not verified", False, False, make.own(auth=make.auth(flags=UP | AT))),
        ("user not present", False, False, make.own(auth=make.auth(flags=UV | AT))),
        ("backup eligible", False, False, make.own(auth=make.auth(flags=UP | UV | AT | BE))),
        ("extensions", False, False, make.own(auth=make.auth(flags=UP | UV | AT | ED, rest=cbor({"x": 1})))),
        ("no credential data", False, False, make.own(auth=authenticator_data(RP_ID))),
        ("another relying party", False, False, make.own(auth=make.auth(rp_id="qss-sandbox.com"))),
        ("another origin", False, False, make.own(data=make.data(origin="https://evil.example"))),
        ("of type get", False, False, make.own(data=make.data(kind="webauthn.get"))),
        ("another challenge", False, False, make.own(data=make.data(challenge=bytes(32)))),
    ]
    broken_data, broken = _broken_cbor(make)
    cases += [(n, False, False, (attestation, broken_data)) for n, attestation in broken]
    return {"rp_id": RP_ID, "origin": ORIGIN, "challenge": CHALLENGE.hex(), "now_unix_ms": 1795507200000,
            "roots": [der(make.root).hex()],
            "credential_id": make.phone.credential_id.hex(), "aaguid": AAGUID.hex(),
            "public_key_spki": spki_of(make.phone.key.public_key()).hex(),
            "cases": [{"name": n, "accept": accept, "sandbox": sandbox, "attestation_object": a.hex(),
                       "client_data_json": c.hex()} for n, accept, sandbox, (a, c) in cases]}


if __name__ == "__main__":
    with open(sys.argv[1], "w", encoding="utf-8") as out:
        json.dump({"origin": "tests/support/webauthn.py; bytes are hexadecimal",
                   "assertions": assertion_vectors(), "registrations": registration_vectors()}, out, indent=1)
        out.write("\n")
