// Officers' orders on their way (statements/order.h): a file of one or more, each with the signatures it has
// so far. JSON, so that it travels in any mail; nothing in it is secret. What goes together, such as the
// revocation that SAM and CA carry out, is in one file, in the order in which it is carried out. Pure.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "crypto/keys.h"
#include "statements/order.h"

namespace qss::cli {

struct PendingOrder {
    statements::Order order;
    std::vector<statements::SignedStatement> signatures; // over the same bytes

    [[nodiscard]] std::string for_people() const;
};

class OrderFile {
public:
    explicit OrderFile(std::vector<PendingOrder> orders) : m_orders(std::move(orders)) {}
    // malformed: not such a file, or signatures over different bytes. Whose they are is the roles' to check.
    static Result<OrderFile> load(const std::filesystem::path& file);
    Status save(const std::filesystem::path& file) const; // replaces it
    Status save_new(const std::filesystem::path& file) const; // already_exists

    // Adds a signature to each; conflict when the key signed one of them already.
    Status sign(const crypto::PrivateKey& officer);
    [[nodiscard]] const std::vector<PendingOrder>& orders() const { return m_orders; }

private:
    [[nodiscard]] std::string text() const;
    std::vector<PendingOrder> m_orders;
};

}
