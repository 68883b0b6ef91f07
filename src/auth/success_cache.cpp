#include "auth/success_cache.h"

#include <sodium.h>

#include "base/codec.h"

namespace rook::auth {

std::string credentials_of(const directory::Account& account) {
    std::string out;
    Writer writer(out);
    writer.u64(account.id.v).text(account.address).text(account.password);
    writer.text(account.scram.stored_key);
    for (auto& one : account.app_passwords) {
        writer.u32(one.id).u8(one.protocols).text(one.verifier.salt);
        writer.text(one.verifier.stored_key);
    }
    return out;
}

SuccessCache::SuccessCache(const Clock& clock, Random& random, std::size_t entries,
                           std::chrono::seconds lasts)
    : clock_(clock),
      secret_(random.bytes(crypto_generichash_KEYBYTES)),
      lasts_(lasts),
      known_(entries) {}

std::string SuccessCache::key_of(const directory::Account& account,
                                 std::string_view password) const {
    std::string text;
    Writer(text).text(password).text(credentials_of(account));
    std::string key(crypto_generichash_BYTES, '\0');
    crypto_generichash(reinterpret_cast<unsigned char*>(key.data()), key.size(),
                       reinterpret_cast<const unsigned char*>(text.data()), text.size(),
                       reinterpret_cast<const unsigned char*>(secret_.data()), secret_.size());
    sodium_memzero(text.data(), text.size());
    return key;
}

std::optional<std::uint32_t> SuccessCache::find(const directory::Account& account,
                                                std::string_view password) {
    auto key = key_of(account, password);
    std::lock_guard lock(mutex_);
    auto* known = known_.find(key);
    if (!known) return {};
    if (known->until > clock_.tick()) return known->app_password;
    known_.erase(key);
    return {};
}

void SuccessCache::remember(const directory::Account& account, std::string_view password,
                            std::uint32_t app_password) {
    if (lasts_.count() == 0) return;
    auto key = key_of(account, password);
    std::lock_guard lock(mutex_);
    known_.put(key, {app_password, clock_.tick() + lasts_});
}

}  // namespace rook::auth
