// PEM files of the ceremony. One thread.
#pragma once

#include <filesystem>

#include "base/bytes.h"
#include "base/result.h"

namespace qss::cli {

// The DER of the first object, whatever it is; malformed: not PEM.
Result<Bytes> read_pem_file(const std::filesystem::path& path);
// A certificate, DER, into a new file that everybody may read.
Status write_certificate_file(const std::filesystem::path& path, ByteView certificate);

}
