// qss-ocsp: the wiring.
#include "keystore/software/software_key_store.h"
#include "ocsp/dispatch.h"

namespace qss::ocsp {

namespace {

class OcspRole final : public role::Role {
public:
    OcspRole(std::unique_ptr<keystore::KeyStore> keys, sqlite::Database database)
        : m_keys(std::move(keys)), m_writer(std::move(database))
    {
    }

    Status open(role::Context& context)
    {
        const auto check_mode = [&context](role::Mode mode) { return context.check_mode(mode); };
        TRY_ASSIGN(service, Service::open({m_writer, *m_keys, context.clock, check_mode}));
        m_service = std::move(service);
        m_dispatch.emplace(dispatch_table(*m_service), [this] { return m_service->state(); });
        return {};
    }

    wire::Dispatcher& dispatcher() override { return *m_dispatch; }

private:
    std::unique_ptr<keystore::KeyStore> m_keys;
    sqlite::Writer m_writer;
    std::unique_ptr<Service> m_service;
    std::optional<role::Dispatch> m_dispatch;
};

Result<std::unique_ptr<role::Role>> open_ocsp(role::Context& context)
{
    const auto& directory = context.options.directory;
    TRY_ASSIGN(keys,
               keystore::SoftwareKeyStore::open_or_create(directory, context.passphrase, context.random));
    TRY_ASSIGN(database, open_record(directory + "/record.db"));
    auto ocsp = std::make_unique<OcspRole>(std::move(keys), std::move(database));
    TRY(ocsp->open(context));
    return ocsp;
}

}

}

int main(int argc, char** argv)
{
    return qss::role::role_main(argc, argv, "qss-ocsp", qss::ocsp::open_ocsp);
}
