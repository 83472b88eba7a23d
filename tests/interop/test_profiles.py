"""Certificates of every profile, from the builder alone, judged by pkilint; and with a fault each, where pkilint must
find what our lint finds. Texts of every profile, as OpenSSL prints them, are in tests/snapshots/profiles: a change
of a profile shows in review. QSS_UPDATE_SNAPSHOTS=1 writes them anew.
"""

import fnmatch
import os
import subprocess
from collections import namedtuple
from pathlib import Path

import pytest

from pkilint_judge import LEGAL, NATURAL, Judge
from service import binaries

SNAPSHOTS = Path(__file__).resolve().parents[1] / "snapshots" / "profiles"
Row = namedtuple("Row", "kind name profile findings der")

# pkilint does not know the validity-assured certificate of EN 319 412-1 5.2, which has neither (EN 319 412-2
# GEN-4.3.11-2A, GEN-4.4.1-8A). TSU and OCSP responder are no ETSI end-entity type: as RFC 5280 alone they are clean.
WITHOUT_STATUS = {"etsi.en_319_412_2.gen-4.3.11-2.crldp_extension_missing",
                  "etsi.en_319_412_2.gen-4.4.1-8.ocsp_aia_access_method_absent"}
FALSE_POSITIVES = {"natural_person_assured": WITHOUT_STATUS, "legal_person_assured": WITHOUT_STATUS}

# Where our lint is stricter, or names another rule, than pkilint.
NOT_PKILINTS = {
    "person-pseudonym-and-given-name": "pkilint asks only about all three; the clause has given name or surname",
    "person-pseudonym-and-surname": "as above",
    "person-empty": "pkilint asks issuers alone for a name that is not empty",
    "person-number-EI:LV": "national schemes need nameRegistrationAuthorities, which no profile has",
    "company-number-national": "as above",
    "company-number-PSD-without-authority": "pkilint asks of PSD2 certificates of web sites alone",
    "natural_person_esign-without-2.5.29.31": "either list or responder is enough; the profile has both",
    "access-no-responder": "as above",
    "access-responder-by-ftp": "as above",
    "sam_evidence-criticality-2.5.29.37": "a rule of ETSI's profiles, which this one is not",
    "legal_person_eseal-usage-c": "pkilint has no type for seals",
    "legal_person_eseal-usage-b": "as above",
    "legal_person_eseal-statement-signature": "as above",
    "path-length-of-a-leaf": "pkilint calls the same invalid ASN.1",
    "natural_person_esign-statement-language-capital": "pkilint takes ISO 639-1 in capitals; the clause does not",
    "assured-as-boolean": "pkilint does not know the extension",
}

# What no certificate of ours can do: pkilint's code, and what refuses it.
LISTED = "a statement or an extension that no profile has: qss.qc_statements, qss.extensions"
UNTIL_THE_LINT = "refused before the lint: LintTest.SomeFaultsAreRefusedBeforeTheLint"
QUALIFIED = "policies have no qualifiers: pkix.certificate_policies_policy_has_qualifier"
ALGORITHM = "keys are RSA, P-256 or P-384: Certificate::from_der"
USAGE = "qss.key_usage: exactly the profile's bits"
CANNOT_APPLY = {
    "base.unhandled_exception": "about pkilint itself",
    "etsi.en_319_412_1.*5.1.[34]-0[356].national_*": "national schemes are refused: invalid_identifier_scheme",
    "etsi.en_319_412_1.nat-5.1.3.national_*": "as above",
    "etsi.en_319_412_1.leg-5.1.6-03.*": "the semantics of eIDAS are claimed by no profile: qss.qc_statements",
    "etsi.nat_5.1.5-03.*": "as above",
    "etsi.en_319_412_2.authority_key_identifier_extension_absent": "pkix.authority_key_identifier_extension_absent",
    "etsi.en_319_412_2.gen-4.2.5-1.*": ALGORITHM,
    "etsi.en_319_412_5.gen-4.2.4.*": "no QcCClegislation at all: qc_cc_legislation_qualified_statement_present",
    "etsi.en_319_412_5.gen-4.3.[23].*": LISTED,
    "etsi.internal_ip_address": "qualified certificates have no alternative names; URIs: etsi.internal_domain_name",
    "etsi.ts_119_495.*": LISTED,
    "pkix.aki_absent_self_issued_*": ALGORITHM,
    "pkix.both_encipheronly_and_decipheronly_ku_set": USAGE,
    "pkix.key_usage_value_*": USAGE,
    "pkix.no_ku_bits_set": UNTIL_THE_LINT,
    "pkix.certificate_crldp_extension_critical": "gen-4.3.11-5.crl_extension_is_critical",
    "pkix.issuer_alt_name_extension_critical": "gen-4.3.6-1.ian_extension_is_critical",
    "pkix.san_extension_*": "gen-4.3.5-1.san_extension_is_critical; no subject is empty: pkix.name_empty",
    "pkix.*name_constraint*": "412_2.name_constraints_extension_present, qss.extensions",
    "pkix.certificate_negative_validity_period": UNTIL_THE_LINT,
    "pkix.certificate_version_is_not_v3": UNTIL_THE_LINT,
    "pkix.distribution_point_does_not_contain_name_or_issuer": UNTIL_THE_LINT,
    "pkix.invalid_time_syntax": UNTIL_THE_LINT,
    "pkix.validity_period_end_value_missing": UNTIL_THE_LINT,
    "ts_119_312.*": UNTIL_THE_LINT,
    "pkix.certificate_policies_*": QUALIFIED,
    "pkix.rfc*_certificate_policies_*": QUALIFIED,
    "pkix.end_entity_*": "the same of 412_2: *_extension_present",
    "pkix.ct_*": LISTED,
    "pkix.sct_*": LISTED,
    "pkix.s*_extension_critical": LISTED,
    "pkix.hash_*": ALGORITHM,
    "pkix.public_key_*": ALGORITHM,
    "pkix.smtp*": "servers have host names and addresses: qss.alt_names",
    "pkix.invalid_email_address_syntax": "as above",
    "pkix.rfc822name_*": "as above",
    "pkix.uri_domain_name_too_long": "pkix.invalid_uri_syntax",
    "pkix.ldap_uri_not_validated": "places are http: qss.locations",
    "pkix.name_domain_components_*": "no subject has domain components: qss.subject",
}


