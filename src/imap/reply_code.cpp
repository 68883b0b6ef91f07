#include "imap/reply_code.h"

namespace rook::imap {

ReplyCode reply_code(Why why) {
    switch (why) {
        case Why::NotFound:
            return {"NO", "NONEXISTENT"};
        case Why::Exists:
            return {"NO", "ALREADYEXISTS"};
        case Why::Denied:
            return {"NO", "NOPERM"};
        case Why::Insecure:
            return {"NO", "PRIVACYREQUIRED"};
        case Why::OverQuota:
            return {"NO", "OVERQUOTA"};
        case Why::TooBig:
            return {"NO", "TOOBIG"};  // RFC 7889 4
        case Why::Limit:
            return {"NO", "LIMIT"};
        case Why::Busy:
            return {"NO", "UNAVAILABLE"};
        case Why::Gone:
            return {"NO", "EXPUNGEISSUED"};
        case Why::BadSyntax:
            return {"BAD", ""};
        case Why::Unsupported:
            return {"NO", ""};
        case Why::Cannot:
            return {"NO", "CANNOT"};
        case Why::NoSpace:
            return {"NO", "LIMIT"};
        case Why::Io:
            return {"NO", "SERVERBUG"};
        case Why::Corrupt:
            return {"NO", "CORRUPTION"};
    }
    return {"NO", "SERVERBUG"};
}

}  // namespace rook::imap
