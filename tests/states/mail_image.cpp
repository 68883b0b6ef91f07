#include "states/mail_image.h"

#include <fmt/format.h>

#include <stdexcept>
#include <thread>
#include <vector>

#include "base/check.h"
#include "states/open_mail.h"
#include "states/random_steps.h"

namespace rook::states {
namespace {

const std::string kStore = "/store";

template <class T>
T must(Result<T> result) {
    if (!result) throw std::runtime_error(result.error().said + " " + result.error().detail);
    if constexpr (!std::is_void_v<T>) return *std::move(result);
}

void take_files(Files& files, const std::string& dir, FileBytes& bytes) {
    for (const auto& name : must(files.list(dir))) {
        const auto path = dir + "/" + name;
        if (must(files.is_dir(path))) {
            take_files(files, path, bytes);
        } else {
            bytes[path] = must(files.load(path));
        }
    }
}

// Until the horizon is as far as the last change, or what comes last could be lost in silence.
void wait_for_horizon(SimulatedFiles& files) {
    for (auto before = must(files.load(kStore + "/horizon")), now = before;; before = now) {
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
        now = must(files.load(kStore + "/horizon"));
        if (now == before) return;
    }
}

}  // namespace

store::EmbeddedOptions options_on(Files& files) {
    return {.path = kStore,
            .reserve_bytes = 1000,
            .ballast_bytes = 0,
            .cache_bytes = 1 << 20,
            .write_buffer_bytes = 8 << 20,
            .keep_every = std::chrono::milliseconds(2),
            .files = &files};
}

MailImage make_mail_image(std::uint64_t seed) {
    Dice dice(seed);
    NullLog log;
    SimulatedFiles files;
    MailImage image;
    constexpr int kSittings = 3;
    for (int sitting = 0; sitting < kSittings; ++sitting) {
        auto store = must(store::open_embedded_store(options_on(files), log));
        OpenMail mail(*store, seed);
        must(mail.open());
        for (int i = 0; i < 120; ++i) {
            const auto step = make_changing_step(dice, image.model);
            must(step.run(mail));
            for (auto& part : step.parts) part(image.model);
        }
        image.model = must(mail.read());
        mail.close();
        const bool is_killed = sitting + 1 == kSittings && seed % 2 == 0;
        if (is_killed) {
            wait_for_horizon(files);
            files.cut_power(seed);
        }
        store.reset();
        if (is_killed) files.power_on();
    }
    take_files(files, kStore, image.files);
    return image;
}

std::unique_ptr<SimulatedFiles> make_files(const FileBytes& bytes) {
    auto files = std::make_unique<SimulatedFiles>();
    for (auto& [path, content] : bytes) {
        for (auto at = path.find('/', 1); at != path.npos; at = path.find('/', at + 1)) {
            must(files->make_dir(path.substr(0, at)));
        }
        must(must(files->open_append(path, Files::Begin::Empty))->append(content));
    }
    return files;
}

std::string kind_of(const std::string& path) {
    const auto name = path.substr(path.find_last_of('/') + 1);
    for (auto [suffix, kind] :
         {std::pair{".sst", "table"}, {".blob", "body file"}, {".log", "log"}}) {
        if (name.ends_with(suffix)) return kind;
    }
    for (auto kind : {"MANIFEST", "OPTIONS"}) {
        if (name.starts_with(kind)) return kind;
    }
    return path.contains("/db/") ? "db/" + name : name;
}

Damage do_damage(FileBytes& files, Dice& dice, std::string_view only) {
    std::map<std::string, std::vector<std::string>> kinds;
    for (auto& [path, content] : files) {
        const auto kind = kind_of(path);
        if (!content.empty() && (only.empty() || kind == only)) kinds[kind].push_back(path);
    }
    if (kinds.empty()) throw std::runtime_error("no file of the kind that is to be damaged");
    const auto& kind = dice.one_of(kinds);
    Damage damage{.path = dice.one_of(kind.second), .kind = kind.first, .what = {}};
    auto& bytes = files[damage.path];
    const auto size = bytes.size();
    const auto at = dice.below(size);
    switch (dice.below(8)) {
        case 0:
            bytes.resize(at);
            damage.what = fmt::format("cut at byte {} of {}", at, size);
            break;
        case 1: {
            const auto end = std::min<std::size_t>(size, (at / 512 + 1) * 512);
            std::fill(bytes.begin() + static_cast<std::ptrdiff_t>(at),
                      bytes.begin() + static_cast<std::ptrdiff_t>(end), '\0');
            damage.what = fmt::format("bytes {} to {} of {} blank", at, end, size);
            break;
        }
        default: {
            const auto bit = dice.below(8);
            bytes[at] = static_cast<char>(bytes[at] ^ (1 << bit));
            damage.what = fmt::format("bit {} of byte {} of {} turned", bit, at, size);
        }
    }
    return damage;
}

}  // namespace rook::states
