// What the service publishes about certificates: the CAs' lists and certificates, and answers of the OCSP
// responder. The one owner of all three, so that they never disagree (docs/invariants.md 7): a new list is
// shown to the responder first; then, in one step, it replaces the old one and every answer that was made
// under the old ones is forgotten. An answer that was under way meanwhile is given, and not kept. A responder
// that does not have the new list yet is not asked. Safe from any thread.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "pki/ocsp_request.h"
#include "service/role_clients.h"
#include "store/store.h"

namespace qss::service {

// A file of the public listener.
struct PublishedFile {
    Bytes content;
    std::string tag; // SHA-256 of the content, hexadecimal
    TimePoint since; // a list's thisUpdate, a certificate's notBefore
    TimePoint until; // a list's nextUpdate, a certificate's end
};
using PublishedFilePtr = std::shared_ptr<const PublishedFile>; // shared with who is reading it

struct PublishedStatus {
    Bytes response; // DER OCSPResponse
    std::string tag;
    TimePoint since; // producedAt
    std::optional<TimePoint> until; // nextUpdate, when others may keep it: no nonce, no error
};
using PublishedStatusPtr = std::shared_ptr<const PublishedStatus>;

class Publication {
public:
    struct Parts {
        store::Store& store;
        CaClient& ca;
        OcspClient& ocsp;
        const Clock& clock;
    };
    explicit Publication(const Parts& parts) : m(parts) {}

    // Takes what the CA has now. After it, whatever the CA had revoked before it began is revoked in the list
    // and in every answer; while the responder is away, there are none. An error: the CA is away; what is
    // published stays.
    Status refresh();

    // "/crl/issuing.crl", "/ca/root.cer": as the CA names them. nullptr: there is no such file.
    Result<PublishedFilePtr> file(const std::string& path);

    [[nodiscard]] std::vector<PublishedFilePtr> lists(); // that are published now

    // An answer to an OCSPRequest (DER) that was kept, if there is one. Does not block.
    [[nodiscard]] PublishedStatusPtr kept(ByteView request);
    // The answer to any bytes: malformedRequest, tryLater and internalError are answers too (RFC 6960 4.2.1).
    PublishedStatusPtr answer(ByteView request);

    // About one certificate of ours, signed now. `unavailable` when the responder has no current list.
    Result<Bytes> status_of(ByteView certificate);

private:
    using Files = std::map<std::string, PublishedFilePtr, std::less<>>;

    Status refresh_if_due();
    bool show(const std::string& path, const PublishedFile& list);
    Result<PublishedStatusPtr> answer_parsed(ByteView der, const pki::OcspRequest& request);
    Result<Files> read_lists();
    Result<Files> read_certificates();
    Result<Bytes> find_certificate(ByteView serial);
    Result<StatusAnswer> ask(const std::vector<StatusQuestion>& questions, ByteView nonce);

    Parts m;
    std::mutex m_refreshing; // one refresh at a time; guards the next, and writing the one after
    std::map<std::string, std::string> m_shown; // tag of the list that the responder has, by path
    std::atomic<bool> m_all_shown{true}; // false: it is not asked, its list may be an older one
    std::atomic<bool> m_stale{true}; // the last refresh failed, or there was none
    std::mutex m_mutex; // guards the rest; never held while a role is asked
    TimePoint m_next_refresh{};
    TimePoint m_forget_at{}; // when lists may be shown again that were shown already
    TimePoint m_refreshed{}; // when the CA was asked last
    std::uint64_t m_generation = 0;
    Files m_files;
    std::unordered_map<std::string, Bytes> m_services; // certificates of the service itself, by serial
    std::unordered_map<std::string, PublishedStatusPtr> m_kept; // by the request, bounded
};

}
