#include "api/public/routes.h"

#include <array>
#include <fstream>
#include <sstream>

#include "api/problem.h"
#include "api/problem_router.h"
#include "api/public/caching.h"
#include "api/public/ocsp.h"
#include "api/public/timestamp.h"
#include "base/encoding.h"
#include "crypto/digest.h"

namespace qss::api::public_api {

namespace {

using namespace std::chrono_literals;

// A new list may come at any time, and is wanted soon; certificates do not change.
constexpr auto list_kept = 5min;
constexpr auto certificate_kept = 24h;
constexpr auto document_kept = 1h;
constexpr std::uintmax_t document_max_size = 8 * 1024 * 1024;

constexpr std::array table{
    Route{"GET", "/ca/{name}"},   Route{"HEAD", "/ca/{name}"}, Route{"GET", "/crl/{name}"},
    Route{"HEAD", "/crl/{name}"}, Route{"POST", "/ocsp"},      Route{"GET", "/ocsp/{request}"},
    Route{"GET", "/pds/en"},      Route{"HEAD", "/pds/en"},    Route{"GET", "/cps"},
    Route{"HEAD", "/cps"},        Route{"POST", "/tsa"},
};

void serve_file(const Parts& parts, const ExchangePtr& exchange)
{
    const auto& request = exchange->request();
    const bool list = request.path.starts_with("/crl/");
    const auto file = parts.service.publication().file(request.path);
    if (!file)
        return exchange->answer(fail(file.error()));
    if (*file == nullptr)
        return exchange->answer(fail(ErrorCode::not_found, "no such list or certificate"));
    const auto now = parts.clock.now();
    const auto& found = **file;
    const auto until =
        std::min(found.until, now + (list ? Milliseconds(list_kept) : Milliseconds(certificate_kept)));
    exchange->answer(cached_response(
        request, {list ? "application/pkix-crl" : "application/pkix-cert", found.tag, found.since, until},
        to_string(ByteView(found.content)), now));
}

struct Document {
    std::string media_type;
    std::string tag;
    TimePoint since;
    std::string body;
};

Result<std::shared_ptr<const Document>> read_document(const std::filesystem::path& path, TimePoint now)
{
    std::error_code code;
    const auto size = std::filesystem::file_size(path, code);
    if (code || size > document_max_size)
        return fail(ErrorCode::io, path.string() + " can not be read, or is above 8 MiB");
    std::ifstream file(path, std::ios::binary);
    std::ostringstream text;
    text << file.rdbuf();
    if (!file)
        return fail(ErrorCode::io, "can not read " + path.string());
    auto document = std::make_shared<Document>();
    const auto extension = path.extension();
    document->media_type = extension == ".pdf"    ? "application/pdf"
                           : extension == ".html" ? "text/html;charset=utf-8"
                                                  : "text/plain;charset=utf-8";
    document->body = text.str();
    document->tag = hex_encode(crypto::sha256(as_bytes(document->body)));
    document->since = now;
    return std::shared_ptr<const Document>(std::move(document));
}

http::Handler serve_document(const Parts& parts, std::shared_ptr<const Document> document)
{
    return [parts, document = std::move(document)](http::Request request, http::Responder respond) {
        const auto now = parts.clock.now();
        respond(cached_response(request,
                                {document->media_type, document->tag, document->since, now + document_kept},
                                document->body, now));
    };
}

}

std::span<const Route> routes()
{
    return table;
}

Result<http::Router> make_router(const Parts& parts)
{
    const auto now = parts.clock.now();
    TRY_ASSIGN(pds, read_document(parts.config.documents.pds_en, now));
    TRY_ASSIGN(cps, read_document(parts.config.documents.cps, now));
    auto router = empty_problem_router();
    const auto file = on_pool(parts.service.pool(), problem_response,
                              [parts](const ExchangePtr& exchange) { serve_file(parts, exchange); });
    for (const auto& [method, pattern] : table) {
        if (pattern == "/ocsp")
            router.add(method, pattern, ocsp_post(parts));
        else if (pattern == "/tsa") {
            if (parts.config.timestamping.public_)
                router.add(method, pattern, timestamp_post(parts));
        } else if (pattern == "/pds/en")
            router.add(method, pattern, serve_document(parts, pds));
        else if (pattern == "/cps")
            router.add(method, pattern, serve_document(parts, cps));
        else if (pattern != "/ocsp/{request}") // not a path: the listener's
            router.add(method, pattern, file);
    }
    return router;
}

}
