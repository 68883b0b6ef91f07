// For tests: an embedded store on simulated files, and hands to hurt it with.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <thread>

#include "base/log.h"
#include "base/simulated_files.h"
#include "store/embedded/embedded_store.h"
#include "store/embedded/log_format.h"

namespace rook::store {

// What a start or a repair changes of a store in /store that is closed; and the same again.
using SavedFiles = std::map<std::string, std::string>;
inline SavedFiles save_files(Files& files) {
    SavedFiles saved{{"/store/horizon", files.load("/store/horizon").value()}};
    for (const auto& name : *files.list("/store/db")) {
        saved["/store/db/" + name] = files.load("/store/db/" + name).value();
    }
    return saved;
}
inline void put_back(Files& files, const SavedFiles& saved) {
    for (const auto& name : *files.list("/store/db")) {
        if (name != "lost") ASSERT_TRUE(files.remove("/store/db/" + name));
    }
    for (const auto& [path, bytes] : saved) ASSERT_TRUE(files.replace(path, bytes));
}

class Guards : public testing::Test {
protected:
    static constexpr AccountId kOne{1}, kTwo{2};

    EmbeddedOptions options() {
        auto options = options_;
        options.path = "/store";
        options.files = &files_;
        return options;
    }
    Result<> open() {
        store_ = TRY(open_embedded_store(options(), log_));
        return {};
    }
    void must_open() {
        auto opened = open();
        ASSERT_TRUE(opened) << opened.error().said << " " << opened.error().detail;
    }
    // As after kill -9: the log is there and no table was written.
    void kill() {
        files_.cut_power(0);
        store_.reset();
        files_.power_on();
    }
    static Batch put(const std::string& key, std::string value = "v",
                     Table table = Table::Records) {
        Batch batch;
        batch.put(table, key, value);
        return batch;
    }
    static constexpr Table kAll[] = {Table::Records, Table::Summaries, Table::Bodies,
                                     Table::Signatures};
    // The log of the last changes becomes tables, and goes.
    void make_a_table_of_each() {
        must_open();
        ASSERT_TRUE(commit("first"));
        store_.reset();
        must_open();
        for (auto table : kAll) ASSERT_TRUE(store_->commit(kOne, put("k", "v", table)));
        kill();
        must_open();
        store_.reset();
    }
    Result<> commit(const std::string& key) { return store_->commit(kOne, put(key)); }
    bool has(const std::string& key) {
        auto found = store_->find(kOne, Table::Records, key);
        EXPECT_TRUE(found) << found.error().detail;
        return found && *found;
    }
    // Behind what the log has, a record that a crash has cut short.
    void tear(const std::string& log, std::uint64_t sequence) {
        std::string record;
        log_format::append_little_endian(record, sequence, 8);
        log_format::append_little_endian(record, 1, 4);
        record.resize(9000, 't');
        auto bytes = *files_.load(log);
        log_format::append_record(bytes, record);
        ASSERT_TRUE(files_.replace(log, bytes.substr(0, bytes.size() - 5000)));
    }
    std::string manifest_path() {
        auto name = files_.load("/store/db/CURRENT").value();
        name.pop_back();
        return "/store/db/" + name;
    }
    SavedFiles save() { return save_files(files_); }
    void put_back(const SavedFiles& saved) {
        store_.reset();
        rook::store::put_back(files_, saved);
    }
    template <class Condition>
    static bool comes(Condition condition) {
        auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
        while (!condition()) {
            if (std::chrono::steady_clock::now() > end) return false;
            std::this_thread::yield();
        }
        return true;
    }
    std::string file_ending(std::string_view suffix) {
        std::string found;
        for (const auto& name : *files_.list("/store/db")) {
            if (name.ends_with(suffix) && name > found) found = name;
        }
        EXPECT_NE(found, "") << suffix;
        return "/store/db/" + found;
    }

    SimulatedFiles files_;
    NullLog log_;
    EmbeddedOptions options_{.reserve_bytes = 1000,
                             .ballast_bytes = 0,
                             .cache_bytes = 1 << 20,
                             .write_buffer_bytes = 8 << 20,
                             .keep_every = std::chrono::milliseconds(1)};
    std::unique_ptr<Store> store_;
};

}  // namespace rook::store