@pytest.fixture(scope="module")
def rows(tmp_path_factory):
    program = binaries() / "test-certificates"
    assert program.exists(), "build first: cmake --build build/release --target test-certificates"
    directory = tmp_path_factory.mktemp("certificates")
    subprocess.run([program, directory], check=True, timeout=120)
    found = []
    for line in (directory / "index.tsv").read_text().splitlines():
        kind, name, profile, findings = line.split("\t")
        der = b"" if kind == "rule" else (directory / f"{name}.der").read_bytes()
        found.append(Row(kind, name, profile, set(findings.split()), der))
    return found


def of(rows, kind):
    chosen = [row for row in rows if row.kind == kind]
    assert chosen
    return chosen


@pytest.fixture(scope="module")
def judge():
    judges = {"natural": Judge(NATURAL), "legal": Judge(LEGAL)}
    general = Judge()
    return lambda row: judges.get(row.profile.split("_")[0], general).findings(row.der)


def test_every_profile_with_every_algorithm_and_subject_is_clean(rows, judge):
    good = of(rows, "good")
    assert len(good) >= 400 and {row.profile for row in good} == {path.stem for path in SNAPSHOTS.glob("*.txt")}
    wrong = {(row.name, row.profile): found for row in good
             if (found := judge(row)) != FALSE_POSITIVES.get(row.profile, set())}
    assert not wrong


def test_pkilint_finds_what_our_lint_finds(rows, judge):
    missed = {row.name for row in of(rows, "broken")
              if not {code for code in row.findings if not code.startswith("qss.")} <= judge(row)}
    assert missed == set(NOT_PKILINTS)


def test_what_our_lint_lets_pass_is_clean(rows, judge):
    passed = [row for row in of(rows, "broken") if not row.findings]
    assert len(passed) >= 8
    assert not {row.name: found for row in passed if (found := judge(row))}


def test_every_finding_of_pkilint_is_a_rule_of_ours_or_cannot_be(rows):
    ours = {row.name for row in of(rows, "rule")}
    theirs = Judge(NATURAL).codes() | Judge(LEGAL).codes() | Judge().codes()
    assert len(theirs) > 150
    unmatched = {code for code in theirs - ours
                 if not any(fnmatch.fnmatch(code, pattern) for pattern in CANNOT_APPLY)}
    assert not unmatched
    idle = {pattern for pattern in CANNOT_APPLY if not fnmatch.filter(theirs - ours, pattern)}
    assert not idle


def text_of(der):
    """As OpenSSL prints it, with the ASN.1 of what it does not know; all but the signature."""
    return subprocess.run(
        ["openssl", "x509", "-inform", "DER", "-noout", "-text", "-certopt", "no_sigdump,ext_parse", "-nameopt",
         "utf8,sep_multiline,lname,show_type"], input=der, capture_output=True, check=True, timeout=30).stdout.decode()


def test_profiles_are_those_of_the_snapshots(rows):
    fixed = {row.profile: text_of(row.der) for row in of(rows, "fixed")}
    if os.environ.get("QSS_UPDATE_SNAPSHOTS"):
        for profile, text in fixed.items():
            (SNAPSHOTS / f"{profile}.txt").write_text(text)
    pinned = {path.stem: path.read_text() for path in SNAPSHOTS.glob("*.txt")}
    assert fixed == pinned


# EN 319 412-5 and EN 319 412-1, as bytes that other people's decoders agree on; a project once shipped the wrong arc.
OIDS = {
    "natural_person_esign": ["060604008e460101", "060604008e460104", "060604008e460105", "060604008e460106",
                             "060704008bec400102", "060704008bec490101", "06082b06010505070b02"],
    "legal_person_eseal": ["060704008bec400103", "060704008bec490102", "060704008e46010602", "0603550461"],
    "natural_person_assured": ["060704008bec490201", "0603551d38"],
    "ocsp_responder": ["06092b0601050507300105"],
}


@pytest.mark.parametrize("profile", OIDS)
def test_identifiers_are_the_published_bytes(rows, profile):
    der = next(row.der for row in of(rows, "fixed") if row.profile == profile)
    assert not [oid for oid in OIDS[profile] if bytes.fromhex(oid) not in der]
