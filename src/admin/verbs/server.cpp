// The running server: how it is, who is connected, who must go.
#include <fmt/format.h>
#include <malloc.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <map>

#include "admin/verb.h"
#include "admin/verbs/common.h"
#include "base/ascii.h"
#include "base/large_blocks.h"

namespace rook::admin {
namespace {

constexpr Argument kWho[] = {
    {"who", "an account's address, or a session's number", Argument::How::Many}};
constexpr std::string_view kColumns[] = {"id",
                                         "protocol",
                                         "user",
                                         "peer",
                                         "tls",
                                         "state",
                                         "client",
                                         "duration:age_seconds",
                                         "size:bytes_in",
                                         "size:bytes_out"};

// What the process has, what it asked for, and of that, the caches beside their bounds.
void add_memory(Json& out, const Services& services) {
    std::uint64_t all = 0, resident = 0;
    std::ifstream("/proc/self/statm") >> all >> resident;
    const auto heap = mallinfo2();
    const auto store = services.store.memory();
    out.set("memory_bytes", resident * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE)));
    out.set("allocated_bytes", heap.uordblks + heap.hblkhd - large_blocks::kept_bytes());
    out.set("page_cache_bytes", services.accounts.page_cache_bytes());
    out.set("page_cache_limit_bytes", services.accounts.limits().page_cache_bytes);
    out.set("store_cache_bytes", store.cache_bytes);
    out.set("store_cache_limit_bytes", store.cache_limit);
    out.set("write_buffers_bytes", store.buffer_bytes);
    out.set("write_buffers_limit_bytes", store.buffer_limit);
}

Result<Json> status(Call& call) {
    auto& services = call.services;
    auto space = services.store.space();
    auto out = Json::object({{"running", services.server != nullptr},
                             {"version", services.version},
                             {"hostname", services.hostname},
                             {"data", services.data}});
    if (services.server) {
        std::map<std::string, std::int64_t> by_protocol;
        for (auto& session : services.server->sessions()) ++by_protocol[session.protocol];
        Json sessions = Json::object({});
        for (auto& [protocol, count] : by_protocol) sessions.set(protocol, count);
        out.set("uptime_seconds",
                std::chrono::floor<std::chrono::seconds>(services.clock.tick() - services.started)
                    .count());
        out.set("sessions", std::move(sessions));
    }
    out.set("domains", TRY(services.directory.domains()).size());
    out.set("accounts", TRY(services.directory.accounts()).size());
    out.set("free_bytes", space.free_bytes);
    out.set("is_space_short", space.is_short);
    add_memory(out, services);
    return out;
}

Json described(const net::SessionInfo& session) {
    auto peer = session.peer.port == 0
                    ? session.peer.address
                    : fmt::format("{} {}", session.peer.address, session.peer.port);
    return Json::object({{"id", session.id},
                         {"protocol", session.protocol},
                         {"user", session.facts.user},
                         {"peer", peer},
                         {"tls", session.tls},
                         {"state", session.facts.state},
                         {"client", session.facts.client},
                         {"age_seconds", session.age.count()},
                         {"bytes_in", session.bytes_in},
                         {"bytes_out", session.bytes_out}});
}

Result<Json> sessions(Call& call) {
    auto out = Json::array();
    if (!call.services.server) return out;
    for (auto& session : call.services.server->sessions()) out.push(described(session));
    return out;
}

Result<std::size_t> kick_one(Call& call, const std::string& who) {
    auto id = parse_number<std::uint64_t>(who);
    AccountId account;
    if (!id) account = TRY(find_account(call.services, who))->id;
    auto ended = call.services.server->end_sessions(
        [&](const net::SessionInfo& session) {
            return id ? session.id == *id : session.facts.account == account;
        },
        "Ended by the administrator");
    if (id && ended == 0) return fail(Why::NotFound, "There is no such session");
    return ended;
}

Result<Json> kick(Call& call) {
    if (!call.services.server) return fail(Why::Unsupported, "No server is running");
    std::size_t ended = 0;
    TRY(for_all(call.args.texts("who"), [&](const std::string& who) -> Result<> {
        ended += TRY(kick_one(call, who));
        return {};
    }));
    return Json::object({{"ended", ended}});
}

}  // namespace

extern const Verb status_verb{.name = "status",
                              .help = "Show the server, its store, its memory and its sessions",
                              .run = status};
extern const Verb sessions_verb{
    .name = "sessions", .help = "List who is connected", .run = sessions, .columns = kColumns};
extern const Verb kick_verb{.name = "kick",
                            .help = "End sessions, of accounts or by number",
                            .arguments = kWho,
                            .is_change = true,
                            .run = kick};

}  // namespace rook::admin
