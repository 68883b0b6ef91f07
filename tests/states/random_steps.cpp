#include "states/random_steps.h"

#include <algorithm>

namespace rook::states {
namespace {

using mailbox::Account;
using mailbox::FlagEdit;
using mailbox::FlagList;
using power::Mail;
using power::Model;
using power::ScriptWriter;
using power::Step;

constexpr std::string_view kAddresses[] = {"ann@example.test", "bob@example.test"};
// Some below others.
constexpr std::string_view kNames[] = {"A", "A/x", "A/x/z", "B", "B/y", "C"};
constexpr const char* kKeywords[] = {"$One", "$Two", "$Three"};
constexpr std::size_t kMaxMessages = 60;  // a mailbox, so that a life stays quick

class Chooser {
public:
    enum class ToItself : std::uint8_t { Too, Never };
    Chooser(Dice& dice, const Model& now, ToItself to_itself = ToItself::Too)
        : dice_(dice), now_(now), to_itself_(to_itself) {
        std::vector<std::string> known;
        for (auto& [address, mail] : now) known.push_back(address);
        address_ = known.empty() ? std::string(dice.one_of(kAddresses)) : dice.one_of(known);
        writer_ = std::make_unique<ScriptWriter>(address_);
    }

    Step choose() {
        if (now_.size() < std::size(kAddresses) && (now_.empty() || dice_.once_in(8))) {
            return create_account();
        }
        write(dice_.below(26));
        auto script = writer_->take();
        // Not everything is possible on everything.
        return script.empty() ? choose() : std::move(script.front());
    }

    Step queue() {
        writer_->queue_append(small(), some_boxes(), flags());
        return std::move(writer_->take().front());
    }

    Step create_account() {
        for (auto address : kAddresses) {
            if (now_.contains(std::string(address))) continue;
            ScriptWriter writer{std::string(address)};
            writer.create_account();
            return std::move(writer.take().front());
        }
        return choose();
    }

private:
    // Arrivals and flags are what most is done of.
    void write(std::uint64_t n) {
        if (n < 5) return append();
        if (n < 7) return deliver();
        if (n < 12) return set_flags();
        if (n < 14) return writer_->copy(box(), some_uids(), small_box());
        if (n < 16) return move();
        if (n < 18) return expunge();
        if (n < 19) return writer_->quit_pop3(some_uids());
        if (n < 21) return create();
        if (n < 23) return rename();
        if (n < 24) return remove();
        if (n < 25) return writer_->subscribe(std::string(dice_.one_of(kNames)), dice_.once_in(2));
        if (dice_.once_in(6)) return writer_->remove_account();
        writer_->give_up(dice_.once_in(8) ? power::kStaged : small());
    }

    const Mail& mail() const { return now_.at(address_); }
    bool has(const std::string& name) const { return mail().boxes.contains(name); }

    // A message that fits into one batch.
    int small() { return static_cast<int>(dice_.between(10, power::kContents - 1)); }
    // One that is staged in several, once in a while.
    int content() { return dice_.once_in(40) ? 5 : small(); }

    std::string box() {
        // Where something is, mostly.
        std::vector<std::string> full;
        for (auto& [name, box] : mail().boxes) {
            if (!box.messages.empty()) full.push_back(name);
        }
        return full.empty() || dice_.once_in(8) ? dice_.one_of(mail().boxes).first
                                                : dice_.one_of(full);
    }
    std::string small_box() {
        std::vector<std::string> small;
        for (auto& [name, box] : mail().boxes) {
            if (box.messages.size() < kMaxMessages) small.push_back(name);
        }
        return small.empty() ? "Archive" : dice_.one_of(small);
    }
    std::vector<std::string> some_boxes() {
        auto one = small_box(), other = small_box();
        return dice_.once_in(5) && one != other ? std::vector{one, other} : std::vector{one};
    }
    UidSet some_uids() {
        const auto last = static_cast<std::uint32_t>(dice_.between(1, 30));
        const auto first = static_cast<std::uint32_t>(dice_.between(1, last));
        return power::uids(first, dice_.once_in(4) ? power::kAll : last);
    }
    FlagList flags() {
        FlagList list{.flags = static_cast<mailbox::Flags>(dice_.below(32)), .keywords = {}};
        for (auto keyword : kKeywords) {
            if (dice_.once_in(4)) list.keywords.emplace_back(keyword);
        }
        return list;
    }

    void append() { writer_->append(content(), some_boxes(), flags()); }

    void deliver() {
        const auto others = std::ranges::count_if(kAddresses, [&](auto one) {
            return one != address_ && now_.contains(std::string(one));
        });
        if (others == 0) return append();
        for (auto one : kAddresses) {
            if (one != address_) writer_->deliver(content(), std::string(one));
        }
    }

    void set_flags() {
        constexpr FlagEdit::How kHows[] = {FlagEdit::How::Add, FlagEdit::How::Remove,
                                           FlagEdit::How::Replace};
        writer_->set_flags(box(), some_uids(), dice_.one_of(kHows), flags());
    }

    void move() {
        const auto from = box(), to = small_box();
        if (from != to || to_itself_ == ToItself::Too) writer_->move(from, some_uids(), to);
    }

    void expunge() {
        if (dice_.once_in(2)) {
            writer_->expunge(box(), std::nullopt, Account::Which::OnlyDeleted);
        } else {
            writer_->expunge(box(), some_uids(), Account::Which::All);
        }
    }

    // Of the names up to this one, those that are missing.
    void create() {
        const std::string name(dice_.one_of(kNames));
        if (has(name)) return;
        std::vector<std::string> made;
        for (auto at = name.find('/'); at != name.npos; at = name.find('/', at + 1)) {
            if (!has(name.substr(0, at))) made.push_back(name.substr(0, at));
        }
        made.push_back(name);
        writer_->create(name, made);
    }

    void rename() {
        const std::string to(1, static_cast<char>('P' + dice_.below(5)));
        if (has(to) || std::ranges::any_of(mail().boxes, [&](auto& item) {
                return item.first.starts_with(to + "/");
            })) {
            return;
        }
        if (dice_.once_in(3)) return writer_->rename_inbox(to);
        if (auto from = own_box()) writer_->rename(*from, to);
    }

    void remove() {
        if (auto name = own_box()) writer_->remove(*name);
    }

    // One that is not from the beginning.
    std::optional<std::string> own_box() {
        std::vector<std::string> own;
        for (auto& [name, box] : mail().boxes) {
            if (name[0] < 'D' || (name[0] >= 'P' && name.size() == 1) || name.contains('/')) {
                own.push_back(name);
            }
        }
        std::erase(own, "Archive");
        if (own.empty()) return {};
        return dice_.one_of(own);
    }

    Dice& dice_;
    const Model& now_;
    const ToItself to_itself_;
    std::string address_;
    std::unique_ptr<ScriptWriter> writer_;
};

}  // namespace

Step make_random_step(Dice& dice, const Model& now) { return Chooser(dice, now).choose(); }

Step make_changing_step(Dice& dice, const Model& now) {
    for (;;) {
        // A move to the same mailbox takes what is visible: perhaps nothing, yet.
        auto step = Chooser(dice, now, Chooser::ToItself::Never).choose();
        auto after = now;
        for (auto& part : step.parts) part(after);
        if (after != now) return step;
    }
}

Step make_queued_step(Dice& dice, const Model& now) {
    Chooser chooser(dice, now);
    return now.empty() ? chooser.create_account() : chooser.queue();
}

}  // namespace rook::states
