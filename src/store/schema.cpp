#include "store/schema.h"

#include <array>

namespace qss::store {

namespace {

// Types map to PostgreSQL one to one: BLOB bytea, INTEGER bigint. Times are Unix milliseconds; statuses
// and kinds are texts, so that a person with a shell can read them.
constexpr std::string_view version_1 = R"sql(
CREATE TABLE provider(
  id BLOB PRIMARY KEY, name TEXT NOT NULL, created_at INTEGER NOT NULL);
INSERT INTO provider VALUES(x'00000000000000000000000000000001', 'default', 0);

CREATE TABLE enterprise(
  id BLOB PRIMARY KEY, provider_id BLOB NOT NULL REFERENCES provider(id),
  name TEXT NOT NULL, country TEXT NOT NULL, created_at INTEGER NOT NULL);

CREATE TABLE pack(
  id BLOB PRIMARY KEY, enterprise_id BLOB NOT NULL REFERENCES enterprise(id),
  name TEXT NOT NULL, kind TEXT NOT NULL, key_type TEXT NOT NULL,
  signature_quota INTEGER NOT NULL, timestamp_quota INTEGER NOT NULL, user_quota INTEGER NOT NULL,
  session_lifetime_ms INTEGER NOT NULL,
  logins_per_minute INTEGER NOT NULL, valid_until INTEGER NOT NULL, created_at INTEGER NOT NULL);
CREATE INDEX pack_enterprise ON pack(enterprise_id);

CREATE TABLE credential(
  id BLOB PRIMARY KEY, pack_id BLOB NOT NULL REFERENCES pack(id), name TEXT NOT NULL,
  api_key TEXT NOT NULL UNIQUE, secret_salt BLOB NOT NULL, secret_mac BLOB NOT NULL,
  standing TEXT NOT NULL, created_at INTEGER NOT NULL);
CREATE INDEX credential_pack ON credential(pack_id);

CREATE TABLE client_certificate(
  sha256 BLOB NOT NULL, credential_id BLOB NOT NULL REFERENCES credential(id),
  not_before INTEGER NOT NULL, not_after INTEGER NOT NULL, standing TEXT NOT NULL,
  PRIMARY KEY(sha256, credential_id));

CREATE TABLE app_user(
  id BLOB PRIMARY KEY, enterprise_id BLOB NOT NULL REFERENCES enterprise(id),
  pack_id BLOB NOT NULL REFERENCES pack(id), signer_id BLOB NOT NULL UNIQUE,
  email TEXT NOT NULL, mobile TEXT NOT NULL, given_name TEXT NOT NULL, surname TEXT NOT NULL,
  identity_number TEXT NOT NULL, status TEXT NOT NULL, created_at INTEGER NOT NULL,
  registration_token_mac BLOB, registration_token_expires_at INTEGER);
CREATE UNIQUE INDEX user_email ON app_user(enterprise_id, email) WHERE status <> 'deleted';
CREATE UNIQUE INDEX user_registration_token ON app_user(registration_token_mac)
  WHERE registration_token_mac IS NOT NULL;
CREATE INDEX user_pack ON app_user(pack_id) WHERE status <> 'deleted';
CREATE INDEX user_deleting ON app_user(status) WHERE status = 'deleting';

CREATE TABLE registration_request(
  id BLOB PRIMARY KEY, user_id BLOB NOT NULL REFERENCES app_user(id), sequence INTEGER NOT NULL,
  status TEXT NOT NULL, created_at INTEGER NOT NULL, statement BLOB NOT NULL,
  UNIQUE(user_id, sequence));
CREATE INDEX request_pending ON registration_request(created_at) WHERE status = 'pending';

CREATE TABLE enrolment(
  id BLOB PRIMARY KEY, user_id BLOB NOT NULL REFERENCES app_user(id), device_name TEXT NOT NULL,
  device_spki BLOB NOT NULL, email_code_mac BLOB NOT NULL, sms_code_mac BLOB NOT NULL,
  tries_left INTEGER NOT NULL, expires_at INTEGER NOT NULL, status TEXT NOT NULL,
  binding_challenge BLOB NOT NULL, created_at INTEGER NOT NULL);
CREATE INDEX enrolment_user ON enrolment(user_id, created_at);

CREATE TABLE device(
  id BLOB PRIMARY KEY, user_id BLOB NOT NULL REFERENCES app_user(id), name TEXT NOT NULL,
  spki BLOB NOT NULL, status TEXT NOT NULL, created_at INTEGER NOT NULL);
CREATE INDEX device_user ON device(user_id);
CREATE INDEX device_removing ON device(status) WHERE status = 'removing';

CREATE TABLE authenticator(
  id BLOB PRIMARY KEY, user_id BLOB NOT NULL REFERENCES app_user(id),
  device_id BLOB NOT NULL REFERENCES device(id), credential_id BLOB NOT NULL,
  public_key_spki BLOB NOT NULL, link_record BLOB NOT NULL);
CREATE INDEX authenticator_user ON authenticator(user_id);
CREATE INDEX authenticator_device ON authenticator(device_id);

CREATE TABLE identity(
  key_id BLOB PRIMARY KEY, user_id BLOB NOT NULL REFERENCES app_user(id),
  pack_id BLOB NOT NULL REFERENCES pack(id), status TEXT NOT NULL, spki BLOB NOT NULL,
  key_attestation BLOB NOT NULL, registration_statement BLOB NOT NULL, certificate BLOB NOT NULL,
  certificate_sha256 BLOB NOT NULL, serial BLOB NOT NULL, not_after INTEGER NOT NULL,
  created_at INTEGER NOT NULL);
CREATE UNIQUE INDEX identity_one ON identity(user_id, pack_id) WHERE status <> 'revoked';
CREATE INDEX identity_serial ON identity(serial) WHERE length(serial) > 0;
CREATE INDEX identity_revoking ON identity(status) WHERE status = 'revoking';

CREATE TABLE revocation(
  key_id BLOB PRIMARY KEY REFERENCES identity(key_id), reason INTEGER NOT NULL, requested_by TEXT NOT NULL,
  requested_at INTEGER NOT NULL, sam_receipt BLOB NOT NULL DEFAULT x'', crl_number INTEGER NOT NULL DEFAULT 0,
  crl_sha256 BLOB NOT NULL DEFAULT x'', ended_at INTEGER NOT NULL DEFAULT 0);

CREATE TABLE session(
  id BLOB PRIMARY KEY, credential_id BLOB NOT NULL REFERENCES credential(id),
  pack_id BLOB NOT NULL REFERENCES pack(id), user_id BLOB NOT NULL REFERENCES app_user(id),
  signer_id BLOB NOT NULL, key_id BLOB NOT NULL REFERENCES identity(key_id), nonce BLOB NOT NULL,
  expires_at INTEGER NOT NULL, certificate_sha256 BLOB NOT NULL, signature_algorithm TEXT NOT NULL,
  digests BLOB NOT NULL, display_record BLOB NOT NULL, idempotency_key TEXT, request_hash BLOB NOT NULL,
  status TEXT NOT NULL, created_at INTEGER NOT NULL, ended_at INTEGER NOT NULL, answered INTEGER NOT NULL,
  assertion BLOB, refusal INTEGER NOT NULL, refusal_detail TEXT NOT NULL);
CREATE UNIQUE INDEX session_idempotency ON session(credential_id, idempotency_key)
  WHERE idempotency_key IS NOT NULL;
CREATE UNIQUE INDEX session_live ON session(credential_id, request_hash)
  WHERE idempotency_key IS NULL AND status IN ('pending', 'approved');
CREATE INDEX session_same ON session(credential_id, request_hash, created_at);
CREATE INDEX session_user ON session(user_id, created_at);
CREATE INDEX session_pending ON session(user_id, created_at, id) WHERE status = 'pending';
CREATE INDEX session_approved ON session(status) WHERE status = 'approved';

CREATE TABLE session_result(
  session_id BLOB PRIMARY KEY REFERENCES session(id), signatures BLOB NOT NULL, evidence BLOB NOT NULL);

CREATE TABLE quota_use(
  id INTEGER PRIMARY KEY, pack_id BLOB NOT NULL REFERENCES pack(id), kind TEXT NOT NULL,
  units INTEGER NOT NULL);
CREATE INDEX quota_use_pack ON quota_use(pack_id, kind, units);
CREATE TABLE quota_folded(
  pack_id BLOB NOT NULL REFERENCES pack(id), kind TEXT NOT NULL, units INTEGER NOT NULL,
  PRIMARY KEY(pack_id, kind));

CREATE TABLE outbox(
  id INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, address TEXT NOT NULL, subject TEXT NOT NULL,
  body TEXT NOT NULL, attempts INTEGER NOT NULL, due_at INTEGER NOT NULL);
CREATE INDEX outbox_due ON outbox(due_at);

CREATE TABLE audit(
  id INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, actor TEXT NOT NULL, action TEXT NOT NULL,
  object TEXT NOT NULL, detail TEXT NOT NULL);
)sql";

constexpr std::string_view version_2 = R"sql(
CREATE TABLE sam_checkpoint(id INTEGER PRIMARY KEY CHECK(id = 1), checkpoint BLOB NOT NULL);
)sql";

constexpr std::array all = {version_1, version_2};

}

std::span<const std::string_view> migrations()
{
    return all;
}

}
