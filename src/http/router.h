// Method and path pattern to handler: "/users/{email}/sign/{digest}". An unknown path is 404, a known
// path with another method is 405 with Allow; both through the error responders of the API that owns
// the listener, since their shapes differ. Literal parts win over {parameters}. Filled at start, then
// safe from any thread.
#pragma once

#include <string>
#include <vector>

#include "http/message.h"

namespace qss::http {

class Router {
public:
    struct Route {
        std::string method;
        std::string pattern;
    };
    // Fallbacks: no such path; path known, but not for this method (`allow`: "GET, POST").
    using WrongMethod = std::function<void(Request, Responder, std::string allow)>;
    Router(Handler not_found, WrongMethod wrong_method);

    // Each {x} takes one whole, non-empty part of the path. Adding the same route twice is a
    // programmer's error.
    void add(std::string_view method, std::string_view pattern, Handler handler);
    void operator()(Request request, Responder responder) const;

private:
    struct Entry {
        Route route;
        std::vector<std::string> parts; // of the pattern
        Handler handler;
    };
    std::vector<Entry> m_entries;
    Handler m_not_found;
    WrongMethod m_wrong_method;
};

}
