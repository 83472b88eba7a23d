// What the SAM knows, as values that live in sealed rows (EN 419 241-2: R.Signer,
// R.Reference_Signer_Authentication_Data, R.Signing_Key_Id; KEY-5). Each comes from a row and goes back
// into one; the row it came from stays with it, so that an update is conditional on it. Pure.
#pragma once

#include <string>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "base/result.h"
#include "base/validity.h"
#include "crypto/algorithms.h"
#include "sam/row.h"
#include "sap/challenge.h"
#include "statements/registration.h"

namespace qss::sam {

struct SignerRecord {
    enum State : std::int64_t { live = 0, destroyed = 1 };

    SignerId id;
    EnterpriseId enterprise_id;
    std::uint64_t sequence = 0;
    Bytes statement{};                // SignedStatement transport, the current one
    Bytes statement_hash{};           // 32 bytes
    bool may_bind_first = false;    // the statement's enrolment key has not bound a first authenticator
    TimePoint last_removal{};         // when the last authenticator was removed; epoch: never
    State state = live;
    Row row{};

    static Result<SignerRecord> from_row(Row row);
    [[nodiscard]] Row to_row() const;
    [[nodiscard]] Result<statements::RegistrationStatement> registration() const; // what `statement` says
};

struct AuthenticatorRecord { // owner: the signer; lookup: SHA-256 of the credential id, for ever
    enum State : std::int64_t { live = 0, removed = 1 };

    AuthenticatorId id;
    SignerId signer_id;
    Bytes credential_id{};
    Bytes public_key_spki{};
    std::uint64_t sign_count = 0;
    std::uint64_t failures = 0;     // wrong assertions in a row
    Bytes link_record{};              // SignedStatement transport
    Bytes statement{};                // the registration statement that the link record names
    State state = live;
    Row row{};

    [[nodiscard]] bool is_locked() const;
    static Bytes lookup(ByteView credential_id);
    static Result<AuthenticatorRecord> from_row(Row row);
    [[nodiscard]] Row to_row() const;
};

struct KeyRecord { // owner: the signer; lookup: signer and pack, while it lives
    enum State : std::int64_t { made = 0, linked = 1, revoked = 2 };

    KeyId id;
    SignerId signer_id;
    PackId pack_id;
    crypto::KeyType type = crypto::KeyType::p256;
    Bytes spki{};
    Bytes blob{};                     // wrapped; empty when revoked
    Bytes certificate{};              // DER; empty until linked, as the next two
    Bytes certificate_sha256{};
    Bytes issuer{};                   // of the certificate: SHA-256 of its SPKI; empty until linked
    Validity certificate_validity{}; // kept apart: parsing X.509 for each signature costs as much as signing
    Bytes receipt{}; // SignedStatement transport, when revoked
    TimePoint counted_at{}; // when it was revoked, if that counts against qss-api's rate; the row's `due`
    State state = made;
    Row row{};

    static Bytes lookup(const SignerId& signer, const PackId& pack);
    static Result<KeyRecord> from_row(Row row);
    [[nodiscard]] Row to_row() const;
};

struct SessionRecord { // owner: the signer; due: the expiry
    enum State : std::int64_t { open = 0, used = 1, finished = 2, cancelled = 3, expired = 4 };

    sap::ChallengeInput input;
    Bytes display_record{}; // encoded
    TimePoint used_at{}; // epoch: not used
    Bytes evidence{}; // signed; empty: refused, or not finished
    ErrorCode refusal = ErrorCode::internal;
    std::string refusal_detail{};
    State state = open;
    Row row{};

    static Result<SessionRecord> from_row(Row row);
    [[nodiscard]] Row to_row() const;
};

}
