// Bytes on disk: any value under any key, and a good one with one bit turned.
#include "base/codec.h"

#include "base/check.h"
#include "base/fuzzing.h"

using namespace rook;

namespace {

void read_anything(std::string_view text) {
    Reader in(text);
    while (!in.at_end() && !in.failed()) {
        const auto before = in.rest();
        std::string again;
        switch (in.u8() % 6) {
            case 0:
                (void)in.u32();
                break;
            case 1:
                (void)in.u64();
                break;
            case 2:
                (void)in.text();
                break;
            case 3:
                (void)in.bytes(in.u8());
                break;
            case 4: {
                const auto number = in.varint();
                Writer(again).varint(number);
                CHECK(in.failed() || Reader(again).varint() == number);
                break;
            }
            default: {
                const auto number = in.zigzag();
                Writer(again).zigzag(number);
                CHECK(in.failed() || Reader(again).zigzag() == number);
            }
        }
        CHECK(in.rest().size() < before.size() && before.ends_with(in.rest()));
    }
}

}  // namespace

FUZZ(text) {
    read_anything(text);
    fuzz::Input in(text);
    const auto version = in.byte();
    const auto bit = in.u16();
    const auto key = in.piece(in.byte());
    if (auto read = unseal(key, in.rest(), version)) CHECK(read->version <= version);
    auto value = sealed(version, key, in.rest());
    const auto read = unseal(key, value, version);
    CHECK(read && read->version == version && read->payload == in.rest());
    value[bit / 8 % value.size()] ^= static_cast<char>(1 << bit % 8);
    CHECK(!unseal(key, value, 255));
}
