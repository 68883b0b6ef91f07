#include "store/embedded/snapshots.h"

#include "base/ascii.h"

namespace rook::store {

Result<std::string> Snapshots::make(Engine& engine) {
    TRY(drop_left());
    std::lock_guard lock(mutex_);
    TRY(files_.make_dir(path_));
    std::string path;
    do {
        path = path_ + "/" + std::to_string(next_++);
    } while (TRY(files_.exists(path)));
    TRY(engine.checkpoint(path));
    // Ours, whoever holds it: root's own file we could not ask.
    TRY(files_.lock(path + "/LOCK"));
    return path;
}

Result<> Snapshots::drop(const std::string& path) {
    std::lock_guard lock(mutex_);
    const auto name = path.substr(path.rfind('/') + 1);
    const auto own = path_ + "/" + name;
    if (!parse_number<std::uint64_t>(name) || !TRY(files_.exists(own))) {
        return fail(Why::NotFound, "There is no such snapshot", path);
    }
    return erase(own);
}

Result<> Snapshots::drop_left() {
    std::lock_guard lock(mutex_);
    if (!TRY(files_.exists(path_))) return {};
    for (const auto& name : TRY(files_.list(path_))) {
        const auto path = path_ + "/" + name;
        auto held = files_.lock(path + "/LOCK");
        if (held) TRY(erase(path));
    }
    return {};
}

Result<> Snapshots::erase(const std::string& path) {
    for (const auto& name : TRY(files_.list(path))) TRY(files_.remove(path + "/" + name));
    return files_.remove_dir(path);
}

}  // namespace rook::store
