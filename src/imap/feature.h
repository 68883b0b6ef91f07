// What a client has switched on in its session, by ENABLE or by using it.
#pragma once

#include <cstdint>

namespace rook::imap {

enum class Feature : std::uint8_t {
    None = 0,
    Rev2 = 1,       // IMAP4rev2 (RFC 9051, appendix E)
    CondStore = 2,  // MODSEQ in every FETCH response (RFC 7162 3.1)
};

}  // namespace rook::imap
