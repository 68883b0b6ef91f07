#include "base/simulated_files.h"

#include <algorithm>
#include <cerrno>
#include <optional>
#include <random>

#include "base/check.h"

namespace rook {

// A file or a folder, apart from its name.
struct SimulatedFiles::Node {
    bool is_dir = false;
    std::string data;
    std::uint64_t reserved = 0;  // set aside by reserve(), without content
    std::size_t flushed = 0;     // bytes of `data` that sync() has flushed
    // What was on the disk before a truncate() that is not flushed yet.
    std::optional<std::string> before_truncate;
    // Ranges that a failed sync() gave up; later ones skip them.
    std::vector<std::pair<std::size_t, std::size_t>> given_up;

    std::uint64_t size() const { return std::max<std::uint64_t>(data.size(), reserved); }
};

namespace {

std::string clean(std::string_view path) {
    std::string out;
    for (char c : path) {
        if (c != '/' || !out.ends_with('/')) out += c;
    }
    if (out.size() > 1 && out.ends_with('/')) out.pop_back();
    return out;
}

}  // namespace

struct SimulatedFiles::State {
    using Names = std::map<std::string, std::shared_ptr<Node>>;
    // A change of names that sync_dir() has not flushed: the name and what it stood for afterwards.
    // A rename is two, never parted.
    struct NameChange {
        std::string folder, name;
        std::shared_ptr<Node> node;  // null: the name went
        bool is_with_next = false;
    };

    std::mutex mutex;
    Names names, flushed_names;
    std::vector<NameChange> unflushed;
    std::set<std::string> locks;
    std::uint64_t life = 0;  // counts power cuts; a handle of an earlier life is dead
    bool has_power = true;
    std::uint64_t capacity = std::uint64_t{1} << 40;
    std::uint64_t calls = 0, opened = 0;
    std::uint64_t fail_from = 0, fail_to = 0;  // in `calls`; [from, to)
    int fail_number = EIO;
    std::uint64_t cut_at = 0, cut_seed = 0;

    // Begins a call that changes something. The error, if it is to fail.
    std::optional<int> change() {
        if (!has_power) return EIO;
        ++calls;
        if (calls == cut_at) {
            cut(cut_seed);
            return EIO;
        }
        if (calls >= fail_from && calls < fail_to) return fail_number;
        return {};
    }

    std::shared_ptr<Node> find(const std::string& path) const {
        auto it = names.find(path);
        return it == names.end() ? nullptr : it->second;
    }

    void set_name(const std::string& path, std::shared_ptr<Node> node, bool is_with_next = false) {
        if (node) {
            names[path] = node;
        } else {
            names.erase(path);
        }
        unflushed.push_back({parent_dir(path), path, std::move(node), is_with_next});
    }

    std::uint64_t room() const {
        std::uint64_t used = 0;
        for (const auto& [name, node] : names) used += node->size();
        return capacity > used ? capacity - used : 0;
    }

    void flush_name(const NameChange& change) {
        if (change.node) {
            flushed_names[change.name] = change.node;
        } else {
            flushed_names.erase(change.name);
        }
    }

    void cut(std::uint64_t seed) {
        std::mt19937_64 random(seed);
        cut_names(random);
        // A file may have two names for a moment: each node once.
        std::set<Node*> seen;
        for (auto& [name, node] : flushed_names) {
            if (!node->is_dir && seen.insert(node.get()).second) cut_content(*node, random);
        }
        // A file whose folder's name was lost is gone too.
        std::erase_if(flushed_names, [&](const auto& entry) { return !is_reachable(entry.first); });
        names = flushed_names;
        unflushed.clear();
        locks.clear();
        has_power = false;
        cut_at = 0;
        ++life;
    }

    bool is_reachable(const std::string& path) const {
        auto folder = parent_dir(path);
        if (folder == "/" || folder == ".") return true;
        return flushed_names.contains(folder) && is_reachable(folder);
    }

    // A folder's names are flushed in their order, but each folder stops somewhere by itself.
    void cut_names(std::mt19937_64& random) {
        std::map<std::string, std::size_t> counts, kept;
        for (const auto& change : unflushed) ++counts[change.folder];
        for (const auto& [folder, count] : counts) kept[folder] = random() % (count + 1);
        for (std::size_t i = 0; i < unflushed.size(); ++i) {
            auto end = i;
            while (unflushed[end].is_with_next && end + 1 < unflushed.size()) ++end;
            bool is_kept = true;
            for (auto j = i; j <= end; ++j) {
                auto& left = kept[unflushed[j].folder];
                is_kept = is_kept && left > 0;
                if (left > 0) --left;
            }
            for (; i <= end; ++i) {
                if (is_kept) flush_name(unflushed[i]);
            }
            i = end;
        }
    }

