#include "directory/directory.h"

#include <algorithm>
#include <mutex>
#include <set>

#include "base/check.h"
#include "base/random.h"
#include "directory/address.h"
#include "directory/cache.h"
#include "directory/records.h"

namespace rook::directory {
namespace {

constexpr std::size_t kMaxAppPasswords = 100;  // an account
constexpr std::size_t kMaxTargets = 300;       // an alias; its record must fit one value
constexpr int kMaxDepth = 16;
constexpr std::size_t kSecretBytes = 32;

bool same(const ScramVerifier& a, const ScramVerifier& b) {
    return a.iterations == b.iterations && a.salt == b.salt && a.stored_key == b.stored_key &&
           a.server_key == b.server_key;
}

// A credential that `old` had works no more.
bool lost_credential(const Account& old, const Account& now) {
    if (!old.password.empty() && old.password != now.password) return true;
    if (old.scram.iterations != 0 && !same(old.scram, now.scram)) return true;
    return std::any_of(
        old.app_passwords.begin(), old.app_passwords.end(), [&](const AppPassword& one) {
            return std::none_of(now.app_passwords.begin(), now.app_passwords.end(),
                                [&](const AppPassword& other) {
                                    return other.id == one.id && other.protocols == one.protocols &&
                                           same(other.verifier, one.verifier);
                                });
        });
}

class StoredDirectory final : public Directory {
public:
    StoredDirectory(store::Store& store, const Clock& clock, Options options)
        : store_(store), clock_(clock), options_(std::move(options)) {}

    Result<> load() {
        if (!options_.default_domain.empty())
            options_.default_domain = TRY(canonical_domain(options_.default_domain));
        if (auto stored = TRY(read(secret_key()))) {
            secret_ = TRY(read_text(secret_key(), *stored));
            return {};
        }
        secret_ = SystemRandom().bytes(kSecretBytes);
        return put(secret_key(), text_value(secret_key(), secret_));
    }

    // --- domains ---

    Result<> add_domain(std::string_view name) override {
        auto domain = TRY(canonical_domain(name));
        std::lock_guard lock(changing_);
        if (TRY(knows(domain))) return fail(Why::Exists, "The domain is there already");
        auto done = put(domain_key(domain), domain_value(domain, clock_.seconds()));
        cache_.forget_domain(domain);
        return done;
    }

    Result<> remove_domain(std::string_view name) override {
        auto domain = TRY(canonical_domain(name));
        std::lock_guard lock(changing_);
        if (!TRY(knows(domain))) return fail(Why::NotFound, "There is no such domain");
        if (TRY(has_any(logins_of(domain))))
            return fail(Why::Cannot, "There are still accounts in the domain");
        if (TRY(has_any(aliases_of(domain))))
            return fail(Why::Cannot, "There are still aliases in the domain");
        store::Batch batch;
        batch.erase(store::Table::Records, domain_key(domain));
        auto done = commit(std::move(batch));
        cache_.forget_domain(domain);
        return done;
    }

    Result<std::vector<std::string>> domains() override {
        std::vector<std::string> all;
        TRY(scan(all_domains(), [&](auto key, auto) {
            all.push_back(domain_of_key(key));
            return Result<>();
        }));
        return all;
    }

    Result<bool> has_domain(std::string_view name) override {
        auto domain = canonical_domain(name);
        return domain ? knows(*domain) : false;
    }

    // --- accounts ---

    Result<AccountId> reserve_account() override {
        std::lock_guard lock(changing_);
        const auto next = TRY(next_account());
        TRY(put(counter_key(), number_value(counter_key(), next + 1)));
        return AccountId{next};
    }

    Result<> add_account(const Account& given) override {
        auto account = given;
        account.address = TRY(canonical_address(given.address));
        if (account.created == 0) account.created = clock_.seconds();
        CHECK(account.id.v != 0);
        std::lock_guard lock(changing_);
        TRY(check_free(account.address));
        store::Batch batch;
        auto login = login_key(account.address);
        batch.put(store::Table::Records, account_key(account.id), account_value(account));
        batch.put(store::Table::Records, login, number_value(login, account.id.v));
        auto done = commit(std::move(batch));
        cache_.forget_account(account.id, account.address);
        return done;
    }

