// The small parts, each by itself: output chain, timer wheel, turns, addresses.
#include <arpa/inet.h>
#include <gtest/gtest.h>

#include <chrono>
#include <future>
#include <latch>
#include <map>
#include <random>
#include <ranges>
#include <set>
#include <thread>

#include "net/address.h"
#include "net/output.h"
#include "net/timer_wheel.h"
#include "net/workers.h"

namespace rook::net {
using namespace std::chrono_literals;
namespace {

std::string all_of(const Output& output) {
    std::string text;
    for (std::size_t i = 0; !output.block(i).empty(); ++i) text += output.block(i);
    return text;
}

TEST(Output, IsAQueueOfBytes) {
    std::mt19937 random(1);
    Output output;
    std::string want;
    for (int i = 0; i < 20'000; ++i) {
        if (random() % 2 == 0) {
            const std::size_t n = random() % 10 == 0 ? random() % 100'000 : random() % 50;
            const std::string piece(n, static_cast<char>('a' + random() % 26));
            want += piece;
            if (random() % 2 == 0) {
                output.append(piece);
            } else {
                output.give(piece);
            }
        } else if (!want.empty()) {
            const std::size_t n = random() % (want.size() + 1);
            output.consume(n);
            want.erase(0, n);
        }
        ASSERT_EQ(output.size(), want.size());
        ASSERT_EQ(output.is_empty(), want.empty());
        if (i % 16 == 0) ASSERT_EQ(all_of(output), want);
    }
}

TEST(Output, FewBlocksForManySmallWrites) {
    Output output;
    for (int i = 0; i < 10'000; ++i) output.append("0123456789");
    std::size_t blocks = 0;
    while (!output.block(blocks).empty()) ++blocks;
    EXPECT_LT(blocks, 20u);
}

TEST(Output, KeepsWhatItIsGiven) {
    Output output;
    std::string body(20'000, 'b');
    const auto* bytes = body.data();
    output.append("head");
    output.give(std::move(body));
    output.append("end");
    EXPECT_EQ(output.block(1).data(), bytes);
    EXPECT_EQ(all_of(output), "head" + std::string(20'000, 'b') + "end");
    output.consume(4 + 20'000);
    EXPECT_EQ(all_of(output), "end");
}

struct Alarm final : TimerWheel::Timed {
    std::vector<int>* rang = nullptr;
    int name = 0;
    std::function<void()> also;
    void expired() override {
        rang->push_back(name);
        if (also) also();
    }
};

constexpr Tick at(double s) {
    return Tick{} + std::chrono::hours(5) +
           std::chrono::duration_cast<Tick::duration>(std::chrono::duration<double>(s));
}

TEST(TimerWheel, RingsInTimeAndNeverEarly) {
    std::mt19937 random(2);
    std::vector<int> rang;
    std::vector<Alarm> alarms(2000);
    TimerWheel wheel(at(0));
    std::vector<double> due(alarms.size()), when(alarms.size(), -1);
    double now = 0;
    for (std::size_t i = 0; i < alarms.size(); ++i) {
        alarms[i].rang = &rang;
        alarms[i].name = static_cast<int>(i);
        alarms[i].also = [&, i] { when[i] = now; };
        due[i] = (random() % 2'000'000) / 1000.0;
        wheel.schedule(alarms[i], at(due[i]));
        // Half are moved, later or earlier.
        if (random() % 2) wheel.schedule(alarms[i], at(due[i] = (random() % 2'000'000) / 1000.0));
    }
    for (; now < 2001; now += 0.25) wheel.advance(at(now));
    EXPECT_EQ(rang.size(), alarms.size());
    for (std::size_t i = 0; i < alarms.size(); ++i) {
        EXPECT_GE(when[i], due[i]) << i;
        EXPECT_LE(when[i], due[i] + 0.76) << i;
    }
}

TEST(TimerWheel, AlarmsMayCancelAndScheduleEachOther) {
    std::vector<int> rang;
    TimerWheel wheel(at(0));
    Alarm first, second, third;
    int n = 0;
    for (auto* alarm : {&first, &second, &third}) {
        alarm->rang = &rang;
        alarm->name = ++n;
        wheel.schedule(*alarm, at(1));
    }
    first.also = [&] {
        second.cancel();
        wheel.schedule(first, at(0));  // past already: in the next slot, not for ever in this one
        if (rang.size() > 4) first.cancel();
    };
    wheel.advance(at(1));
    EXPECT_EQ(rang, (std::vector<int>{}));
    wheel.advance(at(1.25));
    EXPECT_EQ(rang, (std::vector{1, 3}));
    wheel.advance(at(2.25));
    EXPECT_EQ(rang, (std::vector{1, 3, 1, 1, 1}));
    first.cancel();
    {
        Alarm short_lived;
        short_lived.rang = &rang;
        wheel.schedule(short_lived, at(4));
    }
    // A machine that slept for a day.
    wheel.schedule(second, at(5));
    wheel.schedule(third, at(80'000));
    wheel.advance(at(86'400));
    EXPECT_EQ(rang.size(), 7u);
}

struct Named final : Task {
    explicit Named(std::string n) : name(std::move(n)) {}
    bool work() override { return false; }
    void abandoned() override { ++abandoned_count; }
    const std::string& turn_of() const override { return name; }
    std::string name;
    int abandoned_count = 0;
};

TEST(TurnQueue, AFloodDelaysItselfOnly) {
    TurnQueue queue;
    const auto push = [&](const char* name) { queue.push(name, std::make_shared<Named>(name)); };
    for (int i = 0; i < 100; ++i) push("flood");
    push("ann");
    push("bob");
    push("ann");
    EXPECT_EQ(queue.names(), 3u);
    EXPECT_EQ(queue.size_of("flood"), 100u);
    EXPECT_EQ(queue.size_of("ann"), 2u);
    EXPECT_EQ(queue.size_of("nobody"), 0u);
    std::string order;
    while (auto task = queue.pop()) order += static_cast<Named&>(*task).name[0];
    EXPECT_EQ(order.substr(0, 6), "fabfaf");
    EXPECT_EQ(order.size(), 103u);
    EXPECT_EQ(queue.size(), 0u);
    EXPECT_EQ(queue.names(), 0u);
}

TEST(Workers, StopAbandonsWhatWaits) {
    Workers workers({1, 1, 1});
    workers.stop();
    auto late = std::make_shared<Named>("late");
    workers.submit(Lane::Short, late);
    EXPECT_EQ(late->abandoned_count, 1);
}

TEST(Workers, GrowToTheirCapAndNoFurther) {
    struct Meets final : Task {
        std::atomic<int>& here;
        std::atomic<int>& most;
        std::string name;
        Meets(std::atomic<int>& h, std::atomic<int>& m) : here(h), most(m) {}
        bool work() override {
            const int n = ++here;
            for (int seen = most; seen < n && !most.compare_exchange_weak(seen, n);) {
            }
            std::this_thread::sleep_for(std::chrono::milliseconds(5));
            --here;
            return false;
        }
        void abandoned() override {}
        const std::string& turn_of() const override { return name; }
    };
    std::atomic<int> here{0}, most{0};
    std::vector<std::shared_ptr<Meets>> tasks;
    {
        Workers workers({3, 1, 1});
        for (int i = 0; i < 30; ++i) {
            tasks.push_back(std::make_shared<Meets>(here, most));
            workers.submit(Lane::Short, tasks.back());
        }
        while (workers.waiting(Lane::Short) > 0) std::this_thread::yield();
    }
    EXPECT_EQ(most, 3);
}

TEST(Workers, WhoWorkedLastIsCalledNext) {
    struct Tells final : Task {
        std::latch* together;
        std::promise<std::thread::id> who;
        std::string name;
        explicit Tells(std::latch* all) : together(all) {}
        bool work() override {
            if (together) together->arrive_and_wait();
            who.set_value(std::this_thread::get_id());
            return false;
        }
        void abandoned() override {}
        const std::string& turn_of() const override { return name; }
    };
    constexpr int kWorkers = 8, kTurns = 50;
    Workers workers({kWorkers, 1, 1});
    std::latch all(kWorkers);
    std::vector<std::shared_ptr<Tells>> first;
    for (int i = 0; i < kWorkers; ++i) {
        first.push_back(std::make_shared<Tells>(&all));
        workers.submit(Lane::Short, first.back());
    }
    std::set<std::thread::id> of_all;
    std::map<std::thread::id, int> turns;
    for (auto& task : first) of_all.insert(task->who.get_future().get());
    EXPECT_EQ(of_all.size(), std::size_t{kWorkers});
    for (int i = 0; i < kTurns; ++i) {
        auto task = std::make_shared<Tells>(nullptr);
        workers.submit(Lane::Short, task);
        ++turns[task->who.get_future().get()];
        std::this_thread::sleep_for(2ms);
    }
    // On a busy machine another is called while the last has not gone back yet.
    EXPECT_GE(std::ranges::max(turns | std::views::values), kTurns / 2);
}

TEST(Address, Parses) {
    struct Row {
        const char* text;
        bool ok;
        int family;
        std::uint16_t port;
    };
    const Row rows[] = {
        {"127.0.0.1:1143", true, AF_INET, 1143},
        {"0.0.0.0:0", true, AF_INET, 0},
        {"[::1]:993", true, AF_INET6, 993},
        {"[::]:65535", true, AF_INET6, 65535},
        {"unix:/run/x", true, AF_UNIX, 0},
        {"127.0.0.1", false, 0, 0},
        {"127.0.0.1:", false, 0, 0},
        {"127.0.0.1:65536", false, 0, 0},
        {"127.0.0.1:14x", false, 0, 0},
        {"::1:143", false, 0, 0},
        {"[127.0.0.1]:1", false, 0, 0},
        {"localhost:143", false, 0, 0},
        {"unix:relative", false, 0, 0},
        {"unix:", false, 0, 0},
        {"", false, 0, 0},
    };
    for (const auto& row : rows) {
        const auto address = parse_address(row.text);
        ASSERT_EQ(address.has_value(), row.ok) << row.text;
        if (!row.ok) {
            EXPECT_EQ(address.error().why, Why::BadSyntax);
            continue;
        }
        EXPECT_EQ(address->storage.ss_family, row.family) << row.text;
        EXPECT_EQ(address->port, row.port) << row.text;
    }
    EXPECT_FALSE(parse_address("unix:/" + std::string(107, 'x')));
    EXPECT_TRUE(parse_address("unix:/" + std::string(106, 'x')));
}

TEST(Address, ThePeersNetwork) {
    struct Row {
        const char* address;
        const char* network;
        bool is_loopback;
    };
    const Row rows[] = {
        {"192.0.2.1", "192.0.2.1", false},
        {"127.1.2.3", "127.1.2.3", true},
        {"2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64", false},
        {"::1", "::/64", true},
    };
    for (const auto& row : rows) {
        sockaddr_storage storage{};
        if (std::string_view(row.address).contains(':')) {
            auto& in6 = reinterpret_cast<sockaddr_in6&>(storage);
            in6.sin6_family = AF_INET6;
            ::inet_pton(AF_INET6, row.address, &in6.sin6_addr);
        } else {
            auto& in = reinterpret_cast<sockaddr_in&>(storage);
            in.sin_family = AF_INET;
            ::inet_pton(AF_INET, row.address, &in.sin_addr);
        }
        const auto peer = peer_of(storage);
        EXPECT_EQ(peer.address, row.address);
        EXPECT_EQ(peer.network, row.network);
        EXPECT_EQ(peer.is_loopback, row.is_loopback);
    }
}

}  // namespace
}  // namespace rook::net
