"""pkilint in this process: hundreds of certificates in seconds, where a process for each takes a second."""

from pkilint import etsi, finding_filter, loader, report
from pkilint.document import SubstrateDecodingFailedError
from pkilint.etsi.etsi_constants import CertificateType
from pkilint.pkix import certificate, extension, name
from pkilint.validation import ValidationFindingSeverity as Severity

NATURAL = CertificateType.QCP_N_QSCD_EIDAS_FINAL_CERTIFICATE
LEGAL = CertificateType.NCP_LEGAL_PERSON_CERTIFICATE  # pkilint has no type for seals yet


def above_info(finding):
    return finding.severity.value < Severity.INFO.value  # FATAL is 0


class Judge:
    """`kind` is pkilint's type of an end entity under ETSI, or None: RFC 5280 alone."""

    def __init__(self, kind=None):
        if kind:
            self._filters = etsi.create_etsi_finding_filters(kind)
            decoding, validators = etsi.create_decoding_validators(kind), etsi.create_validators(kind)
        else:
            self._filters = []
            decoding = certificate.create_decoding_validators(name.ATTRIBUTE_TYPE_MAPPINGS,
                                                              extension.EXTENSION_MAPPINGS)
            validators = [
                certificate.create_issuer_validator_container([]),
                certificate.create_validity_validator_container(),
                certificate.create_subject_validator_container([]),
                certificate.create_extensions_validator_container([]),
                certificate.create_spki_validator_container([]),
            ]
        self._validator = certificate.create_pkix_certificate_validator_container(decoding, validators)

    def codes(self):
        """Everything that this judge could find above INFO."""
        return {finding.code for finding in report.get_included_validations(self._validator)
                if above_info(finding)}

    def findings(self, der):
        """Codes of what is above INFO."""
        try:
            results = self._validator.validate(loader.load_der_certificate(der, "certificate").root)
        except SubstrateDecodingFailedError:  # of the outline; of an extension it is a finding
            return {"itu.invalid_asn1_syntax"}
        results, _ = finding_filter.filter_results(self._filters, results)
        return {found.finding.code for result in results for found in result.finding_descriptions
                if above_info(found.finding)}
