// For tests that need tables below the first level, whose index and filter nobody pins.
#pragma once

#include <gtest/gtest.h>
#include <rocksdb/db.h>

#include <string>

#include "store/embedded/engine.h"

namespace rook::store {

// The name of the table there, with a slash in front.
inline std::string compact_to_the_last_level(Engine& engine, Table table) {
    rocksdb::CompactRangeOptions options;
    options.bottommost_level_compaction = rocksdb::BottommostLevelCompaction::kForce;
    auto status = engine.raw().CompactRange(options, engine.family(table), nullptr, nullptr);
    EXPECT_TRUE(status.ok()) << status.ToString();
    rocksdb::ColumnFamilyMetaData all;
    engine.raw().GetColumnFamilyMetaData(engine.family(table), &all);
    return all.levels.back().files.at(0).name;
}

}  // namespace rook::store
