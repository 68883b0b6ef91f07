#include "base/check.h"

#include <fmt/format.h>

#include <cstdio>
#include <cstdlib>

namespace rook {

void bug(const char* what, std::source_location where) {
    auto text = fmt::format("{} failed in {} ({}:{})", what, where.function_name(),
                            where.file_name(), where.line());
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || \
    __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
    std::fprintf(stderr, "%s\n", text.c_str());
    std::abort();
#else
    throw Bug(text);
#endif
}

}  // namespace rook
