// For tests of what a process does to itself for good: runs it in a child.
#pragma once

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <string>

namespace rook::server {

// What `act` returns, or how the child ended when it did not come so far.
inline std::string in_child(const auto& act) {
    int pipe_ends[2];
    if (pipe(pipe_ends) != 0) return "no pipe";
    const pid_t child = fork();
    if (child == 0) {
        const std::string said = act();
        const auto written = write(pipe_ends[1], said.data(), said.size());
        _exit(written == static_cast<ssize_t>(said.size()) ? 0 : 99);
    }
    close(pipe_ends[1]);
    std::string heard;
    char part[4096];
    for (ssize_t size = 0; (size = read(pipe_ends[0], part, sizeof part)) > 0;) {
        heard.append(part, static_cast<std::size_t>(size));
    }
    close(pipe_ends[0]);
    int status = 0;
    waitpid(child, &status, 0);
    if (status != 0) heard += "the child ended with " + std::to_string(status);
    return heard;
}

}  // namespace rook::server
