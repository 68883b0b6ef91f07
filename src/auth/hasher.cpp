#include "auth/hasher.h"

#include <sodium.h>

#include <array>
#include <cerrno>

#include "base/check.h"
#include "base/sabotage.h"

namespace rook::auth {
namespace {

// OWASP's figures for Argon2id: 19 MiB, two passes, one lane.
constexpr unsigned long long kPasses = 2;
constexpr std::size_t kMemory = std::size_t{19} * 1024 * 1024;

std::unexpected<Error> no_memory() {
    return fail(Why::Busy, "The server is short of memory, try again later",
                "no memory for a password hash");
}

Result<std::string> hash_now(std::string_view password) {
    std::array<char, crypto_pwhash_STRBYTES> out{};
    if (crypto_pwhash_str_alg(out.data(), password.data(), password.size(), kPasses, kMemory,
                              crypto_pwhash_ALG_ARGON2ID13) != 0)
        return no_memory();
    return std::string(out.data());
}

}  // namespace

class Hasher::Turn {
public:
    explicit Turn(Hasher& hasher) : hasher_(hasher) {
        std::unique_lock lock(hasher_.mutex_);
        hasher_.free_.wait(lock, [&] { return hasher_.running_ < hasher_.at_once_; });
        ++hasher_.running_;
    }
    ~Turn() {
        {
            std::lock_guard lock(hasher_.mutex_);
            --hasher_.running_;
        }
        hasher_.free_.notify_one();
    }
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;

private:
    Hasher& hasher_;
};

Hasher::Hasher(unsigned at_once) : at_once_(at_once == 0 ? 1 : at_once) {
    CHECK(sodium_init() >= 0);
    std::array<unsigned char, 32> random{};
    randombytes_buf(random.data(), random.size());
    auto made = hash_now({reinterpret_cast<const char*>(random.data()), random.size()});
    CHECK(made.has_value());
    nobodys_ = std::move(*made);
}

Result<std::string> Hasher::hash(std::string_view password) {
    Turn turn(*this);
    return hash_now(password);
}

Result<bool> Hasher::verify(const std::string& stored, std::string_view password,
                            const std::function<bool()>& still) {
    // libsodium reads up to this many bytes of it.
    std::array<char, crypto_pwhash_STRBYTES> text{};
    const bool is_somebodys = !stored.empty() && stored.size() < text.size();
    if (!is_somebodys && sabotaged(Sabotage::TellUnknown)) return false;
    (is_somebodys ? stored : nobodys_).copy(text.data(), text.size() - 1);
    Turn turn(*this);
    if (!still()) return fail(Why::Busy, "Too many failed logins, try again later");
    errno = 0;
    const bool matches =
        crypto_pwhash_str_verify(text.data(), password.data(), password.size()) == 0;
    if (!matches && errno == ENOMEM) return no_memory();
    return matches && is_somebodys;
}

}  // namespace rook::auth
