#include "store/embedded/blob_files.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include "base/codec.h"
#include "store/embedded/log_format.h"

namespace rook::store {
namespace {

using namespace log_format;

// A body file is a header, records and a footer. All numbers are little-endian, all sums masked.
//   header: magic (4), version (4), column family (4), flags (1), compression (1), times (16)
//   record: key length (8), value length (8), time (8), sum of these (4), sum of key and value (4),
//           key, value
//   footer: magic (4), records (8), times (16), sum of these (4)
constexpr std::uint32_t kMagic = 2395959;
constexpr std::size_t kFileHeader = 30, kRecordHeader = 32, kFooter = 32;

// What a manifest says of a body file: RocksDB's tags of a version edit.
constexpr std::uint64_t kColumnFamily = 200, kColumnFamilyAdd = 201, kBlobFileAddition = 400;

std::optional<std::uint64_t> record_count(const ReadFile& file, std::uint64_t size) {
    if (size < kFileHeader + kFooter) return {};
    auto header = file.read(0, kFileHeader), footer = file.read(size - kFooter, kFooter);
    if (!header || !footer || footer->size() != kFooter) return {};
    std::string_view end = *footer;
    if (little_endian(std::string_view(*header).substr(0, 4)) != kMagic ||
        little_endian(end.substr(0, 4)) != kMagic ||
        little_endian(end.substr(28, 4)) != mask(crc32c(end.substr(0, 28)))) {
        return {};
    }
    return little_endian(end.substr(4, 8));
}

std::string addition(std::uint64_t family, std::uint64_t number, std::uint64_t records,
                     std::uint64_t bytes) {
    std::string edit;
    Writer(edit)
        .varint(kBlobFileAddition)
        .varint(number)
        .varint(records)
        .varint(bytes)
        .text("")  // the file's own checksum: none
        .text("")
        .varint(0);  // no more fields
    Writer(edit).varint(kColumnFamily).varint(family);
    return edit;
}

// The number of the family that this edit adds under the name, if it does: the two fields that end
// it.
std::optional<std::uint64_t> added_family(std::string_view edit, std::string_view name) {
    for (std::uint64_t family = 1; family < 100; ++family) {
        std::string tail;
        Writer(tail).varint(kColumnFamily).varint(family).varint(kColumnFamilyAdd).text(name);
        if (edit.ends_with(tail)) return family;
    }
    return {};
}

}  // namespace

Result<std::vector<std::pair<std::uint64_t, std::string>>> list_numbered(Files& files,
                                                                         const std::string& dir,
                                                                         std::string_view suffix) {
    std::vector<std::pair<std::uint64_t, std::string>> found;
    for (const auto& name : TRY(files.list(dir))) {
        std::uint64_t number = 0;
        auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
        if (error == std::errc{} && std::string_view(end) == suffix)
            found.emplace_back(number, name);
    }
    std::ranges::sort(found);
    return found;
}

Result<std::uint64_t> scan_blob_file(Files& files, const std::string& path,
                                     const std::function<void(const BlobRecord&)>& each) {
    auto size = TRY(files.size(path));
    auto file = TRY(files.open_read(path));
    std::uint64_t good = 0, at = kFileHeader;
    if (!record_count(*file, size)) {
        each({"", "the file's header or footer is damaged"});
        size += kFooter;  // read what there is
    }
    while (at + kRecordHeader <= size - kFooter) {
        auto header = TRY(file->read(at, kRecordHeader));
        std::string_view fields = header;
        auto key_length = little_endian(fields.substr(0, 8));
        auto value_length = little_endian(fields.substr(8, 8));
        auto left = size - kFooter - at - kRecordHeader;
        if (header.size() < kRecordHeader ||
            little_endian(fields.substr(24, 4)) != mask(crc32c(fields.substr(0, 24))) ||
            key_length > left || value_length > left - key_length) {
            each({"", "a record's header is damaged; what follows in the file is not read"});
            break;
        }
        auto content = TRY(file->read(at + kRecordHeader, key_length + value_length));
        bool is_good = content.size() == key_length + value_length &&
                       little_endian(fields.substr(28, 4)) == mask(crc32c(content));
        each({content.substr(0, key_length), is_good ? "" : "the checksum does not match"});
        good += is_good;
        at += kRecordHeader + key_length + value_length;
    }
    return good;
}

std::optional<std::string> mend_blob_file(const std::string& content, BlobFileSize wanted,
                                          std::uint32_t family) {
    std::string header, footer;
    append_little_endian(header, kMagic, 4);
    append_little_endian(header, 1, 4);
    append_little_endian(header, family, 4);
    append_little_endian(footer, kMagic, 4);
    append_little_endian(footer, wanted.records, 8);
    footer.append(16, '\0');
    append_little_endian(footer, mask(crc32c(footer)), 4);
    header.resize(kFileHeader);
    if (content.size() == wanted.bytes && content.starts_with(header) &&
        content.ends_with(footer)) {
        return {};
    }
    auto mended = content;
    mended.resize(std::max(wanted.bytes, std::uint64_t{kFileHeader + kFooter}));
    mended.replace(0, kFileHeader, header);
    mended.replace(mended.size() - kFooter, kFooter, footer);
    return mended;
}

Result<Adopted> adopt_blob_files(Files& files, const std::string& dir) {
    Adopted adopted;
    auto current = TRY(files.load(dir + "/CURRENT"));
    if (current.ends_with('\n')) current.pop_back();
    auto path = dir + "/" + current;
    auto records = read_records(TRY(files.load(path)));

    // Behind the record that adds the family and before the tables: RocksDB links a table to the
    // body files that it knows when it meets the table.
    std::string manifest;
    bool is_done = false;
    for (const auto& record : records) {
        append_record(manifest, record);
        auto family = is_done ? std::nullopt : added_family(record, "bodies");
        if (!family) continue;
        is_done = true;
        for (const auto& [number, name] : TRY(list_numbered(files, dir, ".blob"))) {
            auto size = TRY(files.size(dir + "/" + name));
            auto file = TRY(files.open_read(dir + "/" + name));
            auto count = record_count(*file, size);
            if (!count) {
                adopted.refused.push_back(name);
                continue;
            }
            append_record(manifest,
                          addition(*family, number, *count, size - kFileHeader - kFooter));
            ++adopted.files;
        }
    }
    if (!is_done) return fail(Why::Corrupt, "The store's manifest does not name its bodies");
    TRY(files.replace(path, manifest));
    return adopted;
}

}  // namespace rook::store
