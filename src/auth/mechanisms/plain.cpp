// PLAIN (RFC 4616): [authzid] NUL authcid NUL passwd.
#include "auth/mechanisms/mechanisms.h"
#include "base/ascii.h"

namespace rook::auth {
namespace {

class Plain final : public Authenticator::Exchange {
public:
    Plain(Tools tools, const Origin& origin) : tools_(tools), origin_(origin) {}

    Result<Next> step(std::optional<std::string_view> response) override {
        if (!response) return Challenge{};
        const auto parts = read(*response);
        if (parts.empty()) return fail(Why::BadSyntax, "The PLAIN response cannot be read");
        auto login = TRY(tools_.authenticator.check(origin_, parts[1], parts[2]));
        // Nobody acts for somebody else.
        if (!parts[0].empty() && tools_.directory.login_name(parts[0]) != login.account->address)
            return fail(Why::Denied, "Wrong user name or password");
        return login;
    }

    bool must_hash(std::optional<std::string_view> response) override {
        const auto parts = read(response.value_or(""));
        return !parts.empty() && tools_.authenticator.must_hash(origin_, parts[1], parts[2]);
    }

private:
    // Its three parts, or none.
    static std::vector<std::string_view> read(std::string_view response) {
        auto parts = split(response, '\0');
        const bool is_good =
            response.size() <= kMaxResponse && parts.size() == 3 && !parts[1].empty();
        if (!is_good) parts.clear();
        return parts;
    }

    Tools tools_;
    Origin origin_;
};

}  // namespace

std::unique_ptr<Authenticator::Exchange> make_plain(Tools tools, const Origin& origin) {
    return std::make_unique<Plain>(tools, origin);
}

}  // namespace rook::auth
