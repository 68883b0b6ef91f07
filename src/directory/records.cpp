#include "directory/records.h"

#include "base/codec.h"
#include "directory/address.h"

namespace rook::directory {
namespace {

constexpr std::uint8_t kVersion = 1;

enum Letter : char {
    kAlias = 'A',
    kDomain = 'D',
    kCounter = 'K',
    kLogin = 'L',
    kSecret = 'S',
    kAccount = 'U'
};

// Domains hold no 0 byte (canonical_domain lets none through), so it can end one.
std::string by_domain(Letter letter, std::string_view address) {
    auto [local, domain] = halves(address);
    return std::string(1, letter).append(domain).append(1, '\0').append(local);
}

Span span(Letter letter) {
    return {std::string(1, letter), std::string(1, static_cast<char>(letter + 1))};
}

Span span(Letter letter, std::string_view domain) {
    auto key = std::string(1, letter).append(domain);
    return {key + '\0', key + '\1'};
}

// The payload, when it is of a version that we can read.
Result<Reader> open(std::string_view key, std::string_view value) {
    auto opened = TRY(unseal(key, value, kVersion));
    return Reader(opened.payload);
}

std::unexpected<Error> damaged(std::string_view what) {
    return fail(Why::Corrupt, "The directory is damaged",
                std::string("a record cannot be read: ").append(what));
}

void write(Writer& out, const ScramVerifier& scram) {
    out.varint(scram.iterations).text(scram.salt).text(scram.stored_key).text(scram.server_key);
}

ScramVerifier read_scram(Reader& in) {
    ScramVerifier scram;
    scram.iterations = static_cast<std::uint32_t>(in.varint());
    scram.salt = in.text();
    scram.stored_key = in.text();
    scram.server_key = in.text();
    return scram;
}

}  // namespace

std::string domain_key(std::string_view domain) { return std::string(1, kDomain).append(domain); }
std::string account_key(AccountId id) {
    std::string key(1, kAccount);
    Writer(key).u64(id.v);
    return key;
}
std::string login_key(std::string_view address) { return by_domain(kLogin, address); }
std::string alias_key(std::string_view address) { return by_domain(kAlias, address); }
std::string counter_key() { return {kCounter}; }
std::string secret_key() { return {kSecret}; }

Span all_domains() { return span(kDomain); }
Span all_accounts() { return span(kAccount); }
Span all_aliases() { return span(kAlias); }
Span logins_of(std::string_view domain) { return span(kLogin, domain); }
Span aliases_of(std::string_view domain) { return span(kAlias, domain); }

std::string domain_of_key(std::string_view key) { return std::string(key.substr(1)); }

std::string account_value(const Account& account) {
    std::string payload;
    Writer out(payload);
    out.text(account.address).text(account.password);
    write(out, account.scram);
    out.varint(account.next_app_password).varint(account.app_passwords.size());
    for (auto& one : account.app_passwords) {
        out.varint(one.id).text(one.label).u8(one.protocols).zigzag(one.created);
        write(out, one.verifier);
    }
    out.u8(account.protocols).varint(account.quota_bytes).zigzag(account.created);
    return sealed(kVersion, account_key(account.id), payload);
}

Result<Account> read_account(std::string_view key, std::string_view value) {
    auto in = TRY(open(key, value));
    Account account;
    Reader id(key.substr(1));
    account.id = AccountId{id.u64()};
    account.address = in.text();
    account.password = in.text();
    account.scram = read_scram(in);
    account.next_app_password = static_cast<std::uint32_t>(in.varint());
    for (auto left = in.varint(); left > 0 && !in.failed(); --left) {
        AppPassword one;
        one.id = static_cast<std::uint32_t>(in.varint());
        one.label = in.text();
        one.protocols = in.u8();
        one.created = in.zigzag();
        one.verifier = read_scram(in);
        account.app_passwords.push_back(std::move(one));
    }
    account.protocols = in.u8();
    account.quota_bytes = in.varint();
    account.created = in.zigzag();
    if (in.failed() || id.failed()) return damaged("account");
    return account;
}

std::string alias_value(const Alias& alias) {
    std::string payload;
    Writer out(payload);
    out.text(alias.address).varint(alias.targets.size());
    for (auto& target : alias.targets) out.text(target);
    return sealed(kVersion, alias_key(alias.address), payload);
}

Result<Alias> read_alias(std::string_view key, std::string_view value) {
    auto in = TRY(open(key, value));
    Alias alias;
    alias.address = in.text();
    for (auto left = in.varint(); left > 0 && !in.failed(); --left)
        alias.targets.emplace_back(in.text());
    if (in.failed()) return damaged("alias");
    return alias;
}

std::string domain_value(std::string_view domain, std::int64_t created) {
    std::string payload;
    Writer(payload).zigzag(created);
    return sealed(kVersion, domain_key(domain), payload);
}

std::string number_value(std::string_view key, std::uint64_t number) {
    std::string payload;
    Writer(payload).varint(number);
    return sealed(kVersion, key, payload);
}

Result<std::uint64_t> read_number(std::string_view key, std::string_view value) {
    auto in = TRY(open(key, value));
    auto number = in.varint();
    if (in.failed()) return damaged("number");
    return number;
}

std::string text_value(std::string_view key, std::string_view text) {
    std::string payload;
    Writer(payload).text(text);
    return sealed(kVersion, key, payload);
}

Result<std::string> read_text(std::string_view key, std::string_view value) {
    auto in = TRY(open(key, value));
    auto text = std::string(in.text());
    if (in.failed()) return damaged("text");
    return text;
}

}  // namespace rook::directory
