#include "pop3/pop3.h"

#include "pop3/session.h"

namespace rook::pop3 {

std::unique_ptr<net::Session> make_session(const Services& services, net::Link& link) {
    return std::make_unique<Session>(services, link);
}

}  // namespace rook::pop3