    static void cut_content(Node& node, std::mt19937_64& random) {
        if (node.before_truncate && random() % 2 == 0) {
            node.data = *node.before_truncate;
            node.flushed = node.data.size();
        }
        node.before_truncate.reset();
        constexpr std::size_t kSector = 512;
        auto garbage = [&](std::size_t from, std::size_t to) {
            bool is_zero = random() % 2 == 0;
            for (auto i = from; i < to; ++i)
                node.data[i] = is_zero ? '\0' : static_cast<char>(random());
        };
        auto unflushed_bytes = node.data.size() - node.flushed;
        if (unflushed_bytes > 0) {
            switch (random() % 4) {
                case 0:
                    node.data.resize(node.flushed);
                    break;
                case 1:
                    node.data.resize(node.flushed + random() % (unflushed_bytes + 1));
                    break;
                case 2:
                    break;
                case 3:  // the length survives, some sectors do not
                    for (auto at = node.flushed; at < node.data.size();) {
                        auto end = std::min(node.data.size(), (at / kSector + 1) * kSector);
                        if (random() % 3 == 0) garbage(at, end);
                        at = end;
                    }
            }
        }
        for (auto [from, to] : node.given_up) {
            if (random() % 2 == 0)
                garbage(std::min(from, node.data.size()), std::min(to, node.data.size()));
        }
        node.given_up.clear();
        node.flushed = node.data.size();
    }
};

class SimulatedFiles::Reading final : public ReadFile {
public:
    Reading(std::shared_ptr<State> state, std::shared_ptr<Node> node, std::string path)
        : state_(std::move(state)),
          node_(std::move(node)),
          path_(std::move(path)),
          life_(state_->life) {}
    Result<std::string> read(std::uint64_t offset, std::size_t n) const override {
        std::lock_guard lock(state_->mutex);
        if (life_ != state_->life || !state_->has_power) return file_error("read", path_, EIO);
        if (offset >= node_->data.size()) return "";
        return node_->data.substr(offset, n);
    }

private:
    std::shared_ptr<State> state_;
    std::shared_ptr<Node> node_;
    std::string path_;
    std::uint64_t life_;
};

class SimulatedFiles::Appending final : public AppendFile {
public:
    Appending(std::shared_ptr<State> state, std::shared_ptr<Node> node, std::string path)
        : state_(std::move(state)),
          node_(std::move(node)),
          path_(std::move(path)),
          life_(state_->life) {}

    Result<> append(std::string_view bytes) override {
        std::lock_guard lock(state_->mutex);
        auto error = begin();
        if (!error && bytes.size() > state_->room()) error = ENOSPC;
        if (error) {
            // write() does what it can before it fails.
            if (is_alive())
                node_->data +=
                    bytes.substr(0, std::min<std::uint64_t>(bytes.size() / 2, state_->room()));
            return file_error("write", path_, *error);
        }
        node_->data += bytes;
        return {};
    }
    Result<> sync() override {
        std::lock_guard lock(state_->mutex);
        auto error = begin();
        if (error && is_alive()) node_->given_up.emplace_back(node_->flushed, node_->data.size());
        if (error) return file_error("sync", path_, *error);
        node_->flushed = node_->data.size();
        node_->before_truncate.reset();
        return {};
    }
    Result<> truncate(std::uint64_t size) override {
        std::lock_guard lock(state_->mutex);
        if (auto error = begin()) return file_error("truncate", path_, *error);
        cut_off(*node_, size);
        return {};
    }
    std::uint64_t size() const override {
        std::lock_guard lock(state_->mutex);
        return node_->data.size();
    }
    Result<> close() override {
        std::lock_guard lock(state_->mutex);
        if (auto error = begin()) return file_error("close", path_, *error);
        return {};
    }

    static void cut_off(Node& node, std::uint64_t size) {
        if (!node.before_truncate) node.before_truncate = node.data.substr(0, node.flushed);
        node.data.resize(size);
        node.flushed = std::min(node.flushed, node.data.size());
        // What is cut off and written again is new to the disk.
        for (auto& [from, to] : node.given_up) to = std::min<std::size_t>(to, size);
        std::erase_if(node.given_up, [](const auto& range) { return range.first >= range.second; });
    }

private:
    bool is_alive() const { return life_ == state_->life && state_->has_power; }
    std::optional<int> begin() { return life_ == state_->life ? state_->change() : EIO; }

