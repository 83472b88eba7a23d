#include "service/enrolments.h"

#include "base/canonical.h"
#include "base/encoding.h"
#include "base/limits.h"
#include "base/text.h"
#include "crypto/digest.h"
#include "crypto/keys.h"
#include "store/audit.h"
#include "store/outbox.h"
#include "store/phones.h"
#include "store/users.h"

namespace qss::service {

namespace {

constexpr std::size_t device_name_size = 100;
constexpr std::size_t token_size_limit = 100;
constexpr Milliseconds hour{3'600'000};

// A code of 8 decimal digits, each value as likely as any other (rejection sampling).
std::string make_code(Random& random)
{
    constexpr std::uint32_t values = 100'000'000;
    constexpr std::uint32_t fair = (UINT32_MAX / values) * values;
    static_assert(limits::otp_digits == 8);
    for (;;) {
        std::uint32_t number = 0;
        for (const auto byte : random.bytes(4))
            number = (number << 8) | byte;
        if (number >= fair)
            continue;
        auto digits = std::to_string(number % values);
        return std::string(8 - digits.size(), '0') + digits;
    }
}

Bytes code_mac(const Secret& key, std::string_view channel, const EnrolmentId& id, std::string_view code)
{
    CanonicalWriter text("QSS-CODE-v1");
    text.text(channel).bytes(id.bytes()).text(code);
    return crypto::hmac_sha256(key.reveal(), text.encoded());
}

std::string enrolment_object(const EnrolmentId& id)
{
    return "enrolment:" + id.text();
}

store::OutboxMessage email_message(const store::User& user, const std::string& code)
{
    return {0,
            store::MessageKind::email,
            user.email,
            "Your code to register this phone",
            "Type this code on the phone that you are registering. If you are not, do nothing.\n\ncode: " +
                code,
            0};
}

store::OutboxMessage sms_message(const store::User& user, const std::string& code)
{
    return {0,
            store::MessageKind::sms,
            user.mobile,
            "",
            "Code for the phone that you are registering.\n\ncode: " + code,
            0};
}

}

Bytes registration_token_mac(const Secret& code_key, std::string_view token)
{
    CanonicalWriter text("QSS-REGISTRATION-TOKEN-v1");
    text.text(token);
    return crypto::hmac_sha256(code_key.reveal(), text.encoded());
}

Enrolments::Enrolments(const Parts& parts)
    : m_store(parts.store), m_sam(parts.sam), m_code_key(parts.code_key.clone()),
      m_outbox_filled(parts.outbox_filled), m_clock(parts.clock), m_random(parts.random),
      m_code_life(parts.code_life)
{
}

Result<EnrolmentBegun> Enrolments::begin(std::string_view registration_token, std::string device_name,
                                         ByteView device_spki)
{
    if (registration_token.size() > token_size_limit)
        return fail(ErrorCode::not_found, "no such registration token");
    if (device_name.empty())
        return fail(ErrorCode::invalid_argument, "device name is empty");
    TRY(check_shown_text(device_name, "device name", device_name_size));
    TRY_ASSIGN(key, crypto::PublicKey::from_spki(device_spki));
    if (key.type() != crypto::KeyType::p256)
        return fail(ErrorCode::invalid_argument, "device key: P-256 alone");

    const auto now = m_clock.now();
    const auto id = EnrolmentId::generate(m_random);
    const auto email_code = make_code(m_random);
    const auto sms_code = make_code(m_random);
    store::Enrolment enrolment{.id = id,
                               .user_id = UserId(detail::IdBytes{}),
                               .device_name = std::move(device_name),
                               .device_spki = to_bytes(device_spki),
                               .email_code_mac = code_mac(m_code_key, "email", id, email_code),
                               .sms_code_mac = code_mac(m_code_key, "sms", id, sms_code),
                               .tries_left = limits::otp_tries,
                               .expires_at = now + m_code_life,
                               .status = store::EnrolmentStatus::codes_sent,
                               .binding_challenge = {},
                               .created_at = now};
    const auto stored = m_store.write([&](sqlite::Database& db) -> Status {
        const auto mac = registration_token_mac(m_code_key, registration_token);
        TRY_ASSIGN(user, store::UserTable(db).by_registration_token(mac, now));
        if (!user)
            return fail(ErrorCode::not_found, "no such registration token");
        store::Phones phones(db);
        TRY_ASSIGN(recent, phones.enrolments_since(user->id, now - hour));
        if (recent >= per_user_and_hour)
            return fail(ErrorCode::rate_limited, "too many enrolments of this user within an hour");
        enrolment.user_id = user->id;
        TRY(phones.add(enrolment));
        store::Outbox outbox(db);
        TRY(outbox.add(email_message(*user, email_code), now));
        TRY(outbox.add(sms_message(*user, sms_code), now));
        return store::Audit(db).append(
            {now, "user:" + user->id.text(), "enrolment.begun", enrolment_object(id), ""});
    });
    TRY(stored);
    m_outbox_filled();
    return EnrolmentBegun{id, enrolment.expires_at};
}

Result<CodesOutcome> Enrolments::enter_codes(const EnrolmentId& id, std::string_view email_code,
                                             std::string_view sms_code)
{
    const auto now = m_clock.now();
    // The try is taken, durably, before anything is compared: no race gives more of them.
    TRY_ASSIGN(enrolment, m_store.write([&](sqlite::Database& db) -> Result<store::Enrolment> {
        store::Phones phones(db);
        TRY_ASSIGN(taken, phones.take_try(id, now));
        TRY_ASSIGN(known, phones.enrolment(id));
        if (!known)
            return fail(ErrorCode::not_found, "no such enrolment");
        if (!taken)
            return fail(ErrorCode::gone, "the enrolment has ended: begin again");
        return std::move(*known);
    }));
    // Both are always compared, and only together do they count.
    const bool email_right =
        equal_constant_time(enrolment.email_code_mac, code_mac(m_code_key, "email", id, email_code));
    const bool sms_right =
        equal_constant_time(enrolment.sms_code_mac, code_mac(m_code_key, "sms", id, sms_code));
    if (!(static_cast<unsigned>(email_right) & static_cast<unsigned>(sms_right)))
        return CodesOutcome{std::nullopt, enrolment.tries_left};

    TRY_ASSIGN(user, m_store.read([&](sqlite::Database& db) {
        return store::UserTable(db).by_id(enrolment.user_id);
    }));
    if (!user || user->status != store::UserStatus::approved)
        return fail(ErrorCode::gone, "the user has been removed");
    TRY_ASSIGN(begun, m_sam.begin_binding(user->signer_id));
    const auto stored = m_store.write([&](sqlite::Database& db) -> Status {
        TRY(store::Phones(db).codes_right(id, begun.challenge, begun.expires_at));
        return store::Audit(db).append(
            {m_clock.now(), "user:" + user->id.text(), "enrolment.codes_right", enrolment_object(id), ""});
    });
    TRY(stored);
    TRY_ASSIGN(bound, m_store.read(
                          [&](sqlite::Database& db) { return store::Phones(db).authenticators(user->id); }));
    std::vector<Bytes> exclude;
    for (auto& authenticator : bound)
        exclude.push_back(std::move(authenticator.credential_id));
    return CodesOutcome{EnrolmentChallenge{user->signer_id, std::move(begun.challenge), begun.expires_at,
                                           begun.approval_needed, *user, std::move(exclude)},
                        enrolment.tries_left};
}

Result<EnrolmentDone> Enrolments::complete(const EnrolmentId& id, ByteView client_data_json,
                                           ByteView attestation_object, const BindingConsent& consent)
{
    TRY_ASSIGN(enrolment,
               m_store.read([&](sqlite::Database& db) { return store::Phones(db).enrolment(id); }));
    if (!enrolment)
        return fail(ErrorCode::not_found, "no such enrolment");
    if (enrolment->status == store::EnrolmentStatus::completed)
        return fail(ErrorCode::gone, "the enrolment is completed");
    if (enrolment->status != store::EnrolmentStatus::codes_right)
        return fail(ErrorCode::conflict, "the codes come first");
    TRY_ASSIGN(user, m_store.read([&](sqlite::Database& db) {
        return store::UserTable(db).by_id(enrolment->user_id);
    }));
    if (!user || user->status != store::UserStatus::approved)
        return fail(ErrorCode::gone, "the user has been removed");

    // A phone that repeats this after we, or the SAM, crashed in the middle gets the binding that was made
    // then, however late: the SAM forgets challenges, not bindings. Otherwise nobody would know the
    // authenticator that has to approve the next one.
    auto bound = m_sam.bind(user->signer_id, enrolment->binding_challenge, attestation_object,
                            client_data_json, consent);
    const auto now = m_clock.now();
    if (!bound && !is_outcome_unknown(bound.error().code) && enrolment->expires_at <= now)
        return fail(ErrorCode::gone, "the enrolment has expired: begin again");
    TRY_ASSIGN(binding, std::move(bound));
    const store::Device device{DeviceId::generate(m_random), user->id,
                               enrolment->device_name,       enrolment->device_spki,
                               store::DeviceStatus::active,  now};
    const store::Authenticator authenticator{
        binding.authenticator_id, user->id,           device.id, binding.credential_id,
        binding.public_key_spki,  binding.link_record};
    const auto stored = m_store.write([&](sqlite::Database& db) -> Status {
        // The removal of the user may have come between.
        TRY_ASSIGN(owner, store::UserTable(db).by_id(user->id));
        if (!owner || owner->status != store::UserStatus::approved)
            return fail(ErrorCode::gone, "the user has been removed");
        store::Phones phones(db);
        TRY_ASSIGN(mine, phones.complete(id));
        if (!mine)
            return fail(ErrorCode::gone, "the enrolment is completed");
        TRY(phones.add(device));
        TRY(phones.add(authenticator));
        return store::Audit(db).append({now, "user:" + user->id.text(), "authenticator.bound",
                                        "authenticator:" + authenticator.id.text(),
                                        "device:" + device.id.text()});
    });
    TRY(stored);
    return EnrolmentDone{device.id, authenticator.id, binding.credential_id};
}

}
