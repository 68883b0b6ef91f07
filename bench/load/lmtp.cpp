// Mail in: deliveries for a time, and the filling of a mailbox.
#include <algorithm>

#include "load/lmtp_client.h"
#include "load/mail.h"
#include "load/measure.h"
#include "load/verbs.h"

namespace rook::bench {
namespace {

Sizes sizes_of(const Options& options) {
    auto text = options.text("size", "mixed");
    return text == "tiny" ? Sizes::Tiny : text == "text" ? Sizes::Text : Sizes::Mixed;
}

}  // namespace

// Connection i delivers to the recipients from i * each on, `each` of them in one transaction.
int deliver(const Options& options) {
    auto all = options.list("to");
    auto each =
        std::min<std::size_t>(static_cast<std::size_t>(options.number("each", 1)), all.size());
    auto sizes = sizes_of(options);
    mail(0, sizes);  // Made before the clock starts.
    Measure measure(options);
    measure.run([&](Measure::Worker& worker) {
        LmtpClient client(options.number("port"));
        auto i = static_cast<std::size_t>(worker.index());
        auto groups = all.size() / each;
        std::span<const std::string> to(all.data() + i % groups * each, each);
        // Connections are at different places of the hundred messages.
        for (std::uint64_t n = i * 1'000'007; worker.more(); ++n) {
            auto message = mail(n, sizes);
            worker.timed([&] { client.deliver(to, message); }, each);
            worker.bytes(message.size());
        }
    });
    return measure.print();
}

// --count messages to one account, in the same order every time.
int fill(const Options& options) {
    auto all = options.list("to");
    auto sizes = sizes_of(options);
    Measure measure(options);
    measure.run([&](Measure::Worker& worker) {
        worker.ready();
        LmtpClient client(options.number("port"));
        for (int n = 0; n < options.number("count"); ++n) {
            auto message = mail(static_cast<std::uint64_t>(n), sizes);
            worker.timed([&] { client.deliver(all, message); });
            worker.bytes(message.size());
        }
    });
    return measure.print();
}

}  // namespace rook::bench
