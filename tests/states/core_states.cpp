#include "states/core_states.h"

#include "power/power_watch.h"
#include "states/open_mail.h"
#include "states/random_steps.h"

namespace rook::states {
namespace {

using power::Complaints;
using power::Model;
using power::Step;

constexpr auto kPoints = "crash points";

// Operations, a power cut, everything opened again and compared; and on from there.
class Life {
public:
    Life(std::uint64_t seed, StoreLie lie, Counts& counts)
        : dice_(seed), store_(lie), world_(store_, seed), counts_(counts) {}
    ~Life() { lose(); }

    Complaints live() {
        open();
        for (int i = 0; i < kCuts && wrong_.empty(); ++i) {
            run_into_a_cut();
            if (wrong_.empty()) come_back();
            ++counts_[kPoints];
        }
        return std::move(wrong_);
    }

private:
    static constexpr int kCuts = 16;

    PrefixStore::Choose choose() {
        return [this](std::size_t below) { return dice_.below(below); };
    }
    void must(const Result<>& result, const std::string& what) {
        if (!result) wrong_.push_back(what + ": " + said(result.error()));
    }
    void must(const Complaints& complaints) {
        wrong_.insert(wrong_.end(), complaints.begin(), complaints.end());
    }
    const Model& now() const { return chain_.back(); }

    void open() {
        store_.power_on();
        must(world_.open(), "it does not open");
    }

    void lose() {
        store_.wait_until_told();
        world_.close();
        store_.wait_until_told();
    }

    void run_into_a_cut() {
        if (!dice_.once_in(6)) store_.cut_at(dice_.between(1, 12), choose());
        const auto steps = dice_.between(1, 6);
        for (std::uint64_t i = 0; i < steps && store_.has_power() && wrong_.empty(); ++i) {
            world_.pass(std::chrono::seconds(dice_.below(3)));
            if (dice_.once_in(12)) {
                late_tidying();
            } else if (dice_.once_in(4)) {
                queue_some();
            } else {
                run(make_random_step(dice_, now()));
            }
        }
        if (store_.has_power()) store_.cut_now(choose());
        lose();
    }

    // Several messages in flight, and perhaps what else there is.
    void queue_some() {
        store_.hold();
        for (auto n = dice_.between(1, 4); n > 0 && store_.has_power() && !now().empty(); --n) {
            auto step = make_queued_step(dice_, now());
            auto begun = step.run(world_);
            in_flight(step);
            if (!begun && store_.has_power()) must(begun, step.name + " is refused");
        }
        store_.unhold();
        if (!store_.has_power()) return;
        if (dice_.once_in(3)) return store_.cut_now(choose());
        run(make_changing_step(dice_, now()));
    }

    void in_flight(const Step& step) {
        for (auto& part : step.parts) {
            chain_.push_back(chain_.back());
            part(chain_.back());
        }
    }

    void run(const Step& step) {
        auto done = step.run(world_);
        in_flight(step);
        if (done) return acknowledged(step.name);
        if (store_.has_power()) return must(done, step.name + " is refused");
        ++counts_["in the middle of an operation"];
        last_ = step.name;
    }

    void acknowledged(const std::string& name) {
        chain_.erase(chain_.begin(), chain_.end() - 1);
        last_ = name + ", acknowledged";
        ++counts_["operations"];
        if (store_.has_power()) watch_.note_shown(world_);
    }

    void late_tidying() {
        world_.pass(std::chrono::hours(24 * 15));
        auto complaints = power::tidy(world_);
        if (store_.has_power()) must(complaints);
    }

    void come_back() {
        // Power may go again meanwhile.
        if (dice_.once_in(4)) {
            store_.power_on();
            store_.cut_at(dice_.between(1, 4), choose());
            if (world_.open() && world_.read()) (void)power::tidy(world_);
            if (store_.has_power()) store_.cut_now(choose());
            lose();
        }
        open();
        if (!wrong_.empty()) return;
        auto have = world_.read();
        if (!have) return must(std::unexpected(have.error()), "mail cannot be read");
        must(power::difference(chain_, *have));
        if (chain_.size() > 1 && *have != chain_.front()) ++counts_["in flight and there"];
        chain_ = {*std::move(have)};
        must(watch_.check_shown(world_));
        must(power::tidy(world_));
        must(power::check_stored(world_, store_, power::Tidied::No));
        if (dice_.once_in(8)) {
            late_tidying();
            must(power::check_stored(world_, store_, power::Tidied::Yes));
        }
        watch_.note_shown(world_);
        if (!wrong_.empty()) wrong_.push_back("the last operation was: " + last_);
    }

    Dice dice_;
    PrefixStore store_;
    OpenMail world_;
    Counts& counts_;
    power::Watch watch_;
    // What is acknowledged, and what each part of the operations in flight makes of it.
    std::vector<Model> chain_{{}};
    std::string last_ = "none";
    Complaints wrong_;
};

}  // namespace

Proof core_proof(StoreLie lie) {
    return {
        .name = "states-core", .unit = kPoints, .live = [lie](std::uint64_t seed, Counts& counts) {
            return Life(seed, lie, counts).live();
        }};
}

}  // namespace rook::states
