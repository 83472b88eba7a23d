#include "delivery/file_sink.h"

#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <unistd.h>

namespace qss::delivery {

namespace {

// An address comes from outside: only what cannot leave the directory stays in the file's name.
std::string file_name(const store::OutboxMessage& message)
{
    std::string address;
    for (const char c : message.address) {
        const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                           c == '@' || c == '.' || c == '+' || c == '-' || c == '_';
        address += plain ? c : '_';
    }
    if (address.size() > 200)
        address.resize(200);
    return (message.kind == store::MessageKind::email ? "email-" : "sms-") + address + "-" +
           std::to_string(message.id) + ".txt";
}

Error system_error(const std::string& what)
{
    return {ErrorCode::io, what + ": " + std::strerror(errno)};
}

Status write_all(int file, std::string_view text)
{
    while (!text.empty()) {
        const auto written = ::write(file, text.data(), text.size());
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return fail(system_error("outbox: write"));
        text.remove_prefix(static_cast<std::size_t>(written));
    }
    return {};
}

}

Status FileSink::deliver(const store::OutboxMessage& message)
{
    const auto path = m_directory + "/" + file_name(message);
    const auto unfinished = path + ".part";
    const int file = ::open(unfinished.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (file < 0)
        return fail(system_error("outbox: open"));
    std::string text = "to: " + message.address + "\n";
    if (message.kind == store::MessageKind::email)
        text += "subject: " + message.subject + "\n";
    text += "\n" + message.body + "\n";
    auto outcome = write_all(file, text);
    if (outcome && ::fsync(file) != 0)
        outcome = fail(system_error("outbox: fsync"));
    ::close(file);
    TRY(outcome);
    if (::rename(unfinished.c_str(), path.c_str()) != 0)
        return fail(system_error("outbox: rename"));
    return {};
}

}
