// LOGIN (draft-murchison-sasl-login): the server asks for the name, then for the password.
#include "auth/mechanisms/mechanisms.h"

namespace rook::auth {
namespace {

class LoginExchange final : public Authenticator::Exchange {
public:
    LoginExchange(Tools tools, const Origin& origin) : tools_(tools), origin_(origin) {}

    Result<Next> step(std::optional<std::string_view> response) override {
        if (!response) return Challenge{"Username:"};
        if (response->size() > kMaxResponse)
            return fail(Why::BadSyntax, "The LOGIN response cannot be read");
        if (!user_) {
            user_ = *response;
            return Challenge{"Password:"};
        }
        return TRY(tools_.authenticator.check(origin_, *user_, *response));
    }

    bool must_hash(std::optional<std::string_view> response) override {
        return user_ && response && tools_.authenticator.must_hash(origin_, *user_, *response);
    }

private:
    Tools tools_;
    Origin origin_;
    std::optional<std::string> user_;
};

}  // namespace

std::unique_ptr<Authenticator::Exchange> make_login(Tools tools, const Origin& origin) {
    return std::make_unique<LoginExchange>(tools, origin);
}

}  // namespace rook::auth
