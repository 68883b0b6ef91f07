// Gives up what a process has by starting as root: before the store opens and before anything is
// read that a peer sent.
//
// Threads: call before the first one starts. Cannot be undone.
#pragma once

#include <string>

#include "base/result.h"

namespace rook::server {

// For `serve`. Root becomes `user`, with that user's groups, no capability and no way back; a data
// folder that does not exist is made for it. Whoever is not root keeps no capability either, and
// must be `user` where one is set. "root" is told to stay root.
// Denied for root when nothing is set; NotFound when there is no such user.
Result<> give_up_root(const std::string& user, const std::string& data);

// For verbs that open the store themselves: what root makes must be the server's. Like
// give_up_root(), but what root could read it still can (mail to import), and nothing is asked of
// anybody else.
Result<> act_as(const std::string& user, const std::string& data);

}  // namespace rook::server
