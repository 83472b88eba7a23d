// Method and path pattern to handler: "/users/{email}/sign/{digest}". An unknown path is 404, a known
// path with another method is 405 with Allow; both through the error responders of the API that owns
// the listener, since their shapes differ.
#pragma once

#include <string>
#include <vector>

#include "http/message.h"

namespace qss::http {

class Router {
public:
    // Fallbacks: no such path; path known, but not for this method (`allow`: "GET, POST").
    Router(Handler not_found, std::function<void(Request, Responder, std::string allow)> wrong_method);

    void add(std::string_view method, std::string_view pattern, Handler handler);
    void operator()(Request request, Responder responder) const;

    struct Route {
        std::string method;
        std::string pattern;
    };
    [[nodiscard]] std::vector<Route> routes() const; // for the test that holds OpenAPI against it

private:
    struct Entry;
    std::vector<Entry> m_entries;
    Handler m_not_found;
    std::function<void(Request, Responder, std::string)> m_wrong_method;
};

}
