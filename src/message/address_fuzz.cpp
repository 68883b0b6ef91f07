// Any bytes as an address list, as parameters, as a subject.
#include <cstddef>
#include <cstdint>

#include "base/check.h"
#include "base/date.h"
#include "base/utf8.h"
#include "message/address.h"
#include "message/encoded_word.h"
#include "message/parameters.h"
#include "message/threads.h"

using namespace rook;
using namespace rook::message;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    std::string_view text(reinterpret_cast<const char*>(data), size);
    int depth = 0;
    for (auto& address : parse_addresses(text)) {
        CHECK(is_valid_utf8(address.name) && is_valid_utf8(address.mailbox) &&
              is_valid_utf8(address.host));
        if (address.kind == Address::Kind::GroupStart) CHECK(++depth == 1);
        if (address.kind == Address::Kind::GroupEnd) CHECK(--depth == 0);
        if (address.kind != Address::Kind::Mailbox) CHECK(address.host.empty());
    }
    CHECK(depth == 0);
    CHECK(parse_raw_addresses(text, 3).size() <= 4);
    auto content = parse_content_value(text);
    CHECK(content.parameters.size() <= kMostParameters);
    for (auto& parameter : content.parameters)
        CHECK(is_valid_utf8(parameter.value) && parameter.value.find('\0') == std::string::npos);
    auto subject = decode_encoded_words(text);
    CHECK(is_valid_utf8(subject));
    CHECK(base_subject(subject).size() <= subject.size());
    CHECK(thread_references(text, text).size() <= kMostReferences);
    if (auto date = parse_mail_date(text)) CHECK(parse_mail_date(format_mail_date(*date)) == date);
    return 0;
}
