// The mailbox core on the embedded store, losing power and failing at every step.
#include <gtest/gtest.h>

#include <cerrno>
#include <cstdlib>
#include <thread>

#include "power/power_script.h"
#include "power/power_world.h"

namespace rook::power {
namespace {

const Contents& contents() {
    static const Contents all;
    return all;
}

int rounds() {
    const char* asked = std::getenv("ROOKERY_POWER_ROUNDS");
    return asked ? std::max(1, std::atoi(asked)) : 1;
}

// A default run is to be short, in slow builds too.
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
constexpr std::uint64_t kSlower = 6;
#else
constexpr std::uint64_t kSlower = 1;
#endif
std::uint64_t stride(std::uint64_t usual) { return rounds() > 1 ? 1 : usual * kSlower; }

std::string said(const Error& error) { return error.said + " (" + error.detail + ")"; }

// A script on its way: what is acknowledged, and what else may be there.
class Course {
public:
    Course(World& world, Script script) : world_(world), script_(std::move(script)) {}

    // Until the first that fails, or to the end.
    enum class Notes : std::uint8_t { Shown, None };
    Result<> go(std::size_t steps = 1000, Notes notes = Notes::Shown) {
        for (; at_ < std::min(script_.size(), steps); ++at_) {
            auto done = script_[at_].run(world_);
            if (!done) return done;
            for (auto& part : script_[at_].parts) part(model_);
            // What a client has been told.
            if (notes == Notes::Shown) world_.note_shown();
        }
        return {};
    }
    bool is_done() const { return at_ == script_.size(); }
    const std::string& in_flight() const { return script_[at_].name; }
    const Model& model() const { return model_; }

