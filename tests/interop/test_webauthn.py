"""libfido2 and @simplewebauthn/server judge the messages of tests/vectors/webauthn.json, over which the C++
unit tests (tests/unit/webauthn/vectors_test.cpp) say what this project does. What we accept, both accept;
what is wrong for WebAuthn itself, both refuse; only where this project is stricter may they differ.

    python3 -m pytest tests/interop/test_webauthn.py
"""

import base64
import ctypes
import ctypes.util
import hashlib
import json
import pathlib
import shutil
import subprocess

import pytest

HERE = pathlib.Path(__file__).parent
VECTORS = json.loads((HERE.parent / "vectors" / "webauthn.json").read_text(encoding="utf-8"))
ASSERTIONS, REGISTRATIONS = VECTORS["assertions"], VECTORS["registrations"]
ES256, TRUE = -7, 2


def unhex(case, *members):
    return [bytes.fromhex(case[member]) for member in members]


def b64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


# --- libfido2 ------------------------------------------------------------------------------------------


def load_libfido2():
    found = ctypes.util.find_library("fido2")
    if found is None:
        pytest.fail("libfido2 is not installed (./dev setup)")
    library = ctypes.CDLL(found)
    for name in ("fido_assert_new", "fido_cred_new", "es256_pk_new"):
        getattr(library, name).restype = ctypes.c_void_p
    library.fido_init(0)
    return library


def relying_party_steps(client_data, kind, challenge, origin):
    """What WebAuthn 7.1 and 7.2 leave to the caller of libfido2: it sees the hash of the client data only."""
    try:
        data = json.loads(client_data)
    except ValueError:
        return False
    return (data.get("type"), data.get("challenge"), data.get("origin")) == (kind, b64url(challenge), origin)


def fido2_accepts_assertion(library, case):
    auth, client_data, signature = unhex(case, "authenticator_data", "client_data_json", "signature")
    challenge = bytes.fromhex(ASSERTIONS["challenge"])
    if not relying_party_steps(client_data, "webauthn.get", challenge, ASSERTIONS["origin"]):
        return False
    client_hash = hashlib.sha256(client_data).digest()
    point = bytes.fromhex(ASSERTIONS["public_key_spki"])[-64:]
    key, statement = ctypes.c_void_p(library.es256_pk_new()), ctypes.c_void_p(library.fido_assert_new())
    size = ctypes.c_size_t
    try:
        calls = (
            lambda: library.es256_pk_from_ptr(key, point, size(64)),
            lambda: library.fido_assert_set_clientdata_hash(statement, client_hash, size(32)),
            lambda: library.fido_assert_set_rp(statement, ASSERTIONS["rp_id"].encode()),
            lambda: library.fido_assert_set_count(statement, size(1)),
            lambda: library.fido_assert_set_up(statement, TRUE),
            lambda: library.fido_assert_set_uv(statement, TRUE),
            lambda: library.fido_assert_set_authdata_raw(statement, size(0), auth, size(len(auth))),
            lambda: library.fido_assert_set_sig(statement, size(0), signature, size(len(signature))),
            lambda: library.fido_assert_verify(statement, size(0), ES256, key),
        )
        return all(call() == 0 for call in calls)
    finally:
        library.fido_assert_free(ctypes.byref(statement))
        library.es256_pk_free(ctypes.byref(key))


@pytest.fixture(scope="module")
def libfido2():
    return load_libfido2()




# libfido2 1.12 does not look behind the 37 bytes of an assertion's authenticator data.
LIBFIDO2_ALLOWS = {"bytes left over"}


@pytest.mark.parametrize("case", ASSERTIONS["cases"], ids=lambda case: case["name"])
def test_libfido2_judges_assertions(libfido2, case):
    accepted = fido2_accepts_assertion(libfido2, case)
    if case["accept"]:
        assert accepted
    elif not case["others"] and case["name"] not in LIBFIDO2_ALLOWS:
        assert not accepted


# --- @simplewebauthn/server ----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def simplewebauthn():
    """Verdicts by (group, name); the packages are those of package-lock.json."""
    if shutil.which("npm") is None:
        pytest.fail("npm is not installed (./dev setup)")
    if not (HERE / "node_modules" / "@simplewebauthn").exists():
        subprocess.run(["npm", "ci", "--no-audit", "--no-fund"], cwd=HERE, check=True, timeout=300,
                       stdout=subprocess.DEVNULL)
    node = HERE / "node_modules" / ".bin" / "node"
    answer = subprocess.run([node if node.exists() else "node", "simplewebauthn.mjs"], cwd=HERE, check=True,
                            timeout=120, capture_output=True, text=True)
    return json.loads(answer.stdout)


# Its own leniency (BER signatures) and its own rule (a root in x5c is a duplicate of the one trusted).
SIMPLEWEBAUTHN_ALLOWS = {"signature not DER"}
SIMPLEWEBAUTHN_REFUSES = {"chain with the root in it"}


@pytest.mark.parametrize("case", ASSERTIONS["cases"], ids=lambda case: case["name"])
def test_simplewebauthn_judges_assertions(simplewebauthn, case):
    verdict = simplewebauthn["assertions"][case["name"]]
    if case["accept"]:
        assert verdict == "accepted"
    elif not case["others"] and case["name"] not in SIMPLEWEBAUTHN_ALLOWS:
        assert verdict != "accepted"


@pytest.mark.parametrize("case", [c for c in REGISTRATIONS["cases"] if (c["accept"] or c["sandbox"])
                                  and c["name"] not in SIMPLEWEBAUTHN_REFUSES],
                         ids=lambda case: case["name"])
def test_simplewebauthn_accepts_our_registrations(simplewebauthn, case):
    assert simplewebauthn["registrations"][case["name"]] == "accepted"


@pytest.mark.parametrize("name", ["user not verified", "user not present", "another relying party", "another origin",
                                  "of type get", "another challenge", "signature over other client data",
                                  "root of a stranger with the same name", "expired certificate",
                                  "AAGUID of another model", "chain, but signed by the credential"])
def test_simplewebauthn_refuses_what_we_refuse(simplewebauthn, name):
    assert simplewebauthn["registrations"][name] != "accepted"
