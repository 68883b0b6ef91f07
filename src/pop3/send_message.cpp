// RETR's and TOP's bodies: read a step at a time as the client takes them, never whole.
#include <fmt/core.h>

#include "pop3/session.h"
#include "pop3/wire/body_writer.h"
#include "pop3/wire/top_cutter.h"

namespace rook::pop3 {

namespace {

// As the chunks of a body lie: each comes without a copy. TOP is mostly asked for a few lines.
constexpr std::uint64_t kPiece = 64 * 1024, kTopBytes = 16 * 1024;

// The message as far as it has been read.
struct Reading {
    std::unique_ptr<message::Source> source;
    std::optional<wire::TopCutter> cutter;
    wire::BodyWriter writer;
    std::uint64_t at = 0;

    bool is_done() const { return at >= source->size() || (cutter && cutter->is_done()); }
    // What a step writes, as far as it is read.
    std::vector<std::string> pieces;

    // How many octets were read. A whole step before any of it is written, so that damage in the
    // first can still be told.
    Result<std::size_t> read_step() {
        pieces.clear();
        std::size_t octets = 0;
        while (!is_done() && octets < net::kStepBytes) {
            auto piece = TRY(source->read(at, cutter ? kTopBytes : kPiece));
            if (piece.empty()) {
                return fail(Why::Corrupt, "The message is damaged", "body ends early");
            }
            at += piece.size();
            if (cutter) piece.resize(cutter->take(piece));
            octets += piece.size();
            pieces.push_back(writer.write(std::move(piece)));
        }
        return octets;
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
        const auto octets = reading->read_step();
        if (!octets) return message_broke(octets.error(), is_first);
        if (is_first) {
            ok(lines ? "The top follows" : fmt::format("{} octets", maildrop_->at(number).size));
        }
        for (auto& piece : reading->pieces) link_.give(std::move(piece));
        octets_sent_ += *octets;
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
