#include "net/tls.h"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <cerrno>
#include <cstring>
#include <new>

#include "base/check.h"

namespace rook::net {

namespace {

// RFC 9325 4.2: forward secrecy and AEAD. TLS 1.3 has nothing else.
constexpr const char* kCiphers12 = "ECDHE+AESGCM:ECDHE+CHACHA20";

std::string openssl_error() {
    const auto code = ERR_peek_last_error();
    ERR_clear_error();
    if (code == 0) return "unknown error";
    const char* reason = ERR_reason_error_string(code);
    return reason ? reason : "error " + std::to_string(code);
}

// A key with a passphrase must not make a server ask on its terminal.
int no_passphrase(char*, int, int, void*) { return 0; }

std::unexpected<Error> cannot_load(const char* what, const std::string& file) {
    const int error = errno;
    const auto reason = openssl_error();
    const auto why = error == ENOENT   ? Why::NotFound
                     : error == EACCES ? Why::Denied
                                       : Why::BadSyntax;
    const std::string detail = error ? std::strerror(error) : reason;
    return fail(why, std::string("Cannot load the ") + what + " from " + file + ": " + detail,
                reason);
}

}  // namespace

Result<std::unique_ptr<TlsContext>> TlsContext::load(const std::string& certificate_file,
                                                     const std::string& key_file) {
    std::unique_ptr<TlsContext> made(new TlsContext(SSL_CTX_new(TLS_server_method())));
    auto* context = made->context_;
    if (!context) return fail(Why::Io, "OpenSSL could not start", openssl_error());
    SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
    SSL_CTX_set_cipher_list(context, kCiphers12);
    SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                                     SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA |
                                     SSL_OP_IGNORE_UNEXPECTED_EOF);
    SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                                  SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_num_tickets(context, 1);
    // One system call a record instead of two.
    SSL_CTX_set_read_ahead(context, 1);
    SSL_CTX_set_default_passwd_cb(context, no_passphrase);

    ERR_clear_error();
    errno = 0;
    if (SSL_CTX_use_certificate_chain_file(context, certificate_file.c_str()) != 1) {
        return cannot_load("certificate", certificate_file);
    }
    errno = 0;
    if (SSL_CTX_use_PrivateKey_file(context, key_file.c_str(), SSL_FILETYPE_PEM) != 1) {
        return cannot_load("key", key_file);
    }
    if (SSL_CTX_check_private_key(context) != 1) {
        return fail(
            Why::BadSyntax,
            "The key in " + key_file + " does not belong to the certificate in " + certificate_file,
            openssl_error());
    }
    return made;
}

TlsContext::~TlsContext() { SSL_CTX_free(context_); }

TlsSession::TlsSession(const TlsContext& context, int fd, std::string_view service)
    : ssl_(SSL_new(context.context_)) {
    if (!ssl_) throw std::bad_alloc();
    const auto length = std::min<std::size_t>(service.size(), SSL_MAX_SID_CTX_LENGTH);
    SSL_set_session_id_context(ssl_, reinterpret_cast<const unsigned char*>(service.data()),
                               static_cast<unsigned>(length));
    CHECK(SSL_set_fd(ssl_, fd) == 1);
    SSL_set_accept_state(ssl_);
}

TlsSession::~TlsSession() { SSL_free(ssl_); }

IoResult TlsSession::failed(int result) {
    const int system_error = errno;
    switch (SSL_get_error(ssl_, result)) {
        case SSL_ERROR_WANT_READ:
            return {Io::WantRead};
        case SSL_ERROR_WANT_WRITE:
            return {Io::WantWrite};
        case SSL_ERROR_ZERO_RETURN:
            return {Io::Eof};
        case SSL_ERROR_SYSCALL:
            if (system_error == 0) return {Io::Eof};
            error_ = std::strerror(system_error);
            ERR_clear_error();
            return {Io::Failed};
        default:
            error_ = "TLS: " + openssl_error();
            return {Io::Failed};
    }
}

IoResult TlsSession::handshake() {
    ERR_clear_error();
    errno = 0;
    const int result = SSL_do_handshake(ssl_);
    return result == 1 ? IoResult{Io::Done} : failed(result);
}

IoResult TlsSession::read(char* to, std::size_t room) {
    ERR_clear_error();
    errno = 0;
    std::size_t got = 0;
    const int result = SSL_read_ex(ssl_, to, room, &got);
    return result == 1 ? IoResult{Io::Done, got} : failed(result);
}

IoResult TlsSession::write(std::string_view bytes) {
    ERR_clear_error();
    errno = 0;
    std::size_t took = 0;
    const int result = SSL_write_ex(ssl_, bytes.data(), bytes.size(), &took);
    return result == 1 ? IoResult{Io::Done, took} : failed(result);
}

bool TlsSession::has_buffered() const { return SSL_has_pending(ssl_) == 1; }

void TlsSession::say_goodbye() {
    ERR_clear_error();
    if (SSL_is_init_finished(ssl_)) SSL_shutdown(ssl_);
    ERR_clear_error();
}

}  // namespace rook::net
