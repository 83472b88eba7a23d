#include "sam/checkpoint.h"

#include "base/canonical.h"
#include "statements/signed.h"

namespace qss::sam {

namespace {

constexpr std::string_view tag = "QSS-SAM-CHECKPOINT-v1";

}

Bytes Checkpoint::encode() const
{
    return CanonicalWriter(tag).u64(next_event).bytes(chain_hash).take();
}

Result<Checkpoint> Checkpoint::decode(ByteView encoding)
{
    TRY_ASSIGN(reader, CanonicalReader::open(encoding, tag));
    TRY_ASSIGN(next_event, reader.u64());
    TRY_ASSIGN(chain_hash, reader.bytes_exactly(32));
    TRY(reader.finish());
    return Checkpoint{next_event, to_bytes(chain_hash)};
}

Result<Bytes> make_checkpoint(Environment& environment)
{
    const auto head = environment.record.head();
    const Checkpoint checkpoint{head.next_event, head.chain_hash};
    TRY_ASSIGN(evidence_key, environment.vault.evidence_key(*environment.config.get()));
    TRY_ASSIGN(signed_checkpoint, statements::sign_statement(checkpoint.encode(), *evidence_key));
    return signed_checkpoint.encode();
}

Result<Checkpoint> verify_checkpoint(ByteView transport, const Config& config)
{
    TRY_ASSIGN(signed_checkpoint, statements::SignedStatement::decode(transport));
    TRY_ASSIGN(key, crypto::PublicKey::from_spki(config.evidence_spki));
    auto verified = signed_checkpoint.verify(key);
    for (const auto& der : config.former_evidence_certificates) {
        TRY_ASSIGN(former, pki::Certificate::from_der(der));
        if (!verified)
            verified = signed_checkpoint.verify(former.public_key());
    }
    TRY(verified);
    return Checkpoint::decode(signed_checkpoint.encoding);
}

Result<bool> suspend_unless_consistent(Transaction& transaction, const Head& head, const Checkpoint& shown)
{
    TRY_ASSIGN(consistent, transaction.chain_leads({shown.next_event, shown.chain_hash}, head));
    if (consistent)
        return false;
    TRY_ASSIGN(row, transaction.find(Kind::config, Config::row_id()));
    if (!row)
        return fail(ErrorCode::tampered, "the configuration is missing");
    row->state = Config::suspended;
    transaction.event("suspended", Config::row_id(), shown.encode());
    TRY(transaction.update(std::move(*row)));
    return true;
}

}
