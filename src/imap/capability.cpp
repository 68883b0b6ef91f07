// What CAPABILITY says (RFC 9051 6.1.1), gathered from the rows.
#include "imap/command_list.h"

namespace rook::imap {

namespace {

void add_word(std::string& out, std::string_view word) {
    if (!word.empty()) out.append(" ").append(word);
}

// Before login: what helps to log in, and no list of everything (a stranger needs none).
void add_login(std::string& out, const CapabilityInput& input) {
    if (input.can_start_tls) add_word(out, "STARTTLS");
    if (!input.may_log_in) return add_word(out, "LOGINDISABLED");
    for (const auto mechanism : input.mechanisms) {
        add_word(out, "AUTH=" + std::string(mechanism));
    }
}

}  // namespace

std::string capability_text(const CapabilityInput& input) {
    std::string out = "CAPABILITY IMAP4rev1 IMAP4rev2";
    for (const auto* command : all_commands()) {
        if (input.is_logged_in || allows(command->states, State::BeforeLogin)) {
            add_word(out, command->capability);
        }
    }
    for (const auto* extension : all_extensions()) {
        if (!input.is_logged_in && !extension->is_for_strangers) continue;
        add_word(out, extension->capability);
        if (extension->make_capability) add_word(out, extension->make_capability(input));
    }
    if (!input.is_logged_in) add_login(out, input);
    return out;
}

}  // namespace rook::imap
