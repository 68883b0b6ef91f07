#include "store/embedded/mend_tables.h"

#include <fmt/format.h>
#include <rocksdb/db.h>
#include <rocksdb/sst_file_reader.h>
#include <rocksdb/table_properties.h>

#include <algorithm>
#include <optional>
#include <set>

#include "base/codec.h"
#include "store/embedded/log_format.h"
#include "store/embedded/walk.h"

namespace rook::store {
namespace {

// What a manifest says of a table: RocksDB's tags of a version edit.
constexpr std::uint64_t kDeletedFile = 6, kColumnFamily = 200;
constexpr std::size_t kBatchBytes = 1 << 20;

struct DamagedTable {
    Table table;
    int level = 0;
    std::uint64_t number = 0;
    std::string name;          // "000012.sst"
    std::string first, last;   // keys
    std::string identity;      // of its properties; empty when they cannot be read
    bool is_readable = false;  // in part
};

std::string identity_of(const rocksdb::TableProperties& properties) {
    return fmt::format("{} {}", properties.db_session_id, properties.orig_file_number);
}

// By the setup `whole` every damaged block counts; by `salvage` those count which hide records.
std::vector<DamagedTable> find_damaged(Engine& engine, const EngineSetup& whole,
                                       const EngineSetup& salvage, const std::string& dir) {
    std::vector<DamagedTable> found;
    for (int table = 0; table < kTables; ++table) {
        rocksdb::ColumnFamilyMetaData family;
        engine.raw().GetColumnFamilyMetaData(engine.family(Table(table)), &family);
        for (const auto& level : family.levels) {
            for (const auto& file : level.files) {
                const auto name = file.name.substr(file.name.find_last_of('/') + 1);
                const auto path = dir + "/" + name;
                if (table_damage(whole, path).empty()) continue;
                DamagedTable one{.table = Table(table),
                                 .level = level.level,
                                 .number = file.file_number,
                                 .name = name,
                                 .first = file.smallestkey,
                                 .last = file.largestkey,
                                 .identity = {}};
                rocksdb::Options options(*salvage.db, salvage.families[0].options);
                rocksdb::SstFileReader reader(options);
                one.is_readable = reader.Open(path).ok();
                const auto properties = one.is_readable ? reader.GetTableProperties() : nullptr;
                if (properties && properties->num_entries > 0)
                    one.identity = identity_of(*properties);
                found.push_back(std::move(one));
            }
        }
    }
    return found;
}

// Half way between two keys, to a few bytes behind what they share.
std::string between(const std::string& low, const std::string& high) {
    constexpr std::size_t kDigits = 24;
    const auto shared =
        static_cast<std::size_t>(std::ranges::mismatch(low, high).in1 - low.begin());
    auto digit = [&](const std::string& key, std::size_t i) {
        return shared + i < key.size() ? static_cast<unsigned char>(key[shared + i]) : 0u;
    };
    std::string half(kDigits, '\0');
    unsigned carry = 0;
    for (auto i = kDigits; i-- > 0;) {
        const auto sum = digit(low, i) + digit(high, i) + carry;
        half[i] = static_cast<char>(sum & 0xff);
        carry = sum >> 8;
    }
    for (std::size_t i = 0; i < kDigits; ++i) {
        const auto byte = static_cast<unsigned char>(half[i]);
        half[i] = static_cast<char>(byte >> 1 | carry << 7);
        carry = byte & 1;
    }
    return low.substr(0, shared) + half;
}

// Puts into the store again what a damaged table makes it show, block by damaged block left out.
class Salvage {
public:
    // `damaged`: all of the family's.
    Salvage(Engine& engine, Table table, const std::vector<DamagedTable>& damaged)
        : engine_(engine), family_(engine.family(table)), all_(engine.raw(), family_) {
        std::set<std::string> without;
        for (const auto& one : damaged) without.insert(one.identity);
        if (without.contains("")) return;
        rocksdb::ReadOptions read;
        read.table_filter = [without = std::move(without)](const auto& properties) {
            return !without.contains(identity_of(properties));
        };
        rest_.emplace(engine.raw(), family_, read);
    }

    Result<> save(const DamagedTable& damaged) {
        auto from = damaged.first;
        if (rest_) rest_->seek(from);
        for (;;) {
            for (all_.seek(from); all_.is_valid() && all_.key().compare(damaged.last) <= 0;
                 all_.next()) {
                TRY(keep(all_.key(), all_.value()));
                from = just_behind(all_.key());
            }
            if (all_.is_valid() || all_.status().ok()) break;
            ++gaps_;
            auto behind = find_behind(from, just_behind(damaged.last));
            if (!behind) return write();
            from = *std::move(behind);
            if (rest_) rest_->seek(from);
        }
        TRY(erase_up_to(just_behind(damaged.last)));
        return write();
    }
    std::uint64_t records() const { return records_; }
    std::uint64_t gaps() const { return gaps_; }

private:
    // Without the damaged tables this key shows something else, or nothing.
    Result<> keep(rocksdb::Slice key, rocksdb::Slice value) {
        TRY(erase_up_to(key));
        ++records_;
        if (rest_ && rest_->is_valid() && rest_->key() == key) {
            const bool is_same = rest_->value() == value;
            rest_->next();
            if (is_same) return {};
        }
        batch_.Put(family_, key, value);
        return write_if_large();
    }

