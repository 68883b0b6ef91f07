#include "auth/scram.h"

#include <openssl/evp.h>
#include <sodium.h>

#include <array>
#include <vector>

#include "base/ascii.h"
#include "base/base64.h"
#include "base/check.h"
#include "base/utf8.h"

namespace rook::auth::scram {
namespace {

constexpr std::size_t kHash = crypto_hash_sha256_BYTES;
constexpr std::size_t kSaltBytes = 16;
constexpr std::size_t kMaxNonce = 256;

const unsigned char* raw(std::string_view text) {
    return reinterpret_cast<const unsigned char*>(text.data());
}
std::string text_of(const std::array<unsigned char, kHash>& bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::string hmac(std::string_view key, std::string_view message) {
    crypto_auth_hmacsha256_state state;
    std::array<unsigned char, kHash> out{};
    crypto_auth_hmacsha256_init(&state, raw(key), key.size());
    crypto_auth_hmacsha256_update(&state, raw(message), message.size());
    crypto_auth_hmacsha256_final(&state, out.data());
    return text_of(out);
}

std::string sha256(std::string_view message) {
    std::array<unsigned char, kHash> out{};
    crypto_hash_sha256(out.data(), raw(message), message.size());
    return text_of(out);
}

std::unexpected<Error> bad() { return fail(Why::BadSyntax, "The SCRAM message cannot be read"); }

// "n=alice" is "alice" for 'n'.
Result<std::string_view> value_of(std::string_view attribute, char name) {
    if (attribute.size() < 2 || attribute[0] != name || attribute[1] != '=') return bad();
    return attribute.substr(2);
}

// RFC 5802 5.1: "=2C" is a comma, "=3D" an equals sign, nothing else.
Result<std::string> read_name(std::string_view attribute, char name) {
    auto text = TRY(value_of(attribute, name));
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (is_ctl(text[i])) return bad();
        if (text[i] != '=') {
            out += text[i];
            continue;
        }
        auto code = text.substr(i, 3);
        if (code != "=2C" && code != "=3D") return bad();
        out += code == "=2C" ? ',' : '=';
        i += 2;
    }
    if (!is_valid_utf8(out)) return bad();
    return out;
}

Result<std::string> read_nonce(std::string_view attribute) {
    auto text = TRY(value_of(attribute, 'r'));
    if (text.empty() || text.size() > kMaxNonce) return bad();
    for (char c : text) {
        if (c < 0x21 || c > 0x7e || c == ',') return bad();
    }
    return std::string(text);
}

}  // namespace

directory::ScramVerifier make_verifier(std::string_view password, std::string_view salt,
                                       std::uint32_t iterations) {
    std::array<unsigned char, kHash> salted{};
    CHECK(PKCS5_PBKDF2_HMAC(password.data(), static_cast<int>(password.size()), raw(salt),
                            static_cast<int>(salt.size()), static_cast<int>(iterations),
                            EVP_sha256(), static_cast<int>(salted.size()), salted.data()) == 1);
    auto key = text_of(salted);
    directory::ScramVerifier verifier{iterations, std::string(salt),
                                      sha256(hmac(key, "Client Key")), hmac(key, "Server Key")};
    sodium_memzero(salted.data(), salted.size());
    sodium_memzero(key.data(), key.size());
    return verifier;
}

std::string salt_for(std::string_view secret, std::string_view login_name) {
    return hmac(secret, std::string("scram-salt\0", 11).append(login_name)).substr(0, kSaltBytes);
}

Result<ClientFirst> read_client_first(std::string_view message) {
    ClientFirst first;
    if (message.starts_with("p="))
        return fail(Why::Unsupported, "Channel binding is not offered here");
    // "y": the client could bind, and believes that we cannot; that is so.
    if (!message.starts_with("n,") && !message.starts_with("y,")) return bad();
    auto end = message.find(',', 2);
    if (end == std::string_view::npos) return bad();
    if (auto authzid = message.substr(2, end - 2); !authzid.empty())
        first.authzid = TRY(read_name(authzid, 'a'));
    first.gs2_header = message.substr(0, end + 1);
    first.bare = message.substr(end + 1);
    // RFC 5802 7: "m=" and what else stands before the name are extensions that we must not pass
    // over; what comes behind the nonce we may.
    auto parts = split(first.bare, ',');
    if (parts.size() < 2) return bad();
    first.user = TRY(read_name(parts[0], 'n'));
    first.nonce = TRY(read_nonce(parts[1]));
    if (first.user.empty()) return bad();
    return first;
}

Result<ClientFinal> read_client_final(std::string_view message) {
    auto parts = split(message, ',');
    if (parts.size() < 3) return bad();
    auto proof = TRY(value_of(parts.back(), 'p'));
    auto channel = base64_decode(TRY(value_of(parts[0], 'c')));
    auto decoded = base64_decode(proof);
    if (!channel || !decoded || decoded->size() != kHash) return bad();
    ClientFinal final_message;
    final_message.channel = std::move(*channel);
    final_message.nonce = value_of(parts[1], 'r').value_or("");
    final_message.proof = std::move(*decoded);
    final_message.without_proof = message.substr(0, message.size() - parts.back().size() - 1);
    return final_message;
}

bool proves(const directory::ScramVerifier& verifier, std::string_view auth_message,
            std::string_view proof) {
    if (proof.size() != kHash || verifier.stored_key.size() != kHash) return false;
    auto client_key = hmac(verifier.stored_key, auth_message);
    for (std::size_t i = 0; i < kHash; ++i) client_key[i] ^= proof[i];
    return sodium_memcmp(sha256(client_key).data(), verifier.stored_key.data(), kHash) == 0;
}

std::string server_signature(const directory::ScramVerifier& verifier,
                             std::string_view auth_message) {
    return hmac(verifier.server_key, auth_message);
}

}  // namespace rook::auth::scram