    Result<> remove_account(AccountId id) override {
        {
            std::lock_guard lock(changing_);
            auto account = TRY(find(id));
            if (!account) return fail(Why::NotFound, "There is no such account");
            store::Batch batch;
            batch.erase(store::Table::Records, login_key(account->address));
            batch.erase(store::Table::Records, account_key(id));
            auto done = commit(std::move(batch));
            cache_.forget_account(id, account->address);
            TRY(std::move(done));
            TRY(remove_targets(account->address));
        }
        tell(id, What::Removed);
        return {};
    }

    Result<> replace_account(const Account& given) override {
        auto account = given;
        account.address = TRY(canonical_address(given.address));
        CHECK(account.id.v != 0);
        AccountId old;
        {
            std::lock_guard lock(changing_);
            auto found = TRY(exact(account.address));
            if (!found) return fail(Why::NotFound, "There is no such account");
            old = found->id;
            store::Batch batch;
            auto login = login_key(account.address);
            batch.erase(store::Table::Records, account_key(old));
            batch.put(store::Table::Records, account_key(account.id), account_value(account));
            batch.put(store::Table::Records, login, number_value(login, account.id.v));
            auto done = commit(std::move(batch));
            cache_.forget_account(old, account.address);
            cache_.forget_account(account.id, account.address);
            TRY(std::move(done));
        }
        tell(old, What::Removed);
        return {};
    }

    Result<> number_accounts_from(AccountId first) override {
        std::lock_guard lock(changing_);
        const auto next = std::max(TRY(next_account()), first.v);
        return put(counter_key(), number_value(counter_key(), next));
    }

    Result<std::vector<AccountPtr>> accounts() override {
        std::vector<AccountPtr> all;
        TRY(scan(all_accounts(), [&](auto key, auto value) -> Result<> {
            all.push_back(std::make_shared<const Account>(TRY(read_account(key, value))));
            return {};
        }));
        std::sort(all.begin(), all.end(), [](auto& a, auto& b) { return a->address < b->address; });
        return all;
    }

    Result<AccountPtr> find(AccountId id) override {
        return cache_.account(id, [&]() -> Result<AccountPtr> {
            auto key = account_key(id);
            auto stored = TRY(read(key));
            if (!stored) return nullptr;
            return std::make_shared<const Account>(TRY(read_account(key, *stored)));
        });
    }

    Result<AccountPtr> find(std::string_view address) override {
        return exact(login_name(address));
    }

    Result<> change(AccountId id, const std::function<Result<>(Account&)>& edit) override {
        AccountPtr old;
        Account now;
        {
            std::lock_guard lock(changing_);
            old = TRY(find(id));
            if (!old) return fail(Why::NotFound, "There is no such account");
            now = *old;
            TRY(edit(now));
            now.id = old->id;
            now.address = old->address;
            if (now.app_passwords.size() > kMaxAppPasswords)
                return fail(Why::Limit, "The account has too many app passwords");
            auto done = put(account_key(id), account_value(now));
            cache_.forget_account(id, now.address);
            TRY(std::move(done));
        }
        if (lost_credential(*old, now)) tell(id, What::Credentials);
        if (old->protocols != now.protocols) tell(id, What::Protocols);
        if (old->quota_bytes != now.quota_bytes) tell(id, What::Quota);
        return {};
    }

    // --- aliases ---

    Result<> add_alias(const Alias& given) override {
        Alias alias;
        alias.address = TRY(alias_address(given.address));
        if (given.targets.empty()) return fail(Why::BadSyntax, "An alias needs a target");
        if (given.targets.size() > kMaxTargets)
            return fail(Why::Limit, "The alias has too many targets");
        std::lock_guard lock(changing_);
        TRY(check_free(alias.address));
        for (auto& text : given.targets) {
            auto target = TRY(canonical_address(text));
            if (target == alias.address)
                return fail(Why::Cannot, "An alias cannot point to itself");
            if (TRY(resolve(target)).empty())
                return fail(Why::NotFound, "There is no account or alias " + target);
            if (std::find(alias.targets.begin(), alias.targets.end(), target) ==
                alias.targets.end())
                alias.targets.push_back(std::move(target));
        }
        auto done = put(alias_key(alias.address), alias_value(alias));
        cache_.forget_alias(alias.address);
        return done;
    }

