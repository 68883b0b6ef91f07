#include "states/open_mail.h"

namespace rook::states {

const power::Contents& contents() {
    static const power::Contents all;
    return all;
}

Result<> OpenMail::open() {
    directory_ = TRY(directory::Directory::open(store_, clock_, {}));
    mailbox::Limits limits;
    limits.staged_in_memory = 64 * 1024;  // so that few bytes are staged in several batches
    accounts_ = TRY(mailbox::Accounts::open(store_, *directory_, clock_, *random_, log_, limits));
    return {};
}

void OpenMail::close() {
    accounts_.reset();
    directory_.reset();
}

}  // namespace rook::states
