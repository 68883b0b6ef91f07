#include "states/store_states.h"

#include <fmt/format.h>

#include <atomic>
#include <latch>
#include <optional>

#include "base/log.h"
#include "states/dice.h"
#include "store/embedded/embedded_store.h"

namespace rook::states {
namespace {

using store::Batch;
using store::Table;

constexpr auto kPoints = "crash points";
constexpr AccountId kAccounts[] = {{1}, {2}, {3}};
constexpr Table kTables[] = {Table::Records, Table::Summaries, Table::Bodies, Table::Signatures};

using Rows = std::map<std::pair<Table, std::string>, std::string>;

void apply_to(const Batch& batch, Rows& rows) {
    for (const auto& change : batch.changes()) {
        if (change.is_erase) {
            rows.erase({change.table, change.key});
        } else {
            rows[{change.table, change.key}] = change.value;
        }
    }
}

// What an account held when the last batch was acknowledged, and what was submitted since.
struct Course {
    Rows rows;
    std::vector<Batch> since;
    std::atomic<std::size_t> acknowledged{0};  // of `since`: those in front

    Rows now() const {
        auto all = rows;
        for (auto& batch : since) apply_to(batch, all);
        return all;
    }
};

class Life {
public:
    Life(std::uint64_t seed, FilesLie lie, Counts& counts)
        : dice_(seed),
          counts_(counts),
          lying_(make_lying_files(files_, lie)),
          options_{
              .path = "/store",
              .reserve_bytes = 1000,
              .ballast_bytes = 0,
              .cache_bytes = 1 << 20,
              // Small ones make tables, and compactions, while batches come.
              .write_buffer_bytes = dice_.once_in(2) ? 8u << 20 : 256u << 10,
              .keep_every = dice_.once_in(2) ? std::chrono::milliseconds(1) : std::chrono::hours(1),
              .files = lying_.get()} {}

    std::vector<std::string> live() {
        for (int i = 0; i < kCuts && wrong_.empty(); ++i) {
            run_into_a_cut();
            come_back();
            ++counts_[kPoints];
        }
        return std::move(wrong_);
    }

private:
    static constexpr int kCuts = 8;

    void run_into_a_cut() {
        // Opening is cut too, and a close.
        if (store_ && dice_.once_in(3)) store_.reset();
        files_.cut_power_at(dice_.between(1, dice_.once_in(3) ? 150 : 30), dice_.number());
        if (!store_) (void)open();
        for (auto n = dice_.between(1, 6); store_ && n > 0; --n) submit_some();
        if (dice_.once_in(3)) store_.reset();
        counts_["between operations"] += files_.has_power();
        files_.cut_power(dice_.number());  // at the latest
        store_.reset();
        files_.power_on();
    }

    bool open() {
        auto opened = store::open_embedded_store(options_, log_);
        if (opened) {
            store_ = *std::move(opened);
            return true;
        }
        if (files_.has_power()) wrong_.push_back("it does not open: " + said(opened.error()));
        return false;
    }

    // Several batches in flight, of several accounts; waits for all.
    void submit_some() {
        std::vector<std::pair<AccountId, Batch>> batches;
        for (auto n = dice_.between(1, 8); n > 0; --n) {
            const auto account = dice_.one_of(kAccounts);
            auto batch = make_batch(courses_[account.v]);
            courses_[account.v].since.push_back(batch);
            batches.emplace_back(account, std::move(batch));
        }
        std::latch all(static_cast<std::ptrdiff_t>(batches.size()));
        for (auto& [account, batch] : batches) {
            auto& course = courses_[account.v];
            store_->submit(account, std::move(batch), [&](Result<> result) {
                if (result) ++course.acknowledged;
                all.count_down();
            });
        }
        all.wait();
        counts_["batches"] += batches.size();
    }

    Batch make_batch(const Course& course) {
        Batch batch;
        const auto rows = course.now();
        for (auto n = dice_.between(1, 5); n > 0; --n) {
            const auto table = dice_.one_of(kTables);
            if (!rows.empty() && dice_.once_in(3)) {
                const auto& old = dice_.one_of(rows).first;
                batch.erase(old.first, old.second);
            } else {
                batch.put(table, fmt::format("key{}", dice_.below(30)), make_value(table));
            }
        }
        return batch;
    }

    std::string make_value(Table table) {
        const std::size_t most = table == Table::Bodies ? 40'000 : dice_.once_in(10) ? 5000 : 300;
        // Not to be compressed away, and cheap.
        std::string value(dice_.below(most), '\0');
        auto x = dice_.number();
        for (std::size_t i = 0; i + 8 <= value.size(); i += 8, x = x * 6364136223846793005u + 1) {
            value.replace(i, 8, reinterpret_cast<const char*>(&x), 8);
        }
        return value;
    }

    void come_back() {
        if (!wrong_.empty() || !open()) return;
        for (auto account : kAccounts) {
            auto have = read(account);
            if (!have) {
                wrong_.push_back(
                    fmt::format("account {} cannot be read: {}", account.v, said(have.error())));
                continue;
            }
            compare(account, *std::move(have));
        }
    }

    Result<Rows> read(AccountId account) {
        Rows rows;
        for (auto table : kTables) {
            TRY(store_->scan(account, table, {}, {}, [&](auto key, auto value) {
                rows.emplace(std::pair{table, std::string(key)}, value);
                return true;
            }));
        }
        return rows;
    }

    // As after the last acknowledged batch, or after some later ones in their order.
    void compare(AccountId account, Rows have) {
        auto& course = courses_[account.v];
        const std::size_t acknowledged = course.acknowledged;
        std::optional<std::size_t> found;
        auto rows = course.rows;
        for (std::size_t i = 0; i <= course.since.size(); ++i) {
            if (i >= acknowledged && rows == have) found = i;
            if (i < course.since.size()) apply_to(course.since[i], rows);
        }
        if (!found) {
            wrong_.push_back(
                fmt::format("account {} has {} rows, and is as after none of batches {} to {}",
                            account.v, have.size(), acknowledged, course.since.size()));
        } else if (*found > acknowledged) {
            ++counts_["in flight and there"];
        }
        course.rows = std::move(have);
        course.since.clear();
        course.acknowledged = 0;
    }

    Dice dice_;
    Counts& counts_;
    NullLog log_;
    SimulatedFiles files_;
    const std::unique_ptr<Files> lying_;
    const store::EmbeddedOptions options_;
    std::map<std::uint64_t, Course> courses_;
    std::unique_ptr<store::Store> store_;
    std::vector<std::string> wrong_;
};

}  // namespace

Proof store_proof(FilesLie lie) {
    return {
        .name = "states-store", .unit = kPoints, .live = [lie](std::uint64_t seed, Counts& counts) {
            return Life(seed, lie, counts).live();
        }};
}

}  // namespace rook::states
