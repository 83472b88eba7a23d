// Whether a certificate may be linked to a signer's key (KEY-6; KEY-5: the certificate's subject is the
// verified person). Pure.
#pragma once

#include "pki/certificate.h"
#include "sam/config.h"
#include "sam/records.h"

namespace qss::sam {

// KeyRecord::issuer of what check_link takes.
Result<Bytes> issuer_key_of(const pki::Certificate& certificate, const Config& config);

// By the pinned issuing CA, valid now, for this key, with the subject of the signer's current statement.
Status check_link(const pki::Certificate& certificate, const KeyRecord& key, const SignerRecord& signer,
                  const Config& config, TimePoint now);
// Another certificate for the same key replaces only an earlier one.
Status check_later(const pki::Certificate& certificate, ByteView linked_der);

}
