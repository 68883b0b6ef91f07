// Logs on disk: any bytes as one, and records written and read again.
#include "store/embedded/log_format.h"

#include "base/ascii.h"
#include "base/check.h"
#include "base/fuzzing.h"

using namespace rook;
using namespace rook::store;

FUZZ(text) {
    std::size_t bytes = 0;
    for (auto& record : log_format::read_records(text)) bytes += record.size();
    CHECK(bytes <= text.size());
    // At most a few, so that the file stays as small as the input.
    std::vector<std::string_view> want;
    std::string file;
    for (auto record : split(text, '\xFF')) {
        if (want.size() == 100) break;
        want.push_back(record);
        log_format::append_record(file, record);
    }
    const auto got = log_format::read_records(file);
    CHECK(std::equal(got.begin(), got.end(), want.begin(), want.end()));
}
