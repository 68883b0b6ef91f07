// Addresses in header fields (RFC 5322 3.4, 4.4; RFC 6532), as they are written in the wild.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "message/summary.h"

namespace rook::message {

// As written: quotes and escapes undone, encoded words not.
struct RawAddress {
    std::string name;     // the phrase before <>, or else the last comment
    std::string route;    // "@a,@b" of <@a,@b:c@d> (RFC 5322 4.4)
    std::string mailbox;  // the group's name in the entry that opens a group
    std::string host;
    Address::Kind kind = Address::Kind::Mailbox;
};

constexpr std::size_t kMostAddresses = 4000;

// Tolerant and linear: text that is no address becomes one with a mailbox and no host. Entries
// above `most` are left out; a group that is not ended is ended.
std::vector<RawAddress> parse_raw_addresses(std::string_view value,
                                            std::size_t most = kMostAddresses);
// With decoded names, all of it valid UTF-8.
Address decode_address(const RawAddress&);
std::vector<Address> decode_addresses(const std::vector<RawAddress>&);
std::vector<Address> parse_addresses(std::string_view value, std::size_t most = kMostAddresses);

}  // namespace rook::message
