// RETR's and TOP's bodies: read a step at a time as the client takes them, never whole.
#include <fmt/core.h>

#include "pop3/session.h"
#include "pop3/wire/body_writer.h"
#include "pop3/wire/top_cutter.h"

namespace rook::pop3 {

namespace {

// TOP is mostly asked for a few lines.
constexpr std::uint64_t kTopBytes = 16 * 1024;

// The message as far as it has been read.
struct Reading {
    std::unique_ptr<message::Source> source;
    std::optional<wire::TopCutter> cutter;
    wire::BodyWriter writer;
    std::uint64_t at = 0;

    bool is_done() const { return at >= source->size() || (cutter && cutter->is_done()); }
    // Empty when done.
    Result<std::string> next() {
        if (is_done()) return std::string();
        auto bytes = TRY(source->read(at, cutter ? kTopBytes : net::kStepBytes));
        if (bytes.empty()) return fail(Why::Corrupt, "The message is damaged", "body ends early");
        at += bytes.size();
        if (cutter) bytes.resize(cutter->take(bytes));
        return bytes;
    }
};

}  // namespace

void Session::send_message(std::uint32_t number, std::optional<std::uint64_t> lines) {
    // Shared by the copies of the job only.
    auto reading = std::make_shared<Reading>();
    if (lines) reading->cutter.emplace(*lines);
    link_.run(net::Lane::Short, [this, number, lines, reading = std::move(reading)] {
        const bool is_first = !reading->source;
        if (is_first) {
            auto source = maildrop_->body(number);
            if (!source) return error(source.error()), net::Step::Done;
            reading->source = std::move(*source);
        }
        std::size_t written = 0;
        do {
            const auto bytes = reading->next();
            if (!bytes) return message_broke(bytes.error(), is_first && written == 0);
            if (is_first && written == 0) {
                ok(lines ? "The top follows"
                         : fmt::format("{} octets", maildrop_->at(number).size));
            }
            reading->writer.write(*bytes, [this](std::string_view piece) { link_.write(piece); });
            written += bytes->size();
        } while (!reading->is_done() && written < net::kStepBytes);
        octets_sent_ += written;
        if (!reading->is_done()) return net::Step::More;
        link_.write(reading->writer.end());
        ++(lines ? topped_ : retrieved_);
        return net::Step::Done;
    });
}

net::Step Session::message_broke(const Error& e, bool can_still_say_so) {
    if (can_still_say_so) return error(e), net::Step::Done;
    // An -ERR in the middle would be taken for a line of the message; that it ends without the dot
    // is all that the client can be told.
    log_error(e);
    link_.close();
    return net::Step::Done;
}

}  // namespace rook::pop3