    Result<> remove_alias(std::string_view text) override {
        auto address = TRY(alias_address(text));
        std::lock_guard lock(changing_);
        if (!TRY(alias(address))) return fail(Why::NotFound, "There is no such alias");
        store::Batch batch;
        batch.erase(store::Table::Records, alias_key(address));
        auto done = commit(std::move(batch));
        cache_.forget_alias(address);
        TRY(std::move(done));
        return remove_targets(address);
    }

    Result<std::vector<Alias>> aliases() override {
        std::vector<Alias> all;
        TRY(scan(all_aliases(), [&](auto key, auto value) -> Result<> {
            all.push_back(TRY(read_alias(key, value)));
            return {};
        }));
        return all;
    }

    // --- where mail goes ---

    Result<std::vector<Recipient>> resolve(std::string_view text) override {
        Walk walk;
        auto address = TRY(canonical_address(login_name(text)));
        TRY(follow(address, "", 0, walk));
        return std::move(walk.found);
    }

    Result<bool> owns(AccountId id, std::string_view address) override {
        if (!canonical_address(login_name(address))) return false;
        auto reached = TRY(resolve(address));
        return reached.size() == 1 && reached[0].account->id == id;
    }

    std::string login_name(std::string_view name) const override {
        auto full = std::string(name);
        if (name.find('@') == std::string_view::npos && !options_.default_domain.empty())
            full += "@" + options_.default_domain;
        return canonical_address(full).value_or(std::string(name));
    }

    const std::string& secret() const override { return secret_; }

    void watch(std::function<void(AccountId, What)> watcher) override {
        watchers_.push_back(std::move(watcher));
    }

private:
    struct Walk {
        std::vector<Recipient> found;
        std::set<AccountId> reached;
        std::set<std::string> seen;  // aliases on the way, so that a ring ends
    };

    // Under changing_.
    Result<std::uint64_t> next_account() const {
        auto stored = TRY(read(counter_key()));
        return stored ? TRY(read_number(counter_key(), *stored)) : 1;
    }
    Result<std::optional<std::string>> read(const std::string& key) const {
        return store_.find(kDirectoryAccount, store::Table::Records, key);
    }
    Result<> commit(store::Batch batch) {
        return store_.commit(kDirectoryAccount, std::move(batch));
    }
    Result<> put(const std::string& key, const std::string& value) {
        store::Batch batch;
        batch.put(store::Table::Records, key, value);
        return commit(std::move(batch));
    }

    template <class Each>
    Result<> scan(const Span& span, Each&& each) const {
        Result<> result;
        TRY(store_.scan(kDirectoryAccount, store::Table::Records, span.from, span.to,
                        [&](std::string_view key, std::string_view value) {
                            result = each(key, value);
                            return result.has_value();
                        }));
        return result;
    }
    Result<bool> has_any(const Span& span) const {
        bool any = false;
        TRY(store_.scan(kDirectoryAccount, store::Table::Records, span.from, span.to,
                        [&](std::string_view, std::string_view) {
                            any = true;
                            return false;
                        }));
        return any;
    }

    Result<bool> knows(const std::string& domain) {
        return cache_.domain(
            domain, [&]() -> Result<bool> { return TRY(read(domain_key(domain))).has_value(); });
    }

    // The account with just this canonical address.
    Result<AccountPtr> exact(const std::string& address) {
        auto id = TRY(cache_.login(address, [&]() -> Result<AccountId> {
            auto key = login_key(address);
            if (key.size() > store::kMaxKey) return AccountId{};
            auto stored = TRY(read(key));
            if (!stored) return AccountId{};
            return AccountId{TRY(read_number(key, *stored))};
        }));
        if (id.v == 0) return nullptr;
        return find(id);
    }

