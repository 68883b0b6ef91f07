// Any bytes as a header: its fields one by one, picked, and read for the Summary.
#include "message/header.h"

#include "base/check.h"
#include "base/fuzzing.h"
#include "message/fields.h"

using namespace rook;
using namespace rook::message;

FUZZ(text) {
    FieldReader reader(text);
    std::size_t bytes = 0, fields = 0;
    while (auto field = reader.next()) {
        bytes += field->raw.size();
        CHECK(field->raw.find(field->value) != std::string_view::npos);
        CHECK(unfold(field->value).find('\0') == std::string::npos);
        if (++fields <= 20) CHECK(find_field(text, field->name));
    }
    CHECK(bytes <= text.size());
    const FieldNames names{"subject", "to"};
    const auto only = pick_fields(text, names, Pick::Only);
    const auto rest = pick_fields(text, names, Pick::AllBut);
    CHECK(only.size() + rest.size() <= text.size() + 4);
    (void)read_message_fields(text);
    (void)read_mime_fields(text);
}
