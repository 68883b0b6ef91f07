// The files of a store that are read without RocksDB: the format, the horizon, the logs, body files
// and a manifest, with any bytes in them. Refused or read; a repair puts right what it says it
// does.
#include "base/ascii.h"
#include "base/check.h"
#include "base/codec.h"
#include "base/fuzzing.h"
#include "base/simulated_files.h"
#include "store/embedded/blob_files.h"
#include "store/embedded/blob_testing.h"
#include "store/embedded/folder.h"
#include "store/embedded/log_format.h"
#include "store/embedded/log_scan.h"

using namespace rook;
using namespace rook::store;

namespace {

void check_folder(Files& files, const char* file, std::string_view content) {
    files.make_dir("/store").value();
    files.make_dir("/store/db").value();
    files.replace("/store/db/CURRENT", "MANIFEST-000001\n").value();
    files.replace("/store/format", "rookery-store 1\n").value();
    files.replace(file, content).value();
    const EmbeddedOptions options{.path = "/store", .files = &files};
    const auto opened = Folder::open(options, Folder::For::Serve);
    if (opened) {
        CHECK((*opened)->notes().empty());
        return;
    }
    CHECK(opened.error().why == Why::Corrupt || opened.error().why == Why::Unsupported);
    const auto repaired = Folder::open(options, Folder::For::Repair);
    CHECK(repaired.has_value() == (opened.error().why == Why::Corrupt));
    if (!repaired) return;
    CHECK(!(*repaired)->notes().empty());
    (*repaired)->horizon().reset(7).value();
}

// Records of two logs, and bytes of them changed.
void check_logs(Files& files, fuzz::Input& in) {
    files.make_dir("/db").value();
    files.make_dir("/lost").value();
    const auto damages = in.byte() % 4;
    std::array<std::pair<std::uint16_t, std::uint8_t>, 3> damage;
    for (auto& [at, by] : damage) at = in.u16(), by = in.byte();
    std::array<std::string, 2> logs;
    const bool is_raw = in.byte() % 4 == 0;
    if (is_raw) logs[0] = in.rest();
    std::size_t records = 0;
    for (auto record : split(is_raw ? std::string_view() : in.rest(), '\xFF')) {
        if (++records > 100) break;  // so that a log stays as small as the input
        log_format::append_record(logs[record.size() % 2], record);
    }
    for (int i = 0; i < damages; ++i) {
        auto& [at, by] = damage[static_cast<std::size_t>(i)];
        auto& log = logs[at % 2];
        if (!log.empty()) log[at % log.size()] ^= static_cast<char>(by);
    }
    files.replace("/db/000003.log", logs[0]).value();
    files.replace("/db/000007.log", logs[1]).value();
    const auto scan = scan_logs(files, "/db").value();
    CHECK(scan.lowest <= scan.highest + 1 && scan.bytes_lost <= scan.bytes);
    CHECK(scan.is_broken || (scan.bytes_lost == 0 && !scan.torn_end));
    if (!scan.is_broken) return;
    mend_logs(files, "/db", "/lost").value();
    const auto mended = scan_logs(files, "/db").value();
    CHECK(mended.bytes_lost == 0 && mended.records >= scan.records);
}

// Body files whole, with a byte changed, cut off, or of any bytes.
void check_bodies(Files& files, fuzz::Input& in) {
    files.make_dir("/db").value();
    const auto at = in.u16(), end = in.u16();
    const auto by = in.byte();
    auto bodies = split(in.rest(), '\xFF');
    if (bodies.size() > 100) bodies.resize(100);
    auto file = blob_file(bodies);
    const auto whole = file;
    file[at % file.size()] ^= static_cast<char>(by);
    if (end % 4 == 1) file.resize(end % file.size());
    if (end % 4 == 2) file = in.rest();
    files.replace("/db/000005.blob", file).value();
    std::uint64_t good = 0, bad = 0;
    const auto found = scan_blob_file(files, "/db/000005.blob", [&](const BlobRecord& record) {
        ++(record.damage.empty() ? good : bad);
        if (record.damage.empty() && file == whole) CHECK(record.key == "k");
    });
    CHECK(found.value() == good && good <= file.size() / 32);
    if (file == whole) CHECK(good == bodies.size() && bad == 0);
}

// Body files that a manifest of any bytes is to name.
void check_manifest(Files& files, fuzz::Input& in) {
    files.make_dir("/db").value();
    const bool is_raw = in.byte() % 4 == 0;
    std::string manifest, family;
    Writer(family).varint(200).varint(2).varint(201).text("bodies");
    if (is_raw) {
        manifest = in.rest();
    } else {
        log_format::append_record(manifest, in.piece(in.byte()));
        log_format::append_record(manifest, family);
        log_format::append_record(manifest, in.rest());
    }
    files.replace("/db/CURRENT", "MANIFEST-000001\n").value();
    files.replace("/db/MANIFEST-000001", manifest).value();
    files.replace("/db/000005.blob", blob_file({"one"})).value();
    files.replace("/db/000006.blob", in.rest()).value();
    const auto adopted = adopt_blob_files(files, "/db");
    CHECK(adopted || is_raw);
    if (!adopted) return;
    CHECK(adopted->files + adopted->refused.size() == 2 && adopted->files >= 1);
    const auto after = files.load("/db/MANIFEST-000001").value();
    CHECK(log_format::read_records(after).size() ==
          log_format::read_records(manifest).size() + adopted->files);
}

}  // namespace

// What is on the disk is in memory too, twice, and a log that is mended once more.
FUZZ_WITHIN(text, (fuzz::Budget{.held_times = 40, .total_times = 400})) {
    fuzz::Input in(text);
    SimulatedFiles files;
    switch (in.byte() % 5) {
        case 0:
            return check_folder(files, "/store/format", in.rest());
        case 1:
            return check_folder(files, "/store/horizon", in.rest());
        case 2:
            return check_logs(files, in);
        case 3:
            return check_bodies(files, in);
        default:
            return check_manifest(files, in);
    }
}
