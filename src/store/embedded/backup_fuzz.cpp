// Folders of backups with any bytes for the list of a state, its copies and the counter of
// restores: refused, or read, written and read again as the same; copies go nowhere but where they
// are to go.
#include <fmt/format.h>

#include "base/check.h"
#include "base/codec.h"
#include "base/fuzzing.h"
#include "base/simulated_files.h"
#include "store/embedded/backup_folder.h"

using namespace rook;
using namespace rook::store;

namespace {

void check_list(std::string_view text) {
    const auto state = read_state("state", text);
    if (!state) return;
    for (const auto& file : state->files)
        CHECK(is_good_backup_name(file.name) && is_good_backup_name(file.copy().substr(0, 100)));
    const auto written = write_state(*state);
    const auto again = read_state("state", written);
    CHECK(again && write_state(*again) == written && again->files.size() == state->files.size());
}

std::string with_sum(std::string text) { return text + fmt::format("sum {:08x}\n", crc32c(text)); }

void check_folder(fuzz::Input& in) {
    SimulatedFiles files;
    for (auto dir : {"/b", "/b/files", "/b/states", "/out"}) files.make_dir(dir).value();
    files.replace("/b/format", "rookery-backup 1\n").value();
    files.replace("/b/restores", in.piece(in.byte() % 24)).value();
    const auto content = std::string(in.piece(in.byte()));
    const BackupFile good{"000001.sst", content.size(), crc32c(content)};
    files.replace("/b/files/" + good.copy(), content).value();
    files.replace("/b/states/good", write_state({"good", 1, "s", 0, {good}})).value();
    files.replace("/b/states/raw", in.rest()).value();
    files.replace("/b/states/sealed", with_sum("rookery-state 1\n" + std::string(in.rest())))
        .value();

    const auto folder = BackupFolder::open(files, "/b", BackupFolder::For::Add).value();
    CHECK(folder->states().size() + folder->damaged().size() == 3);
    CHECK(folder->find("good"));
    const auto report = folder->verify({}).value();
    CHECK(report.damage.size() >= folder->damaged().size());
    for (const auto& state : folder->states()) {
        const bool is_whole = folder->copy_out(state, "/out", {}).has_value();
        CHECK(is_whole || state.name != "good");
        const auto number = folder->count_restore(state.restores);
        if (const auto again = folder->count_restore(0); number && again)
            CHECK(*number > state.restores && *again == *number + 1);
    }
    CHECK(files.list("/").value().size() == 2 && files.list("/b").value().size() <= 5);
    // Nothing that a state needs is removed with the others.
    if (folder->keep(1)) {
        CHECK(folder->damaged().empty() && folder->states().size() == 1);
        (void)folder->copy_out(folder->states().front(), "/out", {});
    }
}

}  // namespace

// A file is 48 bytes, its name and its place in maps; it can be 14 of the list. What is on the disk
// is in memory too, twice.
FUZZ_WITHIN(text, (fuzz::Budget{.held_times = 200, .total_times = 1000})) {
    check_list(text);
    check_list(with_sum("rookery-state 1\n" + std::string(text)));
    fuzz::Input in(text);
    check_folder(in);
}
