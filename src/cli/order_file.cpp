#include "cli/order_file.h"

#include <algorithm>

#include "base/encoding.h"
#include "cli/listing.h"
#include "client/files.h"
#include "client/json.h"
#include "pki/certificate.h"
#include "statements/named_values.h"

namespace qss::cli {

namespace {

constexpr std::size_t max_orders = 16;

Result<PendingOrder> read_order(const client::json::value& element)
{
    if (!element.is_object())
        return fail(ErrorCode::malformed, "an order is an object");
    TRY_ASSIGN(texts, client::texts_member(element.get_object(), "signatures"));
    if (texts.empty() || texts.size() > statements::order_max_signatures)
        return fail(ErrorCode::malformed, "an order has 1 to 16 signatures");
    std::vector<statements::SignedStatement> signatures;
    for (const auto& text : texts) {
        TRY_ASSIGN(transport, base64url_decode(text));
        TRY_ASSIGN(signature, statements::SignedStatement::decode(transport));
        if (!signatures.empty() && !equal_public(signature.encoding, signatures.front().encoding))
            return fail(ErrorCode::malformed, "the signatures are over different orders");
        signatures.push_back(std::move(signature));
    }
    TRY_ASSIGN(order, statements::Order::decode(signatures.front().encoding));
    return PendingOrder{std::move(order), std::move(signatures)};
}

bool is_text(ByteView value)
{
    return std::all_of(value.begin(), value.end(), [](std::uint8_t c) { return c >= 0x20 && c < 0x7F; });
}

std::string value_for_people(ByteView value)
{
    if (const auto certificate = pki::Certificate::from_der(value))
        return printable(certificate->subject()) + "\n             serial " +
               hex_encode(certificate->serial()) + ", valid until " + to_rfc3339(certificate->not_after());
    return is_text(value) ? std::string(as_text(value)) : hex_encode(value);
}

}

std::string PendingOrder::for_people() const
{
    std::string text = "order:       " + order.id.text() + "\nto:          " + printable(order.role) +
                       "\naction:      " + printable(order.action) +
                       "\nbecause:     " + (order.reason.empty() ? "-" : printable(order.reason)) +
                       "\ninstalled:   root certificate " + hex_encode(order.installation) +
                       "\nsigned on:   " + to_rfc3339(order.issued_at) +
                       "\ngood until:  " + to_rfc3339(order.expires_at);
    const auto values = statements::NamedValues::decode(order.parameters);
    if (!values)
        text += "\nparameters:  " + hex_encode(order.parameters);
    else
        for (const auto& [name, value] : values->all())
            text += "\n" + printable(name) + ": " + value_for_people(value);
    for (const auto& signature : signatures)
        text += "\nsigned by:   key " + hex_encode(signature.signer_key_id);
    return text;
}

Result<OrderFile> OrderFile::load(const std::filesystem::path& file)
{
    TRY_ASSIGN(text, client::read_text_file(file.string()));
    TRY_ASSIGN(object, client::parse_object(text));
    TRY_ASSIGN(elements, client::array_member(object, "orders"));
    if (elements.empty() || elements.size() > max_orders)
        return fail(ErrorCode::malformed, "an order file has 1 to 16 orders");
    std::vector<PendingOrder> orders;
    for (const auto& element : elements) {
        TRY_ASSIGN(order, read_order(element));
        orders.push_back(std::move(order));
    }
    return OrderFile(std::move(orders));
}

std::string OrderFile::text() const
{
    client::json::array elements;
    for (const auto& order : m_orders) {
        client::json::array signatures;
        for (const auto& signature : order.signatures)
            signatures.emplace_back(base64url_encode(signature.encode()));
        elements.emplace_back(client::json::object{{"signatures", std::move(signatures)}});
    }
    return client::to_pretty_text(client::json::object{{"orders", std::move(elements)}});
}

Status OrderFile::save(const std::filesystem::path& file) const
{
    return client::write_file(file.string(), as_bytes(text()), client::FileAccess::everybody);
}

Status OrderFile::save_new(const std::filesystem::path& file) const
{
    return client::write_new_file(file.string(), as_bytes(text()), client::FileAccess::everybody);
}

Status OrderFile::sign(const crypto::PrivateKey& officer)
{
    for (auto& order : m_orders) {
        TRY_ASSIGN(signature, statements::sign_statement(order.order.encode(), officer));
        for (const auto& one : order.signatures)
            if (equal_public(one.signer_key_id, signature.signer_key_id))
                return fail(ErrorCode::conflict, "you have signed this order already");
        order.signatures.push_back(std::move(signature));
    }
    return {};
}

}
