#include "smtp/smtp.h"

#include "smtp/receive/session.h"

namespace rook::smtp {

std::unique_ptr<net::Session> make_session(const Services& services, Kind kind, net::Link& link) {
    return std::make_unique<Session>(services, kind, link);
}

}  // namespace rook::smtp
