#include "auth/throttle.h"

#include <sodium.h>

#include <algorithm>

namespace rook::auth {
namespace {

constexpr std::size_t kCounts = 50'000;
constexpr std::size_t kPairs = 20'000;
constexpr std::size_t kKnown = 50'000;
constexpr auto kMinute = std::chrono::minutes(1);

}  // namespace

Throttle::Throttle(const Clock& clock, Random& random, unsigned failures_per_network,
                   unsigned failures_per_account)
    : clock_(clock),
      per_network_(failures_per_network),
      per_account_(failures_per_account),
      key_(random.bytes(crypto_shorthash_KEYBYTES)),
      networks_(kCounts),
      accounts_(kCounts),
      pairs_(kPairs),
      known_(kKnown) {}

std::uint64_t Throttle::hash(std::string_view a, std::string_view b) const {
    auto text = std::string(a).append(1, '\0').append(b);
    std::uint64_t out = 0;
    static_assert(sizeof out == crypto_shorthash_BYTES);
    crypto_shorthash(reinterpret_cast<unsigned char*>(&out),
                     reinterpret_cast<const unsigned char*>(text.data()), text.size(),
                     reinterpret_cast<const unsigned char*>(key_.data()));
    return out == 0 ? 1 : out;
}

bool Throttle::is_known(std::uint64_t network, std::uint64_t name) {
    auto* networks = known_.find(name);
    return networks && std::find(networks->begin(), networks->end(), network) != networks->end();
}

template <class Entry>
void Throttle::start_anew_when_old(Entry& entry) const {
    auto now = clock_.tick();
    if (now - entry.since < kMinute) return;
    entry = {};
    entry.since = now;
}

bool Throttle::is_over(Lru<std::uint64_t, Count>& counts, std::uint64_t key, unsigned most) {
    auto* count = counts.find(key);
    return count && count->failures >= most && clock_.tick() - count->since < kMinute;
}

void Throttle::count(Lru<std::uint64_t, Count>& counts, std::uint64_t key) {
    auto* count = counts.find(key);
    if (!count) count = &counts.put(key, Count{clock_.tick()});
    start_anew_when_old(*count);
    ++count->failures;
}

bool Throttle::is_refused(std::string_view network, std::string_view name) {
    auto from = hash(network), to = hash(name), both = hash(network, name);
    std::lock_guard lock(mutex_);
    if (is_known(from, to)) {
        auto* pair = pairs_.find(both);
        return pair && pair->attempts.size() >= per_network_ &&
               clock_.tick() - pair->since < kMinute;
    }
    return is_over(networks_, from, per_network_) || is_over(accounts_, to, per_account_);
}

void Throttle::failed(std::string_view network, std::string_view name, std::string_view attempt) {
    auto from = hash(network), to = hash(name), both = hash(network, name);
    auto tried = attempt.empty() ? 0 : hash(name, attempt);
    std::lock_guard lock(mutex_);
    if (!is_known(from, to)) {
        count(networks_, from);
        count(accounts_, to);
        return;
    }
    auto* pair = pairs_.find(both);
    if (!pair) pair = &pairs_.put(both, Pair{clock_.tick(), {}});
    start_anew_when_old(*pair);
    auto& attempts = pair->attempts;
    const bool is_new =
        tried == 0 || std::find(attempts.begin(), attempts.end(), tried) == attempts.end();
    if (is_new && attempts.size() < per_network_) attempts.push_back(tried);
}

void Throttle::succeeded(std::string_view network, std::string_view name) {
    auto from = hash(network), to = hash(name);
    std::lock_guard lock(mutex_);
    auto* networks = known_.find(to);
    if (!networks) networks = &known_.put(to, Networks{});
    auto at = std::find(networks->begin(), networks->end(), from);
    if (at == networks->end()) at = networks->end() - 1;
    *at = from;
    std::rotate(networks->begin(), at, at + 1);
}

}  // namespace rook::auth
