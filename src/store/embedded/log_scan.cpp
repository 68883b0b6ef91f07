#include "store/embedded/log_scan.h"

#include <algorithm>
#include <functional>

#include "store/embedded/blob_files.h"
#include "store/embedded/log_format.h"

namespace rook::store {
namespace {

using namespace log_format;

// A record's payload begins with its sequence number (8) and its count of changes (4).
constexpr std::size_t kRecordHeader = 12;

class Scanner {
public:
    explicit Scanner(LogScan& scan) : scan_(scan) {}

    // Called with every whole record.
    std::function<void(std::string_view record)> keep;

    void begin_file(const std::string& path) {
        path_ = path;
        whole_bytes_ = 0;
        is_in_record_ = false;
        is_lost_ = false;
    }

    // `block` may be short at the end of the file; `at` is where it stands there.
    void block(std::string_view block, std::uint64_t at) {
        const auto end = at + block.size();
        while (block.size() >= kHeader) {
            auto fragment = read_fragment(block);
            if (fragment) {
                take(*fragment);
                block.remove_prefix(kHeader + fragment->payload.size());
                if (!is_in_record_ && !is_lost_) whole_bytes_ = end - block.size();
                continue;
            }
            // Zeros are room that was set aside for the log and not used.
            if (block.find_first_not_of('\0') == block.npos) return;
            lose(1);
            block.remove_prefix(1);
        }
        if (block.find_first_not_of('\0') != block.npos) lose(block.size());
    }

    // A record that the file ends in was torn by a crash; nothing of it was acknowledged.
    void end_file() {
        if (is_in_record_) broken();
    }

private:
    void broken() {
        if (!scan_.is_broken) scan_.torn_end = {path_, whole_bytes_};
        scan_.is_broken = true;
    }

    void lose(std::size_t bytes) {
        broken();
        scan_.bytes_lost += bytes;
        is_lost_ = true;
        is_in_record_ = false;
    }

    void take(const Fragment& fragment) {
        switch (fragment.type) {
            case kFull:
                begins(fragment.payload, Whole::Yes);
                break;
            case kFirst:
                begins(fragment.payload, Whole::No);
                break;
            case kMiddle:
            case kLast:
                if (!is_in_record_) {
                    broken();
                    scan_.bytes_lost += kHeader + fragment.payload.size();
                } else {
                    if (keep) record_ += fragment.payload;
                    if (fragment.type == kLast) ends();
                }
                break;
        }
    }

    enum class Whole : std::uint8_t { No, Yes };
    void begins(std::string_view payload, Whole whole) {
        if (is_in_record_) broken();
        is_in_record_ = false;
        if (payload.size() < kRecordHeader) return lose(payload.size());
        auto sequence = little_endian(payload.substr(0, 8));
        auto count = little_endian(payload.substr(8, 4));
        // Behind damage the search can come upon bytes of a message that look like a record: such a
        // one must at least have a number that could be.
        constexpr std::uint64_t kFar = std::uint64_t{1} << 40;
        if (is_lost_ && (sequence < next_ || sequence > next_ + kFar)) return lose(payload.size());
        if (next_ != 0 && sequence != next_) broken();
        // Without changes it takes no number and says nothing of one: RocksDB begins a log with
        // such a record when the log before it was torn.
        if (scan_.is_broken && count > 0) scan_.torn_end.reset();
        last_ = std::max<std::uint64_t>(sequence + count, 1) - 1;
        if (count > 0 && scan_.lowest == 0) scan_.lowest = sequence;
        if (keep) record_ = payload;
        if (whole == Whole::Yes) return ends();
        is_in_record_ = true;
        // That it begins behind damage proves the damaged one acknowledged, whether it ends or not.
        if (is_lost_ && sequence > 0) scan_.highest = std::max(scan_.highest, sequence - 1);
    }

    void ends() {
        is_in_record_ = false;
        if (keep) keep(record_);
        ++scan_.records;
        scan_.highest = std::max(scan_.highest, last_);
        next_ = std::max(next_, last_ + 1);
    }

    LogScan& scan_;
    std::string path_;
    std::uint64_t whole_bytes_ = 0;
    std::uint64_t next_ = 0, last_ = 0;
    bool is_in_record_ = false, is_lost_ = false;
    std::string record_;
};

Result<> scan_log(Files& files, const std::string& path, Scanner& scanner, LogScan& scan) {
    auto file = TRY(files.open_read(path));
    ++scan.files;
    scanner.begin_file(path);
    for (std::uint64_t at = 0;; at += kBlock) {
        auto block = TRY(file->read(at, kBlock));
        scan.bytes += block.size();
        scanner.block(block, at);
        if (block.size() < kBlock) break;
    }
    scanner.end_file();
    return {};
}

}  // namespace

Result<LogScan> scan_logs(Files& files, const std::string& dir) {
    LogScan scan;
    if (!TRY(files.exists(dir))) return scan;
    Scanner scanner(scan);
    for (const auto& [number, name] : TRY(list_numbered(files, dir, ".log"))) {
        TRY(scan_log(files, dir + "/" + name, scanner, scan));
        if (scan.lowest != 0 && scan.first_log == 0) scan.first_log = number;
    }
    return scan;
}

Result<> cut(Files& files, const LogScan::TornEnd& end) {
    auto file = TRY(files.open_append(end.path, Files::Begin::AtEnd));
    TRY(file->truncate(end.whole_bytes));
    TRY(file->sync());
    return file->close();
}

Result<> mend_logs(Files& files, const std::string& dir, const std::string& lost) {
    LogScan all;
    Scanner scanner(all);
    for (const auto& [number, name] : TRY(list_numbered(files, dir, ".log"))) {
        auto path = dir + "/" + name;
        std::string mended;
        scanner.keep = [&](std::string_view record) { append_record(mended, record); };
        all.is_broken = false;
        TRY(scan_log(files, path, scanner, all));
        if (!all.is_broken) continue;
        auto damaged = TRY(files.load(path));
        TRY(files.replace(lost + "/damaged-" + name, damaged));
        TRY(files.replace(path, mended));
    }
    return {};
}

}  // namespace rook::store
