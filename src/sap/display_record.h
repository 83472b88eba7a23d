// What the phone shows before the signer approves; its hash is part of the challenge. Pure.
#pragma once

#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "crypto/digest.h"

namespace qss::sap {

struct DisplayRecord { // tag "QSS-DISPLAY-v1"; fields in this order; labels as a list
    std::string enterprise;
    std::string pack;
    std::string application;         // name of the API credential
    std::string language;            // BCP 47, "en"
    std::string consent_version;     // of the consent text: "1"
    std::vector<std::string> labels; // one for each digest, or none at all

    // invalid_argument unless every text can be shown as it is: nothing that hides or reorders.
    [[nodiscard]] Status check() const;
    [[nodiscard]] Bytes encode() const;
    [[nodiscard]] Bytes hash() const; // SHA-256(encode()), 32 bytes
    static Result<DisplayRecord> decode(ByteView encoding);
};

}
