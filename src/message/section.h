// Part numbers: "4.2.1" and the part that it names (RFC 9051 6.4.5.1).
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "message/summary.h"

namespace rook::message {

// Null when there is no such part. No numbers name the root. The body of a message that is no
// multipart is its part 1; numbers behind a message part go on inside its message.
const Part* find_part(const std::vector<Part>& parts, std::span<const std::uint32_t> numbers);

// The message inside a message part, null for other parts: what HEADER, TEXT and MIME of a part
// look at.
const Part* embedded_message(const std::vector<Part>& parts, const Part& part);

// The numbers of a part with dots. A multipart that is the body of a message has none of its own:
// it shares those of the message part, and the root's are empty.
std::string section_of(const std::vector<Part>& parts, std::size_t index);

}  // namespace rook::message
