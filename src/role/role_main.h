// The common main of a privileged role: flags, checks of where it lives, signals (SIGTERM and SIGINT
// drain), hardening (harden.h), serving. What a role adds is its `open`.
//   --directory D --socket PATH --passphrase-file F [--peer-uid N]... [--sandbox]
//   [--sandbox-clock-offset-ms N] [--workers N]
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <sys/types.h>

#include "base/clock.h"
#include "base/random.h"
#include "base/result.h"
#include "base/secret.h"
#include "role/harden.h"
#include "wire/server.h"

namespace qss::role {

struct Options {
    std::string directory;
    std::string socket_path;
    std::string passphrase_file;
    std::vector<uid_t> peer_uids;           // empty: our own uid
    bool sandbox = false;                   // may share its uid; grants nothing else
    std::optional<std::int64_t> sandbox_clock_offset_ms;
    unsigned workers = 4;
};

Result<Options> parse_options(std::span<const std::string_view> arguments);

enum class Mode { production, sandbox };

inline Mode mode_from(bool sandbox)
{
    return sandbox ? Mode::sandbox : Mode::production;
}

// Whether anybody else could be us: own means that our uid differs from every peer's.
enum class Isolation { own, shared };

// What `open` gets; lives as long as the role.
struct Context {
    const Options& options;
    Isolation isolation;
    Secret passphrase;
    Clock& clock;                           // with the sandbox's offset
    Random& random;

    // The mode of the record (at start) or of INITIALISE. Production is `forbidden` for a role that
    // shares its uid or whose clock was moved. Call it in both places.
    [[nodiscard]] Status check_mode(Mode mode) const;
};

class Role {
public:
    virtual ~Role() = default;              // joins its threads, closes its record
    virtual wire::Dispatcher& dispatcher() = 0;
    [[nodiscard]] virtual ClockReading clock_reading() const { return ClockReading::time; }
};

// Opens the record in options.directory (makes it when absent) and starts what the role needs. May
// start threads: signals are blocked already. Hardening follows.
using Open = std::function<Result<std::unique_ptr<Role>>(Context& context)>;

// The exit status. Usage, the whole of a role's main.cpp:
//   int main(int argc, char** argv) { return role_main(argc, argv, "qss-ca", open_ca); }
int role_main(int argc, char** argv, std::string_view name, const Open& open);

// The parts, for tests. `directory`: exists, ours, mode 0700.
Status check_directory(const std::string& directory, uid_t own_uid);
// `forbidden` when we share a peer's uid outside a sandbox.
Result<Isolation> check_isolation(const Options& options, uid_t own_uid);
// Without its trailing newline; refuses a file that others may read, an empty one, one above 1 KiB.
Result<Secret> read_passphrase(const std::string& path);

}
