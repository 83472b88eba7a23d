// Reads tests/vectors/*.json for unit tests. Boost.JSON compiled in: include it in one file of a program.
#pragma once

#include <fstream>
#include <sstream>
#include <string>

#include <boost/json/src.hpp>

#include "base/bytes.h"
#include "base/encoding.h"

namespace qss::test {

inline boost::json::value read_vectors(const std::string& name)
{
    std::ifstream file(std::string(QSS_SOURCE_DIR) + "/tests/vectors/" + name);
    std::ostringstream text;
    text << file.rdbuf();
    return boost::json::parse(text.str());
}

inline std::string text_of(const boost::json::value& object, std::string_view member)
{
    return std::string(object.at(member).as_string());
}

inline Bytes bytes_of(const boost::json::value& object, std::string_view member)
{
    return hex_decode(text_of(object, member)).value();
}

inline std::uint64_t number_of(const boost::json::value& object, std::string_view member)
{
    return object.at(member).to_number<std::uint64_t>();
}

template <class IdType>
IdType id_of(const boost::json::value& object, std::string_view member)
{
    return IdType::from_bytes(bytes_of(object, member)).value();
}

}