    // Each account of `have` is as acknowledged, or as some parts of the operation in flight leave
    // it. Takes it as what is there from now on.
    void compare(const Model& have) {
        SCOPED_TRACE(is_done() ? "all acknowledged" : "in flight: " + in_flight());
        std::vector<Model> allowed{model_};
        if (!is_done()) {
            for (auto& part : script_[at_].parts) {
                allowed.push_back(allowed.back());
                part(allowed.back());
            }
        }
        for (auto& one : difference(allowed, have)) ADD_FAILURE() << one;
        partly_ += !is_done() && have != allowed.front();
        model_ = have;
    }
    // Whether the operation in flight was there, whole or in part.
    int partly() const { return partly_; }

private:
    World& world_;
    Script script_;
    std::size_t at_ = 0;
    Model model_;
    int partly_ = 0;
};

// A store that opens itself again says Busy meanwhile, and has done nothing.
template <class Work>
auto soon(Work work) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    for (;;) {
        auto done = work();
        if (done || done.error().why != Why::Busy || std::chrono::steady_clock::now() > end) {
            return done;
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
}
Result<Model> read_soon(World& world) {
    return soon([&] { return world.read(); });
}

// Goes through `script` from what is there.
void live_on(World& world, const Script& script) {
    auto model = read_soon(world);
    ASSERT_TRUE(model) << said(model.error());
    for (auto& step : script) {
        auto done = soon([&] { return step.run(world); });
        ASSERT_TRUE(done) << step.name << ": " << said(done.error());
        for (auto& part : step.parts) part(*model);
        world.note_shown();
    }
    auto have = read_soon(world);
    ASSERT_TRUE(have) << said(have.error());
    for (auto& [address, mail] : *model) EXPECT_EQ(difference(mail, (*have)[address]), "");
}

// After a power cut: everything opens, is as it must be, and works.
void come_back(World& world, std::initializer_list<Course*> runs) {
    world.files().power_on();
    auto opened = world.open();
    ASSERT_TRUE(opened) << said(opened.error());
    auto have = world.read();
    ASSERT_TRUE(have) << said(have.error());
    for (auto* run : runs) {
        Model own = *have;
        if (runs.size() > 1) {
            std::erase_if(own, [&](auto& item) { return !run->model().contains(item.first); });
        }
        run->compare(own);
    }
    world.check_whole();
    for (auto& [address, mail] : *have) live_on(world, make_afterlife(address));
    world.check_whole();
}

std::uint64_t count_calls(const Script& script) {
    World world(contents());
    EXPECT_TRUE(world.open());
    Course run(world, script);
    auto done = run.go();
    EXPECT_TRUE(done) << run.in_flight() << ": " << said(done.error());
    auto have = world.read();
    EXPECT_TRUE(have);
    if (have) run.compare(*have);
    EXPECT_GT(world.files().opened(), 5u);
    const auto calls = world.files().calls();
    world.check_whole();
    return calls;
}

void cut_everywhere(const Script& script, std::uint64_t stride) {
    const auto calls = count_calls(script);
    ASSERT_FALSE(testing::Test::HasFailure());
    int cuts = 0, partly = 0;
    for (int round = 0; round < rounds(); ++round) {
        const auto first = 1 + static_cast<std::uint64_t>(round) % stride;
        for (std::uint64_t k = first; k <= calls + 5; k += stride) {
            SCOPED_TRACE("round " + std::to_string(round) + ", power cut at call " +
                         std::to_string(k) + " of " + std::to_string(calls));
            World world(contents());
            world.files().cut_power_at(k, k * 7919 + static_cast<std::uint64_t>(round));
            Course run(world, script);
            if (world.open()) (void)run.go();
            cuts += !world.files().has_power();
            world.files().cut_power(k);  // after the last step, at the latest
            world.lose();
            come_back(world, {&run});
            partly += run.partly();
            if (testing::Test::HasFailure()) return;
        }
    }
    EXPECT_GT(cuts, static_cast<int>(calls / stride / 2));
    std::printf("%d power cuts in %llu calls; the operation in flight was there %d times\n", cuts,
                static_cast<unsigned long long>(calls), partly);
}

TEST(PowerCut, AtEveryStepOfEveryOperation) { cut_everywhere(make_short_script(), stride(1)); }

TEST(PowerCut, InOperationsOfManyBatches) { cut_everywhere(make_long_script(), stride(1)); }

// Batches of several accounts share flushes, and fall with one another.
TEST(PowerCut, WithSeveralAccountsAtWork) {
    for (int i = 0; i < 12 * rounds(); ++i) {
        SCOPED_TRACE("seed " + std::to_string(i));
        World world(contents());
        ASSERT_TRUE(world.open());
        Course setup(world, make_short_script());
        ASSERT_TRUE(setup.go(kSetupSteps));
        world.files().cut_power_at(5 + static_cast<std::uint64_t>(i) * 37 % 450,
                                   static_cast<std::uint64_t>(i));
        std::vector<std::unique_ptr<Course>> runs;
        std::vector<std::jthread> threads;
        for (auto& address : {kAnn, kBob}) {
            Script script = make_account_script(address);
            Step there{"exists", [](Ground&) -> Result<> { return {}; }, {[=](Model& m) {
                           m[address] = make_new_mail();
                       }}};
            script.insert(script.begin(), there);
            runs.push_back(std::make_unique<Course>(world, std::move(script)));
            EXPECT_TRUE(runs.back()->go(1));
        }
        for (auto& run : runs) {
            threads.emplace_back([&] { (void)run->go(1000, Course::Notes::None); });
        }
        threads.clear();
        world.files().cut_power(static_cast<std::uint64_t>(i));
        world.lose();
        come_back(world, {runs[0].get(), runs[1].get()});
        if (testing::Test::HasFailure()) return;
    }
}

void fail_everywhere(const Script& script, std::uint64_t stride, int number) {
    std::uint64_t calls = 0;
    {
        World world(contents());
        ASSERT_TRUE(world.open());
        Course run(world, script);
        ASSERT_TRUE(run.go(kSetupSteps));
        calls = world.files().calls();
        ASSERT_TRUE(run.go());
        calls = world.files().calls() - calls;
    }
    int failed = 0;
    for (int round = 0; round < rounds(); ++round) {
        const auto first = 1 + static_cast<std::uint64_t>(round) % stride;
        for (std::uint64_t k = first; k <= calls; k += stride) {
            SCOPED_TRACE("call " + std::to_string(k) + " of " + std::to_string(calls) +
                         " fails with " + std::to_string(number));
            World world(contents());
            ASSERT_TRUE(world.open());
            Course run(world, script);
            ASSERT_TRUE(run.go(kSetupSteps));
            world.files().fail_call(k, number, 1 + k % 3);
            auto done = run.go();
            failed += !done;
            world.files().fail_call(1, number, 0);  // no more
            // The next operation works, by itself.
            const auto after = make_afterlife(kAnn);
            const Step look{"look",
                            [](Ground& w) -> Result<> {
                                TRY(w.account(kAnn));
                                return TRY(w.account(kAnn))->subscribe("Look", true);
                            },
                            {}};
            auto again = soon([&] { return look.run(world); });
            ASSERT_TRUE(again) << said(again.error());
            auto have = read_soon(world);
            ASSERT_TRUE(have) << said(have.error());
            auto seen = *have;
            seen[kAnn].subscriptions.erase("Look");
            run.compare(seen);
            live_on(world, after);
            // And what the running server says is what a power cut leaves.
            have = read_soon(world);
            ASSERT_TRUE(have) << said(have.error());
            world.files().cut_power(k);
            world.lose();
            world.files().power_on();
            auto opened = world.open();
            ASSERT_TRUE(opened) << said(opened.error());
            auto left = world.read();
            ASSERT_TRUE(left) << said(left.error());
            for (auto& [address, mail] : *have) {
                EXPECT_EQ(difference(mail, (*left)[address]), "") << address;
            }
            world.check_whole();
            if (testing::Test::HasFailure()) return;
        }
    }
    EXPECT_GT(failed, 0);
    std::printf("%d operations failed with %d\n", failed, number);
}

TEST(FailedCall, EioAtEveryStep) { fail_everywhere(make_short_script(), stride(3), EIO); }
TEST(FailedCall, EnospcAtEveryStep) { fail_everywhere(make_short_script(), stride(3), ENOSPC); }
TEST(FailedCall, InOperationsOfManyBatches) { fail_everywhere(make_long_script(), stride(5), EIO); }

}  // namespace
}  // namespace rook::power
