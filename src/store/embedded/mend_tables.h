// Tables with damaged blocks, found and replaced: RocksDB opens with them, and fails whenever it
// meets the damage, in a compaction too.
//
// Threads: one at a time, with the store closed to everybody else.
#pragma once

#include <string>
#include <vector>

#include "base/log.h"
#include "store/embedded/embedded_store.h"
#include "store/embedded/engine.h"
#include "store/embedded/folder.h"

namespace rook::store {

// What is wrong with the table, in RocksDB's words; empty when every block is good.
std::string table_damage(const EngineSetup&, const std::string& path);

// Writes what can be read of damaged tables anew and takes them out; they are kept in the folder
// `lost`, and the report says what could not be read. Whatever was in an older table at the same
// place shows again there. `engine` is open for salvage, and may be another one afterwards.
// It can be interrupted anywhere and begun again.
Result<> mend_tables(Folder&, std::unique_ptr<Engine>& engine, Log&, RepairReport&);

}  // namespace rook::store
