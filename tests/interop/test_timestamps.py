"""Time-stamps judged by others: `openssl ts` verifies them, asn1crypto reads what EN 319 422 wants, pyHanko's validator
takes them, and every refusal is the failInfo that RFC 3161 has for it.
"""

import asyncio
import base64
import datetime
import hashlib

import pytest
import requests
from asn1crypto import pem, x509
from pyhanko.sign.validation import generic_cms
from pyhanko_certvalidator import ValidationContext

from timestamping import QUERY, TEST_POLICY, Token, Tsu, failure, query, request, run, verify

HASHES = ["sha256", "sha384", "sha512"]


@pytest.fixture(scope="module")
def ask(service):
    http = requests.Session()
    http.trust_env = False

    def post(der, status=200):
        answer = http.post(f"{service.public_url}/tsa", data=der, headers=QUERY)
        assert answer.status_code == status, answer.text
        assert answer.headers["Content-Type"] == "application/timestamp-reply"
        return answer.content

    return post


@pytest.mark.parametrize("nonce", [(), ("-no_nonce",)], ids=["nonce", "no-nonce"])
@pytest.mark.parametrize("cert", [("-cert",), ()], ids=["cert", "no-cert"])
@pytest.mark.parametrize("hash_", HASHES)
def test_openssl_verifies(service, ask, tmp_path, hash_, cert, nonce):
    sent = query(tmp_path, b"a document", hash_, *cert, *nonce, "-tspolicy", TEST_POLICY)
    reply = ask(sent)
    token = Token(reply)
    more = ()
    if cert:
        assert len(token.certificates) == 2  # the unit and its CA
    else:
        assert token.certificates == []
        chain = tmp_path / "chain.pem"
        chain.write_text("".join((service.directory / "pki" / name).read_text()
                                 for name in ("tsu.pem", "issuing.pem")))
        more = ("-untrusted", chain)
    assert verify(tmp_path, reply, service.root_file, query=sent, more=more)
    assert verify(tmp_path, reply, service.root_file, data=b"a document", more=more)
    # The judge can say no: another document, another nonce, another root.
    assert not verify(tmp_path, reply, service.root_file, data=b"another document", more=more)
    assert not verify(tmp_path, reply, service.ca_file, query=sent, more=more)
    if not nonce:
        other = query(tmp_path, b"a document", hash_, *cert)
        assert not verify(tmp_path, reply, service.root_file, query=other, more=more)


@pytest.mark.parametrize("hash_", HASHES)
def test_it_says_what_en_319_422_wants(ask, hash_):
    before = datetime.datetime.now(datetime.timezone.utc)
    sent = request(b"a document", hash_, nonce=-(2**63), cert_req=True)
    token = Token(ask(sent.dump()))
    info = token.info
    after = datetime.datetime.now(datetime.timezone.utc)
    assert info["version"].native == "v1" and info["policy"].native == TEST_POLICY
    assert info["message_imprint"].dump() == sent["message_imprint"].dump()
    assert info["nonce"].native == -(2**63)
    assert 0 < token.serial < 2**160
    # TIS-7.7.2-03: at most a second, told finer than that; before and after are within it.
    accuracy = info["accuracy"].native
    assert accuracy == {"seconds": None, "millis": 500, "micros": None}
    slack = datetime.timedelta(milliseconds=1)
    assert before - slack <= info["gen_time"].native <= after + slack
    text = info["gen_time"].contents.decode()
    assert text.endswith("Z") and (len(text) == 15 or (text[14] == "." and text[-2] != "0" and len(text) <= 19))
    assert info["ordering"].native is False and b"\x01\x01\x00" not in info.dump()[-4:]
    # TSA-5: the qualified statement, once, not critical; its OID as ETSI's arc is encoded by hand.
    extension, = info["extensions"]
    assert extension["extn_id"].dotted == "1.3.6.1.5.5.7.1.3" and extension["critical"].native is False
    assert extension["extn_value"].native == bytes.fromhex("300b30090607040081975e0101")


def test_the_signature_names_its_certificate(ask):
    token = Token(ask(request(cert_req=True).dump()))
    signed = token.signed
    assert signed["version"].native == "v3" and len(signed["signer_infos"]) == 1
    unit = next(c.chosen for c in token.certificates if c.chosen.ca is None or not c.chosen.ca)
    signer = signed["signer_infos"][0]
    assert signer["sid"].chosen["serial_number"].native == unit.serial_number
    assert signer["digest_algorithm"]["algorithm"].native == "sha256"
    attributes = token.attributes
    assert set(attributes) == {"content_type", "message_digest", "signing_certificate_v2"}
    assert attributes["content_type"][0].native == "tst_info"
    identifier = attributes["signing_certificate_v2"][0]["certs"][0]
    assert identifier["cert_hash"].native == hashlib.sha256(unit.dump()).digest()
    assert token.info["tsa"].chosen.native == unit.subject.native  # EN 319 422: the subject's name, when it is there
    assert unit.extended_key_usage_value.native == ["time_stamping"]
    assert "TEST" in unit.subject.native["common_name"]


