// An LMTP client.
#pragma once
#include <fmt/format.h>

#include <span>
#include <string>

#include "load/connection.h"

namespace rook::bench {

class LmtpClient {
public:
    explicit LmtpClient(int port) : connection_(port, Connection::Security::Plain) {
        connection_.expect("220");
        connection_.send("LHLO bench\r\n");
        connection_.expect("250");
    }

    // One message to everybody named; throws unless every one is accepted.
    void deliver(std::span<const std::string> recipients, const std::string& message) {
        std::string envelope = "MAIL FROM:<bench@example.net>\r\n";
        for (auto& recipient : recipients) envelope += fmt::format("RCPT TO:<{}>\r\n", recipient);
        connection_.send(envelope + "DATA\r\n");
        connection_.expect("250");
        for (std::size_t i = 0; i < recipients.size(); ++i) connection_.expect("250");
        connection_.expect("354");
        connection_.send(message + ".\r\n");
        for (std::size_t i = 0; i < recipients.size(); ++i) connection_.expect("250");
    }

private:
    Connection connection_;
};

}  // namespace rook::bench
