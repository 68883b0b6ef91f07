// Body files with damage in every part of them, read without RocksDB.
#include "store/embedded/blob_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/simulated_files.h"
#include "store/embedded/blob_testing.h"

namespace rook::store {
namespace {

using testing::ElementsAre;

// The file's parts: a header of 30 bytes, two records of 32 and "k" and three bytes, a footer.
constexpr std::size_t kFirst = 30, kSecond = kFirst + 36, kFooter = kSecond + 36;

class BlobFiles : public testing::Test {
protected:
    BlobFiles() { EXPECT_TRUE(files_.make_dir("/db")); }

    // "good", or what is wrong, of each record; the count at the end.
    std::vector<std::string> scan(const std::string& file) {
        EXPECT_TRUE(files_.replace("/db/000005.blob", file));
        std::vector<std::string> all;
        auto good = scan_blob_file(files_, "/db/000005.blob", [&](const BlobRecord& record) {
            all.push_back(record.key + (record.damage.empty() ? " good" : ": " + record.damage));
        });
        EXPECT_TRUE(good);
        all.push_back(std::to_string(good.value_or(99)));
        return all;
    }
    static std::string with_flip(std::size_t at) {
        auto file = blob_file({"one", "two"});
        file[at] = static_cast<char>(file[at] ^ 4);
        return file;
    }

    SimulatedFiles files_;
};

TEST_F(BlobFiles, DamageIsNamedAndTheRestIsRead) {
    const std::string ends = ": the file's header or footer is damaged";
    const std::string header =
        ": a record's header is damaged; what follows in the file is not read";
    const std::string content = "k: the checksum does not match";
    const auto whole = blob_file({"one", "two"});
    EXPECT_THAT(scan(whole), ElementsAre("k good", "k good", "2"));
    EXPECT_THAT(scan(blob_file({})), ElementsAre("0"));
    EXPECT_THAT(scan(with_flip(0)), ElementsAre(ends, "k good", "k good", header, "2"));
    EXPECT_THAT(scan(with_flip(kFooter + 4)), ElementsAre(ends, "k good", "k good", header, "2"));
    EXPECT_THAT(scan(with_flip(kFirst)), ElementsAre(header, "0"));
    EXPECT_THAT(scan(with_flip(kSecond + 8)), ElementsAre("k good", header, "1"));
    EXPECT_THAT(scan(with_flip(kFirst + 33)), ElementsAre(content, "k good", "1"));
    // Cut in the footer, in a record's content, in its header, and in the file's header.
    EXPECT_THAT(scan(whole.substr(0, kFooter + 7)), ElementsAre(ends, "k good", "k good", "2"));
    EXPECT_THAT(scan(whole.substr(0, kFooter - 1)), ElementsAre(ends, "k good", header, "1"));
    EXPECT_THAT(scan(whole.substr(0, kSecond + 9)), ElementsAre(ends, "k good", "1"));
    EXPECT_THAT(scan(whole.substr(0, 7)), ElementsAre(ends, "0"));
    EXPECT_THAT(scan(""), ElementsAre(ends, "0"));
}

TEST_F(BlobFiles, AManifestTakesInWhatIsWhole) {
    std::string family, manifest;
    Writer(family).varint(200).varint(2).varint(201).text("bodies");
    log_format::append_record(manifest, "first");
    log_format::append_record(manifest, family);
    log_format::append_record(manifest, "last");
    ASSERT_TRUE(files_.replace("/db/CURRENT", "MANIFEST-000001\n"));
    ASSERT_TRUE(files_.replace("/db/MANIFEST-000001", manifest));
    ASSERT_TRUE(files_.replace("/db/000005.blob", blob_file({"one", "two"})));
    ASSERT_TRUE(files_.replace("/db/000006.blob", with_flip(kFooter)));
    ASSERT_TRUE(files_.replace("/db/000007.blob", "short"));
    ASSERT_TRUE(files_.replace("/db/x.blob", "not numbered"));
    const auto adopted = adopt_blob_files(files_, "/db");
    ASSERT_TRUE(adopted);
    EXPECT_EQ(adopted->files, 1u);
    EXPECT_THAT(adopted->refused, ElementsAre("000006.blob", "000007.blob"));
    // File 5, two records, 72 bytes of them, no checksums, no more fields; of family 2.
    std::string edit;
    Writer(edit).varint(400).varint(5).varint(2).varint(72).text("").text("").varint(0);
    Writer(edit).varint(200).varint(2);
    EXPECT_THAT(log_format::read_records(*files_.load("/db/MANIFEST-000001")),
                ElementsAre("first", family, edit, "last"));
}

TEST_F(BlobFiles, AManifestWithoutTheFamilyIsDamaged) {
    std::string manifest;
    log_format::append_record(manifest, "first");
    ASSERT_TRUE(files_.replace("/db/CURRENT", "MANIFEST-000001\n"));
    ASSERT_TRUE(files_.replace("/db/MANIFEST-000001", manifest));
    EXPECT_EQ(adopt_blob_files(files_, "/db").error().why, Why::Corrupt);
    EXPECT_EQ(*files_.load("/db/MANIFEST-000001"), manifest);
}

}  // namespace
}  // namespace rook::store
