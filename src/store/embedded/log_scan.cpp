#include "store/embedded/log_scan.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <vector>

#include "base/codec.h"

namespace rook::store {
namespace {

// The log's format: blocks of 32 KB, in which fragments of records follow one another. A fragment
// is crc (4, masked), length (2), type (1), payload; numbers are little-endian. A record is one
// whole fragment, or a first, middle ones and a last. Where fewer bytes than a header are left in a
// block, they are zero.
constexpr std::size_t kBlock = 32 * 1024, kHeader = 7;
enum Type : std::uint8_t { kFull = 1, kFirst = 2, kMiddle = 3, kLast = 4 };
// A record's payload begins with its sequence number (8) and its count of changes (4).
constexpr std::size_t kRecordHeader = 12;

std::uint64_t little_endian(std::string_view bytes) {
    std::uint64_t value = 0;
    for (std::size_t i = bytes.size(); i > 0; --i) {
        value = value << 8 | static_cast<std::uint8_t>(bytes[i - 1]);
    }
    return value;
}

struct Fragment {
    std::uint8_t type;
    std::string_view payload;
};

std::optional<Fragment> read_fragment(std::string_view in) {
    if (in.size() < kHeader) return {};
    auto length = little_endian(in.substr(4, 2));
    auto type = static_cast<std::uint8_t>(in[6]);
    if (type < kFull || type > kLast || length > in.size() - kHeader) return {};
    auto masked = static_cast<std::uint32_t>(little_endian(in.substr(0, 4))) - 0xA282EAD8u;
    auto crc = masked >> 17 | masked << 15;
    if (crc != crc32c(in.substr(6, 1 + length))) return {};
    return Fragment{type, in.substr(kHeader, length)};
}

class Scanner {
public:
    explicit Scanner(LogScan& scan) : scan_(scan) {}

    void begin_file() {
        is_in_record_ = false;
        is_lost_ = false;
    }

    // `block` may be short at the end of the file.
    void block(std::string_view block) {
        while (block.size() >= kHeader) {
            auto fragment = read_fragment(block);
            if (fragment) {
                take(*fragment);
                block.remove_prefix(kHeader + fragment->payload.size());
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
        if (is_in_record_) scan_.is_broken = true;
    }

private:
    void lose(std::size_t bytes) {
        scan_.is_broken = true;
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
                    scan_.is_broken = true;
                    scan_.bytes_lost += kHeader + fragment.payload.size();
                } else if (fragment.type == kLast) {
                    ends();
                }
                break;
        }
    }

    enum class Whole : std::uint8_t { No, Yes };
    void begins(std::string_view payload, Whole whole) {
        if (is_in_record_) scan_.is_broken = true;
        is_in_record_ = false;
        if (payload.size() < kRecordHeader) return lose(payload.size());
        auto sequence = little_endian(payload.substr(0, 8));
        auto count = little_endian(payload.substr(8, 4));
        // Behind damage the search can come upon bytes of a message that look like a record: such a
        // one must at least have a number that could be.
        constexpr std::uint64_t kFar = std::uint64_t{1} << 40;
        if (is_lost_ && (sequence < next_ || sequence > next_ + kFar)) return lose(payload.size());
        if (next_ != 0 && sequence != next_) scan_.is_broken = true;
        last_ = count == 0 ? sequence : sequence + count - 1;
        if (whole == Whole::Yes) return ends();
        is_in_record_ = true;
        // That it begins behind damage proves the damaged one acknowledged, whether it ends or not.
        if (is_lost_) scan_.highest = std::max(scan_.highest, sequence - 1);
    }

    void ends() {
        is_in_record_ = false;
        ++scan_.records;
        scan_.highest = std::max(scan_.highest, last_);
        next_ = std::max(next_, last_ + 1);
    }

    LogScan& scan_;
    std::uint64_t next_ = 0, last_ = 0;
    bool is_in_record_ = false, is_lost_ = false;
};

}  // namespace

Result<LogScan> scan_logs(Files& files, const std::string& dir) {
    LogScan scan;
    if (!TRY(files.exists(dir))) return scan;
    std::vector<std::pair<std::uint64_t, std::string>> logs;
    for (const auto& name : TRY(files.list(dir))) {
        std::uint64_t number = 0;
        auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
        if (error == std::errc{} && std::string_view(end) == ".log")
            logs.emplace_back(number, name);
    }
    std::ranges::sort(logs);
    Scanner scanner(scan);
    for (const auto& [number, name] : logs) {
        auto file = TRY(files.open_read(dir + "/" + name));
        ++scan.files;
        scanner.begin_file();
        for (std::uint64_t at = 0;; at += kBlock) {
            auto block = TRY(file->read(at, kBlock));
            scan.bytes += block.size();
            scanner.block(block);
            if (block.size() < kBlock) break;
        }
        scanner.end_file();
    }
    return scan;
}

}  // namespace rook::store
