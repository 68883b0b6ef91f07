// Each reader of arguments on any bytes, and what the writer writes read again.
#include "base/check.h"
#include "base/fuzzing.h"
#include "base/utf8.h"
#include "imap/wire/args.h"
#include "imap/wire/writer.h"

using namespace rook;
using namespace rook::imap::wire;

namespace {

// False when it failed.
bool read_one(Args& args, unsigned which) {
    switch (which % 16) {
        case 0:
            return args.atom().has_value();
        case 1:
            return args.astring().has_value();
        case 2:
            return args.string().has_value();
        case 3:
            return args.nstring().has_value();
        case 4:
            return args.pattern().has_value();
        case 5:
            return args.mailbox().has_value();
        case 6:
            return args.number().has_value();
        case 7:
            return args.nz_number().value_or(0) > 0;
        case 8:
            return args.number64().has_value();
        case 9:
            return args.date().has_value();
        case 10:
            return args.date_time().has_value();
        case 11:
            return args.flags().has_value();
        case 12:
            return args.bare_flags().has_value();
        case 13:
            return args.skip_value().has_value();
        case 14:
            return args.space().has_value();
        default:
            return args
                .list(Args::Empty::Allowed,
                      [](Args& in) -> Result<> {
                          TRY(in.astring());
                          return {};
                      })
                .has_value();
    }
}

void write_and_read(std::string_view value, bool utf8) {
    std::string out;
    Writer writer(out, {.utf8 = utf8});
    writer.astring(value).string(value).mailbox(value);
    Args args(out, {.utf8 = utf8});
    CHECK(args.astring() == value && args.space() && args.string() == value && args.space());
    const auto name = args.mailbox();
    CHECK(name && *name == value && args.at_end());
}

}  // namespace

FUZZ(text) {
    fuzz::Input in(text);
    const auto first = in.byte();
    Args args(in.rest(), {.utf8 = first % 2 != 0});
    for (unsigned which = first / 2; !args.at_end(); ++which) {
        const auto before = args.position();
        if (!read_one(args, which)) break;
        CHECK(args.position() <= in.rest().size() && args.position() >= before);
        if (args.position() == before && which > first / 2 + 16u) break;
        (void)args.take(' ');
    }
    (void)args.at_open_literal();
    if (is_valid_utf8(in.rest()) && in.rest().find('\0') == std::string_view::npos)
        write_and_read(in.rest(), first % 2 != 0);
}
