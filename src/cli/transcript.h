// The transcript of a ceremony: one JSON object a line, in the order of what happened. Its bytes are what is
// signed, so that openssl alone can check them: see docs/operating.md. One thread.
#pragma once

#include <string>
#include <string_view>

#include <boost/json/object.hpp>

#include "base/clock.h"
#include "base/result.h"
#include "crypto/keys.h"
#include "pki/certificate.h"

namespace qss::cli {

class Transcript {
public:
    explicit Transcript(const Clock& clock) : m_clock(clock) {}

    // Adds the time.
    void add(std::string_view what, boost::json::object details);
    void add_key(std::string_view whose, ByteView spki);
    void add_certificate(std::string_view whose, const pki::Certificate& certificate);
    [[nodiscard]] const std::string& text() const { return m_text; }

private:
    const Clock& m_clock;
    std::string m_text;
};

// DER of ECDSA over SHA-256 of the file, as `openssl dgst -sha256 -verify` takes it.
Result<Bytes> sign_transcript(std::string_view transcript, const crypto::PrivateKey& key);

}
