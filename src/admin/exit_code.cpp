#include "admin/exit_code.h"

#include <sysexits.h>

namespace rook::admin {

int exit_code(Why why) {
    switch (why) {
        case Why::NotFound:
            return EX_NOUSER;
        case Why::Exists:
            return EX_CANTCREAT;
        case Why::Denied:
        case Why::Insecure:
            return EX_NOPERM;
        case Why::OverQuota:
        case Why::Busy:
        case Why::NoSpace:
            return EX_TEMPFAIL;
        case Why::TooBig:
        case Why::BadSyntax:
        case Why::Corrupt:
            return EX_DATAERR;
        case Why::Limit:
        case Why::Gone:
        case Why::Unsupported:
        case Why::Cannot:
            return EX_UNAVAILABLE;
        case Why::Io:
            return EX_IOERR;
    }
    return EX_SOFTWARE;
}

}  // namespace rook::admin
