#include "store/embedded/space_guard.h"

#include <algorithm>

namespace rook::store {

SpaceGuard::SpaceGuard(Files& files, const EmbeddedOptions& options, std::string ballast_path,
                       Log& log)
    : files_(files),
      folder_(options.path),
      ballast_path_(std::move(ballast_path)),
      reserve_bytes_(options.reserve_bytes),
      ballast_bytes_(std::min(options.ballast_bytes, options.reserve_bytes)),
      log_(log) {
    auto size = files_.size(ballast_path_);
    if (!size) return;
    ballast_ = *size;
    // Laid with another setting.
    if (*size != ballast_bytes_) drop_ballast();
}

void SpaceGuard::look() {
    auto free = files_.free_space(folder_);
    if (!free) {
        log_.error("store-space", {{"detail", free.error().detail}});
        return;
    }
    if (ballast_ == 0 && ballast_bytes_ > 0 && *free >= reserve_bytes_) {
        if (auto laid = files_.reserve(ballast_path_, ballast_bytes_); laid) {
            ballast_ = ballast_bytes_;
            *free -= ballast_bytes_;
        } else {
            log_.warning("store-ballast", {{"detail", laid.error().detail}});
        }
    }
    free_ = *free;
    written_ = 0;
    bool is_short = now().is_short;
    if (is_short != was_short_) {
        auto level = is_short ? LogLevel::Error : LogLevel::Info;
        log_.write(level, is_short ? "store-space-short" : "store-space-enough",
                   {{"free", *free}, {"reserve", reserve_bytes_}});
    }
    was_short_ = is_short;
}

Space SpaceGuard::now() const {
    // A change is written to the log, and to a table when its buffer is full.
    auto used = 2 * written_.load();
    auto free = free_.load();
    free = free > used ? free - used : 0;
    return {.free_bytes = free, .is_short = free + ballast_ < reserve_bytes_};
}

void SpaceGuard::drop_ballast() {
    if (ballast_ == 0) return;
    if (auto removed = files_.remove(ballast_path_); !removed) {
        log_.error("store-ballast", {{"detail", removed.error().detail}});
        return;
    }
    ballast_ = 0;
    log_.warning("store-ballast-dropped", {});
}

}  // namespace rook::store
