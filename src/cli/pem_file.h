// The first object of a PEM file, whatever it is: its DER. One thread.
#pragma once

#include <filesystem>

#include "base/bytes.h"
#include "base/result.h"

namespace qss::cli {

Result<Bytes> read_pem_file(const std::filesystem::path& path); // malformed: not PEM

}
