#include "cli/ports.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/descriptor.h"

namespace qss::cli {
namespace {

// Somebody else's listener, on any port of the loopback.
class PortsTest : public testing::Test {
protected:
    PortsTest()
    {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        EXPECT_EQ(::bind(m_other.get(), reinterpret_cast<sockaddr*>(&address), size), 0);
        EXPECT_EQ(::listen(m_other.get(), 1), 0);
        EXPECT_EQ(::getsockname(m_other.get(), reinterpret_cast<sockaddr*>(&address), &size), 0);
        m_taken = ntohs(address.sin_port);
        m_config.mtls = m_config.tls = m_config.health = {"127.0.0.1", 0};
    }

    Descriptor m_other{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    std::uint16_t m_taken = 0;
    config::Config m_config{"."};
    Descriptor m_no_patience{::eventfd(1, EFD_NONBLOCK | EFD_CLOEXEC)};
};

TEST_F(PortsTest, APortThatIsTakenIsNamedWithWhatToDo)
{
    for (auto* listener : {&m_config.mtls, &m_config.tls, &m_config.health}) {
        listener->port = m_taken;
        const auto status = wait_for_ports(m_config, m_no_patience.get());
        ASSERT_FALSE(status);
        EXPECT_EQ(status.error().code, ErrorCode::conflict);
        EXPECT_NE(status.error().detail.find("127.0.0.1 port " + std::to_string(m_taken) + " is taken"),
                  std::string::npos)
            << status.error().detail;
        EXPECT_NE(status.error().detail.find("[listeners."), std::string::npos);
        listener->port = 0;
    }
}

TEST_F(PortsTest, AnyPortAndAFreeOneWillDo)
{
    EXPECT_TRUE(wait_for_ports(m_config, m_no_patience.get()));
    m_other.reset();
    m_config.tls.port = m_taken;
    EXPECT_TRUE(wait_for_ports(m_config, m_no_patience.get()));
}

TEST_F(PortsTest, AnAddressOfAnotherMachineIsNoMatterOfWaiting)
{
    m_config.mtls = {"192.0.2.1", m_taken};
    const auto status = wait_for_ports(m_config, -1);
    ASSERT_FALSE(status);
    EXPECT_EQ(status.error().code, ErrorCode::io);
}

}
}
