#include "message/section.h"

namespace rook::message {
namespace {

const Part* find_child(const std::vector<Part>& parts, const Part& parent, std::uint32_t number) {
    auto index = static_cast<std::int32_t>(&parent - parts.data());
    for (std::size_t i = static_cast<std::size_t>(index) + 1; i < parts.size(); ++i) {
        if (parts[i].parent == index && parts[i].number == number) return &parts[i];
    }
    return nullptr;
}

// Part `number` of a message whose root is `body`.
const Part* find_in_message(const std::vector<Part>& parts, const Part& body,
                            std::uint32_t number) {
    if (body.is_multipart()) return find_child(parts, body, number);
    return number == 1 ? &body : nullptr;
}

}  // namespace

const Part* embedded_message(const std::vector<Part>& parts, const Part& part) {
    return part.is_message() ? find_child(parts, part, 1) : nullptr;
}

const Part* find_part(const std::vector<Part>& parts, std::span<const std::uint32_t> numbers) {
    const Part* at = &parts[0];
    bool is_body = true;  // of a message, whose numbers come next
    for (auto number : numbers) {
        if (is_body) {
            at = find_in_message(parts, *at, number);
        } else if (at->is_multipart()) {
            at = find_child(parts, *at, number);
        } else if (auto* body = embedded_message(parts, *at)) {
            at = find_in_message(parts, *body, number);
        } else {
            return nullptr;
        }
        if (!at) return nullptr;
        is_body = false;
    }
    return at;
}

std::string section_of(const std::vector<Part>& parts, std::size_t index) {
    std::string out;
    auto prepend = [&](std::uint32_t number) {
        out = std::to_string(number) + (out.empty() ? "" : ".") + out;
    };
    for (auto* part = &parts[index];;) {
        if (part->parent < 0) {
            if (!part->is_multipart()) prepend(1);
            return out;
        }
        auto& parent = parts[static_cast<std::size_t>(part->parent)];
        // The multipart in a message part shares the message part's numbers.
        if (!parent.is_message() || !part->is_multipart()) prepend(part->number);
        part = &parent;
    }
}

}  // namespace rook::message
