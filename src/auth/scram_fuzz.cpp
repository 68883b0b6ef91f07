// SCRAM's messages without an exchange around them.
#include "auth/scram.h"

#include "base/check.h"
#include "base/fuzzing.h"
#include "base/utf8.h"

using namespace rook;
using namespace rook::auth;

FUZZ(text) {
    if (auto first = scram::read_client_first(text)) {
        CHECK(text.ends_with(first->bare) && text.starts_with(first->gs2_header));
        CHECK(first->gs2_header.size() + first->bare.size() == text.size());
        CHECK(!first->nonce.empty() && first->user.find('\0') == std::string::npos);
        const auto again = scram::read_client_first("n,," + first->bare);
        CHECK(again && again->user == first->user && again->nonce == first->nonce);
    }
    if (auto last = scram::read_client_final(text)) {
        CHECK(text.starts_with(last->without_proof));
        static const auto verifier = scram::make_verifier("secret", "salt", 1);
        CHECK(!scram::proves(verifier, last->without_proof, last->proof));
    }
}
