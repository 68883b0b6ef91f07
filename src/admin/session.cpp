// The admin API's end of one connection: reads wire.h's lines, runs verbs on workers.
#include <utility>

#include "admin/admin.h"
#include "admin/verb_list.h"
#include "admin/wire.h"

namespace rook::admin {
namespace {

constexpr auto kIdle = std::chrono::minutes(10);

class AdminSession final : public net::Session {
public:
    AdminSession(const Services& services, net::Link& link) : services_(services), link_(link) {}

    void start() override { link_.set_timeout(kIdle); }

    std::size_t feed(std::string_view input) override {
        if (bytes_left_ > 0) return feed_bytes(input.substr(0, bytes_left_));
        auto end = input.find('\n');
        if (end == std::string_view::npos) {
            if (input.size() >= net::kMaxInput) give_up("The line is too long");
            return 0;
        }
        auto request = read_request(input.substr(0, end));
        if (!request)
            give_up(request.error().said);
        else
            std::visit([&](auto& line) { take(line); }, *request);
        return end + 1;
    }

    void timed_out() override { link_.close(); }
    void ending(std::string_view reason) override { give_up(std::string(reason)); }
    void broken() override { give_up("Something went wrong; the log says what"); }
    std::string_view protocol() const override { return "admin"; }
    std::string summary() const override { return "calls=" + std::to_string(calls_); }

private:
    std::size_t feed_bytes(std::string_view piece) {
        bytes_left_ -= piece.size();
        if (failed_ || !sink_) return piece.size();
        link_.run(net::Lane::Short, [this, bytes = std::string(piece)] {
            if (auto done = sink_->write(bytes); !done) failed_ = std::move(done).error();
            return net::Step::Done;
        });
        return piece.size();
    }

    void take(CallLine& line) {
        if (verb_) return give_up("The call before is not at its end");
        auto* verb = find_verb(line.verb);
        if (!verb || verb->on_client)
            return answer(fail(Why::Unsupported, "There is no verb " + line.verb));
        ++calls_;
        if (verb->begin) {
            verb_ = verb;
            link_.run(net::Lane::Short, [this, args = std::move(line.args)] {
                auto begun = begin_verb(*verb_, services_, args);
                if (begun)
                    sink_ = std::move(*begun);
                else
                    failed_ = std::move(begun).error();
                return net::Step::Done;
            });
            return;
        }
        if (verb->start) return start(*verb, std::move(line.args), line.tell);
        link_.run(net::Lane::Short, [this, verb, args = std::move(line.args)] {
            answer(run_verb(*verb, services_, args));
            return net::Step::Done;
        });
    }

    // Slice by slice in the lane of long work. An end of the session, or of the server, comes
    // between two slices.
    void start(const Verb& verb, Json args, Tell tell) {
        link_.run(net::Lane::Scan, [this, &verb, args = std::move(args), tell] {
            if (!slices_) {
                auto started = start_verb(verb, services_, args);
                if (!started) return answer(std::unexpected(started.error())), net::Step::Done;
                slices_ = std::move(*started);
                percent_ = 0;
            }
            auto stepped = slices_->step();
            if (stepped && !*stepped) {
                if (tell == Tell::Progress) tell_progress();
                return net::Step::More;
            }
            answer(stepped ? Result<Json>(**stepped) : std::unexpected(stepped.error()));
            slices_.reset();
            return net::Step::Done;
        });
    }

    void tell_progress() {
        const auto all = slices_->all();
        const auto percent = all == 0 ? 0 : slices_->done() * 100 / all;
        if (percent == std::exchange(percent_, percent)) return;
        link_.write(progress_line(slices_->done(), all));
    }

    void take(BytesLine& line) {
        if (!verb_) return give_up("No verb asked for bytes");
        bytes_left_ = line.count;
    }

    void take(EndLine&) {
        if (!verb_) return give_up("No verb asked for bytes");
        link_.run(net::Lane::Short, [this] {
            auto done = failed_ ? Result<Json>(std::unexpected(*failed_)) : sink_->finish();
            verb_ = nullptr;
            sink_.reset();
            failed_.reset();
            answer(done);
            return net::Step::Done;
        });
    }

    void answer(const Result<Json>& result) { link_.write(answer_line(result)); }
    void give_up(std::string why) {
        answer(fail(Why::BadSyntax, std::move(why)));
        link_.close();
    }

    const Services& services_;
    net::Link& link_;
    const Verb* verb_ = nullptr;  // whose bytes are coming
    std::unique_ptr<Sink> sink_;
    std::optional<Error> failed_;
    std::unique_ptr<Slices> slices_;
    std::uint64_t percent_ = 0;  // last told
    std::uint64_t bytes_left_ = 0;
    std::uint64_t calls_ = 0;
};

}  // namespace

std::unique_ptr<net::Session> make_session(const Services& services, net::Link& link) {
    return std::make_unique<AdminSession>(services, link);
}

}  // namespace rook::admin
