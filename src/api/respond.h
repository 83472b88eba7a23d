// Answers as all APIs of qss-api give them: never cached, JSON with the one spelling of the media type
// that the QSS contract has. Pure.
#pragma once

#include <string>

#include "http/message.h"

namespace qss::api {

http::Response json_response(int status, std::string body);
http::Response no_content();                     // 204
http::Response bytes_response(std::string body); // 200 application/octet-stream
// application/problem+json, which the QSS API's errors use as well; with Retry-After where one may come back.
http::Response error_json_response(int status, std::string body);

}
