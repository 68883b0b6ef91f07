#include "store/embedded/table_origin.h"

#include <rocksdb/options.h>
#include <rocksdb/sst_file_reader.h>
#include <rocksdb/table_properties.h>

namespace rook::store {
namespace {

constexpr const char* kLevel = "rookery.level";

class Collector final : public rocksdb::TablePropertiesCollector {
public:
    explicit Collector(int level) : level_(level) {}
    rocksdb::Status AddUserKey(const rocksdb::Slice&, const rocksdb::Slice&, rocksdb::EntryType,
                               rocksdb::SequenceNumber, std::uint64_t) override {
        return rocksdb::Status::OK();
    }
    rocksdb::Status Finish(rocksdb::UserCollectedProperties* properties) override {
        *properties = GetReadableProperties();
        return rocksdb::Status::OK();
    }
    rocksdb::UserCollectedProperties GetReadableProperties() const override {
        return {{kLevel, std::to_string(level_)}};
    }
    const char* Name() const override { return "TableOrigin"; }

private:
    const int level_;
};

class Factory final : public rocksdb::TablePropertiesCollectorFactory {
public:
    rocksdb::TablePropertiesCollector* CreateTablePropertiesCollector(Context context) override {
        return new Collector(context.level_at_creation);  // RocksDB owns it
    }
    const char* Name() const override { return "TableOrigin"; }
};

}  // namespace

std::shared_ptr<rocksdb::TablePropertiesCollectorFactory> note_table_origin() {
    return std::make_shared<Factory>();
}

std::optional<int> table_level(const rocksdb::Options& options, const std::string& path) {
    rocksdb::SstFileReader reader(options);
    if (!reader.Open(path).ok()) return {};
    const auto properties = reader.GetTableProperties();
    const auto found = properties->user_collected_properties.find(kLevel);
    if (found == properties->user_collected_properties.end()) return 0;
    return std::atoi(found->second.c_str());
}

}  // namespace rook::store
