#include "net/self_signed.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>

#include "base/check.h"

namespace rook::net {

namespace {

constexpr long kDay = 24 * 60 * 60;
constexpr long kValidDays = 800;  // some clients refuse more than 825

template <auto Free>
struct Freer {
    void operator()(auto* p) const { Free(p); }
};
using Key = std::unique_ptr<EVP_PKEY, Freer<EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, Freer<X509_free>>;
using Bio = std::unique_ptr<BIO, Freer<BIO_free>>;

void set_name(X509_NAME* name, const char* common_name) {
    const auto add = [&](const char* field, const char* value) {
        X509_NAME_add_entry_by_txt(name, field, MBSTRING_UTF8,
                                   reinterpret_cast<const unsigned char*>(value), -1, -1, 0);
    };
    add("O", "Rookery demo");
    add("CN", common_name);
}

void add_extension(X509* certificate, X509* issuer, int nid, const std::string& value) {
    X509V3_CTX context;
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
    auto* extension = X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str());
    CHECK(extension);
    X509_add_ext(certificate, extension, -1);
    X509_EXTENSION_free(extension);
}

// What both have in common.
Certificate make_certificate(EVP_PKEY* key, const char* common_name) {
    Certificate made(X509_new());
    X509_set_version(made.get(), X509_VERSION_3);
    unsigned char serial[16];
    CHECK(RAND_bytes(serial, sizeof serial) == 1);
    serial[0] = static_cast<unsigned char>((serial[0] & 0x7f) | 0x01);  // positive, never 0
    BIGNUM* number = BN_bin2bn(serial, sizeof serial, nullptr);
    BN_to_ASN1_INTEGER(number, X509_get_serialNumber(made.get()));
    BN_free(number);
    X509_gmtime_adj(X509_getm_notBefore(made.get()), -kDay);
    X509_gmtime_adj(X509_getm_notAfter(made.get()), kValidDays * kDay);
    X509_set_pubkey(made.get(), key);
    set_name(X509_get_subject_name(made.get()), common_name);
    return made;
}

std::string alternative_names(std::span<const std::string> hosts) {
    std::string names;
    for (const auto& host : hosts) {
        unsigned char nowhere[16];
        const bool is_address = ::inet_pton(AF_INET, host.c_str(), nowhere) == 1 ||
                                ::inet_pton(AF_INET6, host.c_str(), nowhere) == 1;
        names += (names.empty() ? "" : ",") + std::string(is_address ? "IP:" : "DNS:") + host;
    }
    return names;
}

Result<> write_file(const std::string& path, const std::string& text, mode_t mode) {
    const std::string whole = path + ".new";
    ::unlink(whole.c_str());
    const int fd = ::open(whole.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
    bool ok = fd >= 0 && ::write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size());
    if (fd >= 0) ok = ::close(fd) == 0 && ok;
    ok = ok && ::rename(whole.c_str(), path.c_str()) == 0;
    if (!ok) return fail(Why::Io, "Cannot write " + path + ": " + std::strerror(errno));
    return {};
}

template <class Write>
std::string pem(Write write) {
    Bio bio(BIO_new(BIO_s_mem()));
    CHECK(write(bio.get()) == 1);
    char* data = nullptr;
    const auto size = BIO_get_mem_data(bio.get(), &data);
    return {data, static_cast<std::size_t>(size)};
}

std::string pem_of(X509* certificate) {
    return pem([&](BIO* bio) { return PEM_write_bio_X509(bio, certificate); });
}

}  // namespace

Result<> write_demo_ca_and_certificate(const std::string& dir, std::span<const std::string> hosts) {
    if (hosts.empty()) return fail(Why::BadSyntax, "A certificate needs a host");
    for (const auto& host : hosts) {
        if (host.empty() || host.find_first_of(",\n\r ") != std::string::npos) {
            return fail(Why::BadSyntax, "\"" + host + "\" is not a host name");
        }
    }
    Key ca_key(EVP_EC_gen("P-256")), key(EVP_EC_gen("P-256"));
    CHECK(ca_key && key);

    auto ca = make_certificate(ca_key.get(), "Rookery demo authority");
    X509_set_issuer_name(ca.get(), X509_get_subject_name(ca.get()));
    add_extension(ca.get(), ca.get(), NID_basic_constraints, "critical,CA:TRUE,pathlen:0");
    add_extension(ca.get(), ca.get(), NID_key_usage, "critical,keyCertSign,cRLSign");
    add_extension(ca.get(), ca.get(), NID_subject_key_identifier, "hash");
    CHECK(X509_sign(ca.get(), ca_key.get(), EVP_sha256()) > 0);

    auto leaf = make_certificate(key.get(), hosts.front().c_str());
    X509_set_issuer_name(leaf.get(), X509_get_subject_name(ca.get()));
    add_extension(leaf.get(), ca.get(), NID_basic_constraints, "critical,CA:FALSE");
    add_extension(leaf.get(), ca.get(), NID_key_usage, "critical,digitalSignature");
    add_extension(leaf.get(), ca.get(), NID_ext_key_usage, "serverAuth");
    add_extension(leaf.get(), ca.get(), NID_subject_alt_name, alternative_names(hosts));
    add_extension(leaf.get(), ca.get(), NID_authority_key_identifier, "keyid");
    CHECK(X509_sign(leaf.get(), ca_key.get(), EVP_sha256()) > 0);

    const auto key_text = pem([&](BIO* bio) {
        return PEM_write_bio_PrivateKey(bio, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
    });
    TRY(write_file(dir + "/key.pem", key_text, 0600));
    TRY(write_file(dir + "/ca.pem", pem_of(ca.get()), 0644));
    TRY(write_file(dir + "/cert.pem", pem_of(leaf.get()) + pem_of(ca.get()), 0644));
    return {};
}

}  // namespace rook::net
