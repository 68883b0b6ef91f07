#include "base/result.h"

namespace rook {

std::string_view to_string(Why why) {
    switch (why) {
        case Why::NotFound:
            return "not-found";
        case Why::Exists:
            return "exists";
        case Why::Denied:
            return "denied";
        case Why::Insecure:
            return "insecure";
        case Why::OverQuota:
            return "over-quota";
        case Why::TooBig:
            return "too-big";
        case Why::Limit:
            return "limit";
        case Why::Busy:
            return "busy";
        case Why::Gone:
            return "gone";
        case Why::BadSyntax:
            return "bad-syntax";
        case Why::Unsupported:
            return "unsupported";
        case Why::Cannot:
            return "cannot";
        case Why::NoSpace:
            return "no-space";
        case Why::Io:
            return "io";
        case Why::Corrupt:
            return "corrupt";
    }
    return "unknown";
}

}  // namespace rook
