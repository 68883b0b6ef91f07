// SCRAM-SHA-256 (RFC 5802, 7677): checks an account's app passwords, all of which share one salt,
// so that the client need not say which one it has. By setting it checks people's own passwords
// instead. A name that nobody has, or that has nothing to check, gets the same salt every time and
// a proof that cannot be right.
#include "auth/mechanisms/mechanisms.h"
#include "auth/scram.h"
#include "base/base64.h"

namespace rook::auth {
namespace {

constexpr std::size_t kNonceBytes = 18;

struct Candidate {
    std::uint32_t app_password;
    directory::ScramVerifier verifier;
};

class Scram final : public Authenticator::Exchange {
public:
    Scram(Tools tools, const Origin& origin) : tools_(tools), origin_(origin) {}

    Result<Next> step(std::optional<std::string_view> response) override {
        if (response && response->size() > kMaxResponse) return bad();
        switch (state_) {
            case State::ClientFirst:
                if (!response) return Challenge{};
                return client_first(*response);
            case State::ClientFinal:
                return client_final(response.value_or(""));
            case State::End:
                if (response && !response->empty()) return bad();
                return *login_;
        }
        return bad();
    }

private:
    enum class State { ClientFirst, ClientFinal, End };

    static std::unexpected<Error> bad() {
        return fail(Why::BadSyntax, "The SCRAM message cannot be read");
    }

    // With the same salt and iterations, which the client is told; at least one.
    std::vector<Candidate> candidates(const Attempt& attempt) {
        const bool own = tools_.authenticator.options().scram_for_passwords;
        std::vector<Candidate> all;
        if (attempt.account && own && attempt.account->scram.iterations != 0)
            all.push_back({0, attempt.account->scram});
        if (attempt.account && !own) {
            auto& apps = attempt.account->app_passwords;
            for (auto one = apps.rbegin(); one != apps.rend(); ++one) {
                auto& verifier = one->verifier;
                if (all.empty() || (verifier.salt == all[0].verifier.salt &&
                                    verifier.iterations == all[0].verifier.iterations))
                    all.push_back({one->id, verifier});
            }
        }
        if (all.empty()) {
            all.push_back({0,
                           {own ? scram::kPasswordIterations : scram::kSecretIterations,
                            scram::salt_for(tools_.directory.secret(), attempt.name),
                            tools_.random.bytes(32), tools_.random.bytes(32)}});
        }
        return all;
    }

    Result<Next> client_first(std::string_view message) {
        first_ = TRY(scram::read_client_first(message));
        attempt_ = TRY(tools_.gate.begin(origin_, first_.user, "SCRAM-SHA-256"));
        candidates_ = candidates(*attempt_);
        nonce_ = first_.nonce + base64_encode(tools_.random.bytes(kNonceBytes));
        auto& told = candidates_.front().verifier;
        server_first_ = "r=" + nonce_ + ",s=" + base64_encode(told.salt) +
                        ",i=" + std::to_string(told.iterations);
        state_ = State::ClientFinal;
        return Challenge{server_first_};
    }

    Result<Next> client_final(std::string_view message) {
        auto last = TRY(scram::read_client_final(message));
        if (last.nonce != nonce_ || last.channel != first_.gs2_header) return bad();
        if (tools_.gate.is_refused(*attempt_)) return too_many_failures();
        auto auth_message = first_.bare + "," + server_first_ + "," + last.without_proof;
        const Candidate* proven = nullptr;
        for (auto& one : candidates_) {
            if (scram::proves(one.verifier, auth_message, last.proof)) proven = &one;
        }
        if (!proven || !attempt_->account) return tools_.gate.refuse(*attempt_, {});
        if (!first_.authzid.empty() &&
            tools_.directory.login_name(first_.authzid) != attempt_->account->address)
            return tools_.gate.refuse(*attempt_, {}, "acts-for-another");
        login_ = TRY(tools_.gate.admit(*attempt_, proven->app_password, {}));
        state_ = State::End;
        return Challenge{"v=" +
                         base64_encode(scram::server_signature(proven->verifier, auth_message))};
    }

    Tools tools_;
    Origin origin_;
    State state_ = State::ClientFirst;
    scram::ClientFirst first_;
    std::optional<Attempt> attempt_;
    std::vector<Candidate> candidates_;
    std::string nonce_, server_first_;
    std::optional<Login> login_;
};

}  // namespace

std::unique_ptr<Authenticator::Exchange> make_scram_sha_256(Tools tools, const Origin& origin) {
    return std::make_unique<Scram>(tools, origin);
}

}  // namespace rook::auth
