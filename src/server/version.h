// The program's version, from the file VERSION.
#pragma once

namespace rook::server {
constexpr const char* kVersion = ROOKERY_VERSION;
}
