// For tests that need tables below the first level, whose index and filter nobody pins.
#pragma once

#include <gtest/gtest.h>
#include <rocksdb/db.h>

#include "store/embedded/engine.h"

namespace rook::store {

inline void compact_to_the_last_level(Engine& engine, Table table) {
    rocksdb::CompactRangeOptions options;
    options.bottommost_level_compaction = rocksdb::BottommostLevelCompaction::kForce;
    auto status = engine.raw().CompactRange(options, engine.family(table), nullptr, nullptr);
    ASSERT_TRUE(status.ok()) << status.ToString();
}

}  // namespace rook::store