    std::shared_ptr<State> state_;
    std::shared_ptr<Node> node_;
    std::string path_;
    std::uint64_t life_;
};

class SimulatedFiles::Lock final : public FileLock {
public:
    Lock(std::shared_ptr<State> state, std::string path)
        : state_(std::move(state)), path_(std::move(path)), life_(state_->life) {}
    ~Lock() override {
        std::lock_guard lock(state_->mutex);
        if (life_ == state_->life) state_->locks.erase(path_);
    }

private:
    std::shared_ptr<State> state_;
    std::string path_;
    std::uint64_t life_;
};

SimulatedFiles::SimulatedFiles() : state_(std::make_shared<State>()) {}
SimulatedFiles::~SimulatedFiles() = default;

std::uint64_t SimulatedFiles::calls() const {
    std::lock_guard lock(state_->mutex);
    return state_->calls;
}

void SimulatedFiles::fail_call(std::uint64_t k, int number, std::uint64_t times) {
    std::lock_guard lock(state_->mutex);
    state_->fail_from = state_->calls + k;
    state_->fail_to = state_->fail_from + times;
    state_->fail_number = number;
}

void SimulatedFiles::cut_power_at(std::uint64_t k, std::uint64_t seed) {
    std::lock_guard lock(state_->mutex);
    state_->cut_at = state_->calls + k;
    state_->cut_seed = seed;
}

void SimulatedFiles::cut_power(std::uint64_t seed) {
    std::lock_guard lock(state_->mutex);
    if (state_->has_power) state_->cut(seed);
}

bool SimulatedFiles::has_power() const {
    std::lock_guard lock(state_->mutex);
    return state_->has_power;
}

void SimulatedFiles::power_on() {
    std::lock_guard lock(state_->mutex);
    state_->has_power = true;
    state_->cut_at = state_->fail_from = state_->fail_to = 0;
}

void SimulatedFiles::set_capacity(std::uint64_t bytes) {
    std::lock_guard lock(state_->mutex);
    state_->capacity = bytes;
}

bool SimulatedFiles::flip_bit(const std::string& path, std::uint64_t byte, int bit) {
    std::lock_guard lock(state_->mutex);
    auto node = state_->find(clean(path));
    if (!node || byte >= node->data.size()) return false;
    node->data[byte] = static_cast<char>(node->data[byte] ^ (1 << bit));
    return true;
}

std::uint64_t SimulatedFiles::opened() const {
    std::lock_guard lock(state_->mutex);
    return state_->opened;
}

Result<std::unique_ptr<ReadFile>> SimulatedFiles::open_read(const std::string& path) {
    std::lock_guard lock(state_->mutex);
    if (!state_->has_power) return file_error("open", path, EIO);
    auto node = state_->find(clean(path));
    if (!node) return file_error("open", path, ENOENT);
    if (node->is_dir) return file_error("open", path, EISDIR);
    ++state_->opened;
    return std::make_unique<Reading>(state_, node, path);
}

Result<std::unique_ptr<AppendFile>> SimulatedFiles::open_append(const std::string& path,
                                                                Begin begin) {
    std::lock_guard lock(state_->mutex);
    if (auto error = state_->change()) return file_error("open", path, *error);
    auto name = clean(path);
    auto node = state_->find(name);
    if (!node) {
        auto folder = parent_dir(name);
        if (folder != "/" && folder != "." && !state_->find(folder))
            return file_error("open", path, ENOENT);
        node = std::make_shared<Node>();
        state_->set_name(name, node);
    } else if (node->is_dir) {
        return file_error("open", path, EISDIR);
    } else if (begin == Begin::Empty) {
        Appending::cut_off(*node, 0);
    }
    ++state_->opened;
    return std::make_unique<Appending>(state_, node, path);
}

Result<bool> SimulatedFiles::exists(const std::string& path) {
    std::lock_guard lock(state_->mutex);
    if (!state_->has_power) return file_error("stat", path, EIO);
    return clean(path) == "/" || state_->find(clean(path)) != nullptr;
}

Result<bool> SimulatedFiles::is_dir(const std::string& path) {
    std::lock_guard lock(state_->mutex);
    if (!state_->has_power) return file_error("stat", path, EIO);
    if (clean(path) == "/") return true;
    auto node = state_->find(clean(path));
    if (!node) return file_error("stat", path, ENOENT);
    return node->is_dir;
}

Result<std::uint64_t> SimulatedFiles::size(const std::string& path) {
    std::lock_guard lock(state_->mutex);
    if (!state_->has_power) return file_error("stat", path, EIO);
    auto node = state_->find(clean(path));
    if (!node) return file_error("stat", path, ENOENT);
    return node->size();
}

Result<std::int64_t> SimulatedFiles::modified(const std::string& path) {
    TRY(size(path));
    return 0;
}

Result<std::vector<std::string>> SimulatedFiles::list(const std::string& dir) {
    std::lock_guard lock(state_->mutex);
    if (!state_->has_power) return file_error("list", dir, EIO);
    auto folder = clean(dir);
    auto node = state_->find(folder);
    if (folder != "/" && (!node || !node->is_dir)) return file_error("list", dir, ENOENT);
    std::vector<std::string> found;
    for (const auto& [name, entry] : state_->names) {
        if (parent_dir(name) == folder) found.push_back(name.substr(name.find_last_of('/') + 1));
    }
    return found;
}

Result<> SimulatedFiles::rename(const std::string& from, const std::string& to) {
    std::lock_guard lock(state_->mutex);
    if (auto error = state_->change()) return file_error("rename", from, *error);
    auto node = state_->find(clean(from));
    if (!node) return file_error("rename", from, ENOENT);
    // Names below a folder are whole paths here, so it cannot move with them.
    CHECK(!node->is_dir);
    state_->set_name(clean(to), node, true);
    state_->set_name(clean(from), nullptr);
    return {};
}

Result<> SimulatedFiles::remove(const std::string& path) {
    std::lock_guard lock(state_->mutex);
    if (auto error = state_->change()) return file_error("remove", path, *error);
    auto node = state_->find(clean(path));
    if (!node) return file_error("remove", path, ENOENT);
    if (node->is_dir) return file_error("remove", path, EISDIR);
    state_->set_name(clean(path), nullptr);
    return {};
}

Result<> SimulatedFiles::make_dir(const std::string& path) {
    std::lock_guard lock(state_->mutex);
    if (auto error = state_->change()) return file_error("make folder", path, *error);
    if (auto node = state_->find(clean(path))) {
        if (!node->is_dir) return file_error("make folder", path, EEXIST);
        return {};
    }
    auto node = std::make_shared<Node>();
    node->is_dir = true;
    state_->set_name(clean(path), node);
    return {};
}

Result<> SimulatedFiles::remove_dir(const std::string& path) {
    std::lock_guard lock(state_->mutex);
    if (auto error = state_->change()) return file_error("remove folder", path, *error);
    auto node = state_->find(clean(path));
    if (!node || !node->is_dir) return file_error("remove folder", path, ENOENT);
    bool is_empty = std::ranges::none_of(
        state_->names, [&](const auto& entry) { return parent_dir(entry.first) == clean(path); });
    if (!is_empty) return file_error("remove folder", path, ENOTEMPTY);
    state_->set_name(clean(path), nullptr);
    return {};
}

Result<> SimulatedFiles::sync_dir(const std::string& path) {
    std::lock_guard lock(state_->mutex);
    if (auto error = state_->change()) return file_error("sync folder", path, *error);
    auto folder = clean(path);
    std::erase_if(state_->unflushed, [&](const State::NameChange& change) {
        if (change.folder != folder) return false;
        state_->flush_name(change);
        return true;
    });
    return {};
}

Result<> SimulatedFiles::reserve(const std::string& path, std::uint64_t bytes) {
    std::lock_guard lock(state_->mutex);
    auto error = state_->change();
    if (!error && state_->room() < bytes) error = ENOSPC;
    if (error) return file_error("reserve", path, *error);
    auto node = state_->find(clean(path));
    if (!node) {
        node = std::make_shared<Node>();
        state_->set_name(clean(path), node);
    }
    node->reserved = bytes;
    return {};
}

Result<std::uint64_t> SimulatedFiles::free_space(const std::string& path) {
    std::lock_guard lock(state_->mutex);
    if (!state_->has_power) return file_error("ask free space of", path, EIO);
    return state_->room();
}

Result<std::unique_ptr<FileLock>> SimulatedFiles::lock(const std::string& path) {
    auto made = TRY(open_append(path, Begin::AtEnd));
    std::lock_guard lock(state_->mutex);
    if (!state_->locks.insert(clean(path)).second) return fail(Why::Busy, "It is in use");
    return std::make_unique<Lock>(state_, clean(path));
}

}  // namespace rook
