// A response as it goes over the wire (RFC 9112). Pure.
#pragma once

#include <string>
#include <string_view>

#include "base/clock.h"
#include "http/server.h"

namespace qss::http {

enum class AfterResponse { keep_alive, close };

// invalid_argument: a status or header that would break the response in two.
Result<std::string> response_text(const Response& response, std::string_view method, AfterResponse after,
                                  std::string_view date);

// IMF-fixdate (RFC 9110 5.6.7): "Tue, 24 Nov 2026 08:00:00 GMT"
std::string http_date(TimePoint time);

std::string_view reason_phrase(int status);

// RFC 9457, for listeners that do not shape their own.
Response problem(const ProtocolError& error);

}
