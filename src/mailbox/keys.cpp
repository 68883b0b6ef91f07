#include "mailbox/keys.h"

#include <fmt/format.h>

#include "base/codec.h"

namespace rook::mailbox::keys {
namespace {

std::string one(char letter) { return std::string(1, letter); }

std::string numbered(char letter, std::uint64_t n) {
    auto key = one(letter);
    Writer(key).u64(n);
    return key;
}

std::string of_email(char letter, EmailId id) {
    auto key = numbered(letter, id.account.v);
    Writer(key).u64(id.n);
    return key;
}

}  // namespace

std::string account() { return one(kAccount); }
std::string format() { return one(kFormat); }
std::string counters(std::uint64_t mailbox) { return numbered(kCounters, mailbox); }
std::string properties(std::uint64_t mailbox) { return numbered(kProperties, mailbox); }
std::string doomed(std::uint64_t mailbox) { return numbered(kDoomed, mailbox); }

std::string index(std::uint64_t mailbox, Uid low) {
    auto key = numbered(kIndex, mailbox);
    Writer(key).u32(low.v);
    return key;
}

std::string page(std::uint64_t mailbox, Uid low) {
    auto key = numbered(kPage, mailbox);
    Writer(key).u32(low.v);
    return key;
}

std::string email(EmailId id) { return of_email(kEmail, id); }

std::string summary(EmailId id, std::uint32_t chunk) {
    auto key = of_email(kSummary, id);
    Writer(key).u32(chunk);
    return key;
}

std::string body(EmailId id, std::uint32_t chunk) {
    auto key = of_email(kBody, id);
    Writer(key).u32(chunk);
    return key;
}

std::string signature(EmailId id) { return of_email(kSignature, id); }
std::string change(ModSeq modseq) { return numbered(kChange, modseq.v); }

std::string expunged(std::uint64_t mailbox, ModSeq modseq) {
    auto key = numbered(kExpunged, mailbox);
    Writer(key).u64(modseq.v);
    return key;
}

std::string free(std::int64_t freed_at, EmailId id) {
    auto key = numbered(kFree, static_cast<std::uint64_t>(freed_at));
    Writer(key).u64(id.account.v).u64(id.n);
    return key;
}

std::string subscription(std::uint64_t n) { return numbered(kSubscription, n); }
std::string thread(std::string_view hash) { return one(kThread).append(hash); }

std::string staged_email(EmailId id) {
    auto key = one(kStaged);
    Writer(key).u8(kStagedEmail).u64(id.account.v).u64(id.n);
    return key;
}

std::string staged_copy(std::uint64_t mailbox, Uid first) {
    auto key = one(kStaged);
    Writer(key).u8(kStagedCopy).u64(mailbox).u32(first.v);
    return key;
}

std::string staged_account() { return one(kStaged) + kStagedAccount; }
std::string repairing() { return one(kStaged) + kRepairing; }

std::string after(char letter) { return one(static_cast<char>(letter + 1)); }

EmailId read_email(Reader& in) {
    EmailId email;
    email.account.v = in.u64();
    email.n = in.u64();
    return email;
}

std::string to_text(std::string_view key) {
    std::string out(key.substr(0, 1));
    for (auto c : key.substr(out.size())) {
        out += fmt::format("{:02x}", static_cast<unsigned char>(c));
    }
    return out;
}

}  // namespace rook::mailbox::keys