@pytest.mark.parametrize("change, expected", [
    ({"hash_": "sha1"}, "bad_alg"),
    ({"hash_": "md5"}, "bad_alg"),
    ({"version": 2}, "bad_request"),
    ({"req_policy": "0.4.0.2023.1.1"}, "unaccepted_policy"),
    ({"req_policy": "1.3.6.1.4.1.32473.1.3"}, "unaccepted_policy"),
    ({"extensions": [{"extn_id": "1.2.3.4", "critical": False, "extn_value": b"\x05\x00"}]}, "unaccepted_extensions"),
    ({"extensions": [{"extn_id": "1.2.3.4", "critical": True, "extn_value": b"\x05\x00"}]}, "unaccepted_extensions"),
    ({"message_imprint": {"hash_algorithm": {"algorithm": "sha256"}, "hashed_message": b"x" * 20}}, "bad_data_format"),
    ({"message_imprint": {"hash_algorithm": {"algorithm": "sha512"}, "hashed_message": b"x" * 32}}, "bad_data_format"),
], ids=str)
def test_every_refusal_has_its_failure(ask, change, expected):
    status, reason = failure(ask(request(**change).dump()))
    assert (status, reason) == ("rejection", expected)


@pytest.mark.parametrize("body", [b"\x00", b"0\x80", request().dump() + b"\x00", request().dump()[:-1], b"x" * 1024],
                         ids=["byte", "indefinite", "longer", "shorter", "text"])
def test_what_is_no_request_is_bad_data(ask, body):
    assert failure(ask(body)) == ("rejection", "bad_data_format")


def test_openssl_reads_the_refusal(ask, tmp_path):
    (tmp_path / "reply.tsr").write_bytes(ask(request(hash_="sha1").dump()))
    text = run("openssl", "ts", "-reply", "-in", tmp_path / "reply.tsr", "-text").stdout
    assert "Status: Rejected." in text and "unrecognized or unsupported algorithm identifier" in text


def test_pyhanko_takes_it_from_the_qss_api(service, tenant):
    digest = hashlib.sha256(b"a document").hexdigest()
    token = Token(base64.b64decode(tenant.application.get(f"/timestamp/{digest}")["token"]), bare=True)
    assert token.info["nonce"].native is None and len(token.certificates) == 2
    root = x509.Certificate.load(pem.unarmor(open(service.root_file, "rb").read())[2])
    status = asyncio.run(generic_cms.validate_tst_signed_data(
        token.signed, ValidationContext(trust_roots=[root], allow_fetching=False, revocation_mode="soft-fail"),
        expected_tst_imprint=bytes.fromhex(digest)))
    assert status["intact"] and status["valid"] and status["trust_problem_indic"] is None, status


# --- the clock

@pytest.fixture(scope="module")
def tsu(tmp_path_factory):
    with Tsu(tmp_path_factory.mktemp("tsu")) as unit:
        yield unit


@pytest.mark.parametrize("state", [
    {"synchronised": "no"}, {"leap": "alarm"}, {"leap": "under_way"}, {"offset_us": 2_000_000}, {"offset_us": -2_000_000},
    {"uncertainty_us": 500_001}, {"offset_us": 250_001, "uncertainty_us": 250_000}], ids=str)
def test_a_doubtful_clock_gives_no_time(tsu, state):  # TSA-2
    der = request().dump()
    tsu.state()
    Token(tsu.stamp(der))
    tsu.state(**state)
    assert failure(tsu.stamp(der)) == ("rejection", "time_not_available")
    tsu.state()
    Token(tsu.stamp(der))  # by itself


def test_a_clock_whose_state_cannot_be_read_gives_no_time(tsu):
    kept = tsu.clock.rename(tsu.clock.with_suffix(".kept"))
    try:
        assert failure(tsu.stamp(request().dump())) == ("rejection", "time_not_available")
    finally:
        kept.rename(tsu.clock)
    Token(tsu.stamp(request().dump()))


# --- keys

@pytest.mark.parametrize("key_type", ["RSA-3072", "P-384"])
def test_other_keys_are_verified_too(tmp_path, key_type):
    with Tsu(tmp_path, key_type) as unit:
        (tmp_path / "root.pem").write_bytes(pem.armor("CERTIFICATE", unit.ceremony.root_certificate))
        sent = query(tmp_path, b"a document", "sha512", "-cert")
        assert verify(tmp_path, unit.stamp(sent), tmp_path / "root.pem", query=sent)