    // What would show again though it was erased.
    Result<> erase_up_to(rocksdb::Slice key) {
        for (; rest_ && rest_->is_valid() && rest_->key().compare(key) < 0; rest_->next()) {
            batch_.Delete(family_, rest_->key());
            TRY(write_if_large());
        }
        return {};
    }

    // Where reading goes on behind damage that `from` leads to: the least such key, but for what a
    // second damage hides.
    std::optional<std::string> find_behind(std::string from, std::string end) {
        auto is_good = [&](const std::string& key) {
            all_.seek(key);
            return all_.is_valid() || all_.status().ok();
        };
        if (!is_good(end)) return {};
        for (auto half = between(from, end); from < half && half < end; half = between(from, end)) {
            (is_good(half) ? end : from) = half;
        }
        // Zeros that fill it up may lead past a key that ends in some.
        for (auto less = end; less.ends_with('\0'); end = less) {
            less.pop_back();
            if (less <= from || !is_good(less)) break;
        }
        return end;
    }

    Result<> write_if_large() {
        if (batch_.GetDataSize() < kBatchBytes) return {};
        return write();
    }
    Result<> write() {
        rocksdb::WriteOptions options;
        options.sync = true;
        const auto status = engine_.raw().Write(options, &batch_);
        batch_.Clear();
        if (!status.ok()) return std::unexpected(to_error(status));
        return {};
    }

    Engine& engine_;
    rocksdb::ColumnFamilyHandle* const family_;
    Walk all_;
    // Without the damaged tables; none when they cannot be told.
    std::optional<Walk> rest_;
    rocksdb::WriteBatch batch_;
    std::uint64_t records_ = 0, gaps_ = 0;
};

// Names them in the manifest as deleted, at once and durably, and puts them aside.
Result<> take_out(Folder& folder, const std::vector<DamagedTable>& damaged) {
    auto& files = folder.files();
    const auto dir = folder.db_path();
    auto current = TRY(files.load(dir + "/CURRENT"));
    if (current.ends_with('\n')) current.pop_back();
    auto manifest = TRY(files.load(dir + "/" + current));
    for (const auto& one : damaged) {
        std::string edit;
        Writer(edit)
            .varint(kDeletedFile)
            .varint(static_cast<std::uint64_t>(one.level))
            .varint(one.number);
        // A family's number is its place among the tables.
        const auto family = static_cast<std::uint64_t>(one.table);
        if (family != 0) Writer(edit).varint(kColumnFamily).varint(family);
        log_format::append_record(manifest, edit);
    }
    TRY(files.replace(dir + "/" + current, manifest));
    const auto lost = folder.path("lost");
    TRY(files.make_dir(lost));
    for (const auto& one : damaged) TRY(files.rename(dir + "/" + one.name, lost + "/" + one.name));
    TRY(files.sync_dir(lost));
    return files.sync_dir(dir);
}

Result<> take_out_and_reopen(Folder& folder, std::unique_ptr<Engine>& engine, Log& log,
                             const std::vector<DamagedTable>& damaged) {
    engine.reset();
    TRY(take_out(folder, damaged));
    engine = TRY(Engine::open(folder.engine_options(EngineOptions::Mode::Salvage), log));
    return {};
}

}  // namespace

std::string table_damage(const EngineSetup& setup, const std::string& path) {
    rocksdb::Options options(*setup.db, setup.families[0].options);
    rocksdb::SstFileReader reader(options);
    auto status = reader.Open(path);
    if (status.ok()) status = reader.VerifyChecksum();
    return status.ok() ? "" : status.ToString();
}

Result<> mend_tables(Folder& folder, std::unique_ptr<Engine>& engine, Log& log,
                     RepairReport& report) {
    const EngineSetup whole(folder.engine_options(EngineOptions::Mode::ReadOnly), log);
    const EngineSetup salvage(folder.engine_options(EngineOptions::Mode::Salvage), log);
    auto damaged = find_damaged(*engine, whole, salvage, folder.db_path());
    // Those of which nothing can be read would be in the way of the others.
    std::vector<DamagedTable> unreadable;
    std::erase_if(damaged, [&](const auto& one) {
        if (!one.is_readable) unreadable.push_back(one);
        return !one.is_readable;
    });
    if (!unreadable.empty()) {
        TRY(take_out_and_reopen(folder, engine, log, unreadable));
        for (const auto& one : unreadable) {
            report.notes.push_back(fmt::format(
                "The table {} could not be read: its records are lost; it is kept in the folder "
                "`lost`",
                one.name));
        }
    }
    if (damaged.empty()) return {};
    for (int table = 0; table < kTables; ++table) {
        std::vector<DamagedTable> of_family;
        std::ranges::copy_if(damaged, std::back_inserter(of_family),
                             [&](const auto& one) { return one.table == Table(table); });
        for (const auto& one : of_family) {
            Salvage saved(*engine, Table(table), of_family);
            TRY(saved.save(one));
            report.notes.push_back(fmt::format(
                "The table {} was damaged: {} records in its place were written anew, {} parts of "
                "it could not be read; it is kept in the folder `lost`",
                one.name, saved.records(), saved.gaps()));
        }
    }
    TRY(engine->flush());
    return take_out_and_reopen(folder, engine, log, damaged);
}

}  // namespace rook::store
