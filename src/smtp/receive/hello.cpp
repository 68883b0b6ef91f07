#include "smtp/receive/hello.h"

#include <fmt/core.h>

#include "base/ascii.h"

namespace rook::smtp {

bool take_hello(Session& s, std::string_view name) {
    constexpr std::size_t kMaxName = 255;
    // Any word will do: clients know their own names badly. Trace fields get what is safe of it.
    bool good = !name.empty() && name.size() <= kMaxName;
    for (char c : name) good = good && c != ' ' && !is_ctl(c);
    if (!good) {
        s.bad_command({501, "5.5.4"}, "Your name comes after it, one word");
        return false;
    }
    s.set_hello(name);
    return true;
}

void answer_hello(Session& s, std::string_view name) {
    if (!take_hello(s, name)) return;
    std::vector<std::string> lines{s.services().options.hostname};
    for (const auto* command : all_commands()) {
        if (!command->keyword.empty()) lines.emplace_back(command->keyword);
    }
    lines.push_back(fmt::format("SIZE {}", s.max_message_bytes()));
    lines.insert(lines.end(), {"8BITMIME", "SMTPUTF8", "ENHANCEDSTATUSCODES", "PIPELINING"});
    if (s.link().can_start_tls()) lines.emplace_back("STARTTLS");
    if (s.kind() == Kind::Submission && !s.login()) {
        std::string auth = "AUTH";
        for (auto mechanism : s.services().authenticator.mechanisms(s.origin())) {
            auth.append(" ").append(mechanism);
        }
        if (auth.size() > 4) lines.push_back(std::move(auth));
    }
    for (std::size_t i = 0; i < lines.size(); ++i) {
        const auto last = i + 1 == lines.size() ? Last::Yes : Last::No;
        s.link().write(reply_line({250, ""}, lines[i], last));
    }
}

}  // namespace rook::smtp
