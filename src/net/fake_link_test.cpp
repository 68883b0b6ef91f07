#include "net/fake_link.h"

#include <gtest/gtest.h>

#include <stdexcept>

namespace rook::net {
namespace {

// One line, one answer. The first word says what to do.
class LineSession final : public Session {
public:
    explicit LineSession(Link& link) : link_(link) {}

    void start() override { link_.write("hello\n"); }
    std::size_t feed(std::string_view input) override {
        const auto end = input.find('\n');
        if (end == std::string_view::npos) return 0;
        const std::string line(input.substr(0, end));
        if (line == "throw") throw std::runtime_error("thrown");
        if (line == "quit") {
            link_.write("bye\n");
            link_.close();
        } else if (line == "tls") {
            link_.write("go\n");
            link_.start_tls();
        } else if (line.starts_with("count")) {
            count_ = 0;
            link_.run(Lane::Scan, [this] {
                link_.write(std::to_string(++count_) + "\n");
                return count_ < 3 ? Step::More : Step::Done;
            });
        } else if (line == "jobthrow") {
            link_.run(Lane::Short, []() -> Step { throw std::runtime_error("in a job"); });
        } else if (line == "twolanes") {
            link_.run(Lane::Hash, [this] {
                link_.run(Lane::Short, [this] {
                    link_.write("second\n");
                    return Step::Done;
                });
                return Step::Done;
            });
        } else {
            link_.write("<" + line + ">\n");
        }
        return end + 1;
    }
    void woken() override { link_.write("woken\n"); }
    void tls_started() override { link_.write("tls on\n"); }
    void timed_out() override { link_.write("too slow\n"); }
    void ending(std::string_view reason) override {
        link_.write("end: " + std::string(reason) + "\n");
    }
    void broken() override { link_.write("broken\n"); }
    void closed() override { ++closed_calls; }
    std::string_view protocol() const override { return "line"; }

    static inline int closed_calls = 0;

private:
    Link& link_;
    int count_ = 0;
};

std::unique_ptr<Session> make(Link& link) { return std::make_unique<LineSession>(link); }

TEST(FakeLink, FeedsByTheContract) {
    struct Row {
        std::vector<std::string_view> send;
        std::string_view want;
        bool closed;
    };
    const Row rows[] = {
        {{"a\nb\n"}, "<a>\n<b>\n", false},
        {{"a", "b", "c\n"}, "<abc>\n", false},
        {{"a\nquit\nnever\n"}, "<a>\nbye\n", true},
        {{"count\nb\n"}, "1\n2\n3\n<b>\n", false},
        {{"tls\ninjected\n"}, "go\ntls on\n", false},
        {{"tls\ninjected\n", "after\n"}, "go\ntls on\n<after>\n", false},
        {{"throw\na\n"}, "broken\n", true},
        {{"jobthrow\na\n"}, "broken\n", true},
        {{"twolanes\na\n"}, "second\n<a>\n", false},
    };
    for (const auto& row : rows) {
        FakeLink link(make);
        link.start();
        EXPECT_EQ(link.take_output(), "hello\n");
        for (auto bytes : row.send) link.send(bytes);
        EXPECT_EQ(link.take_output(), row.want);
        EXPECT_EQ(link.is_closed(), row.closed);
    }
}

TEST(FakeLink, ClosesOnAFullBufferThatNobodyTakes) {
    FakeLink link(make);
    link.send(std::string(kMaxInput - 1, 'x'));
    EXPECT_FALSE(link.is_closed());
    link.send("x");
    EXPECT_TRUE(link.is_closed());
}

TEST(FakeLink, WakesAreMarkedAndDeliveredOnce) {
    FakeLink link(make);
    EXPECT_FALSE(link.deliver_wakes());
    link.wake();
    link.wake();
    EXPECT_EQ(link.take_output(), "");
    EXPECT_TRUE(link.deliver_wakes());
    EXPECT_FALSE(link.deliver_wakes());
    EXPECT_EQ(link.take_output(), "woken\n");
}

TEST(FakeLink, PausedJobStepsByHandAndHoldsInputAndWakes) {
    FakeLink link(make);
    link.pause_jobs();
    link.send("count\nnext\n");
    link.wake();
    EXPECT_TRUE(link.is_busy());
    EXPECT_FALSE(link.deliver_wakes());
    EXPECT_TRUE(link.step());
    EXPECT_EQ(link.take_output(), "1\n");
    EXPECT_EQ(link.unfed(), "next\n");
    EXPECT_TRUE(link.step());
    EXPECT_FALSE(link.step());
    EXPECT_EQ(link.take_output(), "2\n3\n<next>\n");
    EXPECT_TRUE(link.deliver_wakes());
    EXPECT_EQ(link.last_lane(), Lane::Scan);
}

TEST(FakeLink, EndsInEveryWay) {
    LineSession::closed_calls = 0;
    {
        FakeLink link(make);
        link.end("kicked");
        link.deliver_wakes();
        EXPECT_EQ(link.take_output(), "end: kicked\n");
        EXPECT_TRUE(link.is_closed());
    }
    {
        FakeLink link(make);
        link.time_out();
        EXPECT_EQ(link.take_output(), "too slow\n");
        EXPECT_TRUE(link.is_closed());
    }
    {
        FakeLink link(make);
        link.hang_up();
        EXPECT_TRUE(link.is_closed());
    }
    {
        FakeLink link(make);
    }
    EXPECT_EQ(LineSession::closed_calls, 4);
}

}  // namespace
}  // namespace rook::net
