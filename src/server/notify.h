// Tells a service manager the program's state: sd_notify(3), which is one datagram and not worth a
// library.
#pragma once

#include <string_view>

namespace rook::server {

// `state` is one or more NAME=VALUE lines, as sd_notify(3) lists them. False when nobody asked
// ($NOTIFY_SOCKET is not set or names no socket) or nobody took it.
bool notify_service_manager(std::string_view state);

// "RELOADING=1", with the time that systemd wants to know beside it.
bool notify_reloading();

}  // namespace rook::server