    Result<Cache::AliasPtr> alias(const std::string& address) {
        return cache_.alias(address, [&]() -> Result<Cache::AliasPtr> {
            auto key = alias_key(address);
            auto stored = TRY(read(key));
            if (!stored) return nullptr;
            return std::make_shared<const Alias>(TRY(read_alias(key, *stored)));
        });
    }

    static Result<std::string> alias_address(std::string_view text) {
        if (text.starts_with('@')) return "@" + TRY(canonical_domain(text.substr(1)));
        return canonical_address(text);
    }

    // Its domain is ours and nobody has it.
    Result<> check_free(const std::string& address) {
        if (!TRY(knows(std::string(halves(address).domain))))
            return fail(Why::NotFound, "The domain is not one of this server");
        if (TRY(exact(address))) return fail(Why::Exists, "There is an account of this address");
        if (TRY(alias(address))) return fail(Why::Exists, "There is an alias of this address");
        return {};
    }

    // user+detail@domain in its parts; nullopt when there is no detail.
    std::optional<std::pair<std::string, std::string>> take_detail(
        const std::string& address) const {
        auto [local, domain] = halves(address);
        auto at = local.find_first_of(options_.detail_separators);
        if (local.starts_with('"') || at == std::string_view::npos || at == 0) return {};
        return std::pair(std::string(local.substr(0, at)).append("@").append(domain),
                         std::string(local.substr(at + 1)));
    }

    // True when somebody has just this address.
    Result<bool> follow_exact(const std::string& address, const std::string& detail, int depth,
                              Walk& walk) {
        if (auto account = TRY(exact(address))) {
            if (walk.reached.insert(account->id).second) walk.found.push_back({account, detail});
            return true;
        }
        auto known = TRY(alias(address));
        if (!known) return false;
        if (depth < kMaxDepth && walk.seen.insert(address).second) {
            for (auto& target : known->targets) TRY(follow(target, detail, depth + 1, walk));
        }
        return true;
    }

    Result<> follow(const std::string& address, const std::string& detail, int depth, Walk& walk) {
        if (TRY(follow_exact(address, detail, depth, walk))) return {};
        if (auto parts = take_detail(address)) {
            auto& [base, own] = *parts;
            if (TRY(follow_exact(base, own.empty() ? detail : own, depth, walk))) return {};
        }
        auto catch_all = std::string("@").append(halves(address).domain);
        TRY(follow_exact(catch_all, "", depth, walk));
        return {};
    }

    // Takes an address that is gone out of every alias; an alias without targets goes too.
    Result<> remove_targets(std::string gone) {
        std::vector<std::string> waiting{std::move(gone)};
        while (!waiting.empty()) {
            auto address = std::move(waiting.back());
            waiting.pop_back();
            for (auto& alias : TRY(aliases())) {
                auto removed = std::erase_if(alias.targets, [&](const std::string& target) {
                    auto parts = take_detail(target);
                    return target == address || (parts && parts->first == address);
                });
                if (removed == 0) continue;
                store::Batch batch;
                batch.mark_freeing();
                if (alias.targets.empty()) {
                    batch.erase(store::Table::Records, alias_key(alias.address));
                    waiting.push_back(alias.address);
                } else {
                    batch.put(store::Table::Records, alias_key(alias.address), alias_value(alias));
                }
                auto done = commit(std::move(batch));
                cache_.forget_alias(alias.address);
                TRY(std::move(done));
            }
        }
        return {};
    }

    void tell(AccountId id, What what) const {
        for (auto& watcher : watchers_) watcher(id, what);
    }

    store::Store& store_;
    const Clock& clock_;
    Options options_;
    std::string secret_;
    std::mutex changing_;  // held over read, commit and forget; readers never take it
    Cache cache_;
    std::vector<std::function<void(AccountId, What)>> watchers_;
};

}  // namespace

Result<std::unique_ptr<Directory>> Directory::open(store::Store& store, const Clock& clock,
                                                   Options options) {
    auto directory = std::make_unique<StoredDirectory>(store, clock, std::move(options));
    TRY(directory->load());
    return directory;
}

}  // namespace rook::directory
