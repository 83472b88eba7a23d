"""The table of arrows: what each folder of src/ may include besides itself, base and crypto.

docs/architecture.md shows it; src/CMakeLists.txt links it; test_structure.py holds all three together.
"""

EVERYONE = {"base", "crypto"}

ARROWS = {
    "base": set(),
    "crypto": set(),
    "statements": set(),
    "webauthn": set(),
    "pki": set(),
    "sap": {"statements", "webauthn", "pki"},
    "keystore": set(),
    "sqlite": set(),
    "wire": set(),
    "http": set(),
    "config": set(),
    "role": {"statements", "wire"},
    "sam": {"role", "statements", "sap", "webauthn", "pki", "keystore", "wire", "sqlite"},
    "ca": {"role", "statements", "pki", "keystore", "wire", "sqlite"},
    "ocsp": {"role", "pki", "keystore", "wire", "sqlite"},
    "tsa": {"role", "pki", "keystore", "wire", "sqlite"},
    "store": {"sqlite"},
    "delivery": {"store"},
    "service": {"store", "delivery", "wire", "statements", "sap", "webauthn", "pki"},
    "api": {"http", "service", "config"},
    "client": {"pki", "sap", "statements"},
    "cli": {"client", "wire", "sap", "statements", "webauthn", "pki", "config"},
}

# Only main.cpp wires parts together, so it alone may reach further.
MAIN_ARROWS = {
    "api": {"store", "delivery", "wire", "config"},
}
