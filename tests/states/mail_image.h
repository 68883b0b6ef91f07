// A store with mail that is known, as the bytes of its files, to be damaged and looked at again and
// again.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "base/simulated_files.h"
#include "power/power_model.h"
#include "states/dice.h"
#include "store/embedded/embedded_store.h"

namespace rook::states {

using FileBytes = std::map<std::string, std::string>;  // by path

struct MailImage {
    FileBytes files;
    power::Model model;
};
// The same seed, the same mail. Some are closed properly, some end as with kill -9.
MailImage make_mail_image(std::uint64_t seed);

// Fresh files with these bytes, flushed.
std::unique_ptr<SimulatedFiles> make_files(const FileBytes&);
store::EmbeddedOptions options_on(Files&);

// What a file is to the store: "table", "body file", "log", "manifest", "CURRENT", "horizon"...
std::string kind_of(const std::string& path);

struct Damage {
    std::string path, kind;
    std::string what;  // "bit 3 of byte 1234 of 5000 turned"
};
// Turns a bit, blanks a sector or cuts the end of a file. Every kind is chosen as often as any
// other, or is the only one.
Damage do_damage(FileBytes&, Dice&, std::string_view only = {});

}  // namespace rook::states
