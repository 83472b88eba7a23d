// The invitation: the private part of a registration statement's enrolment key, which the officer hands to
// the employee past qss-api. The SAM binds a signer's first authenticator only on this key's signature, so
// that whoever makes the one-time codes cannot enrol in the signer's place
// (docs/decisions/011-enrolment-key.md). One thread.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "base/secret.h"
#include "crypto/keys.h"
#include "statements/registration.h"

namespace qss::cli {

// base64url without padding of d || x || y, 32 bytes each: 128 characters, which a browser can import as
// a JWK without arithmetic. `enrolment_key` is on P-256.
Secret make_invitation(const crypto::PrivateKey& enrolment_key);
// malformed when it is not one whole: the point must be the scalar's.
Result<crypto::PrivateKey> read_invitation(std::string_view invitation);

// What a file says: its line "invitation: …", as an officer's letter has one, or else all of it.
Result<std::string> invitation_in(const std::string& file);

// A letter to the employee: a file of the form that delivery/file_sink.h has, 0600, named
// invitation-<address>-<statement id>.txt. It has ".part" at its end until the statement is accepted.
class InvitationLetter {
public:
    // `app_url`: where to register the phone, for people; may be empty. Durable when it returns.
    static Result<InvitationLetter> write(const std::filesystem::path& directory,
                                          const statements::RegistrationStatement& statement,
                                          const Secret& invitation, const std::string& app_url);

    // One that `write` made before: `path` is its name once it is handed over.
    explicit InvitationLetter(std::filesystem::path path);

    // The statement was accepted. Nothing happens when it is handed over already.
    [[nodiscard]] Status hand_over() const;
    void discard() const; // it was refused: this opens nothing
    [[nodiscard]] const std::filesystem::path& path() const { return m_path; }
    [[nodiscard]] const std::filesystem::path& unfinished_path() const { return m_unfinished; }

private:
    std::filesystem::path m_path;
    std::filesystem::path m_unfinished;
};

}
