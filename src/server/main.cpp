// rookery: one program for the server and its administration.
#include <fmt/format.h>
#include <sysexits.h>

#include "admin/admin.h"
#include "load/load.h"
#include "server/config.h"
#include "server/privileges.h"
#include "server/serve.h"
#include "server/version.h"
#include "server/wiring.h"

namespace rook::server {
namespace {

int config_verb(const std::string& file, const std::vector<std::string>& words) {
    if (words.size() == 1 && words[0] == "reference") {
        fmt::print("{}", config_reference());
        return EX_OK;
    }
    if (words.size() != 1 || (words[0] != "check" && words[0] != "show")) {
        fmt::print(stderr, "usage: rookery config check|show|reference [--config FILE]\n");
        return EX_USAGE;
    }
    auto config = load_config(file);
    if (!config) {
        fmt::print(stderr, "{}\n", config.error().said);
        return EX_CONFIG;
    }
    if (words[0] == "show") fmt::print("{}", show_config(*config));
    if (words[0] == "check") fmt::print("{}: no mistakes\n", file);
    return EX_OK;
}

int serve_verb(const std::string& file, const std::vector<std::string>& words) {
    if (words.empty()) return serve(file);
    fmt::print(stderr, "usage: rookery serve [--config FILE]\n");
    return EX_USAGE;
}

int bench_verb(const std::string&, const std::vector<std::string>& words) {
    return bench::run("rookery bench", words);
}

template <class Work>
auto with_store_files(const std::string& file, const Work& work)
    -> decltype(work(store::EmbeddedOptions{}, std::declval<Log&>())) {
    auto config = TRY(load_config(file));
    TRY(act_as(config.user, config.data));
    SystemClock clock;
    auto log = TRY(open_log(config.log, clock));
    return work(store_options(config), *log);
}

admin::Program program() {
    admin::Program out;
    out.version = kVersion;
    out.socket_path = [](const std::string& file) -> Result<std::string> {
        auto config = TRY(load_config(file));
        return config.admin_socket();
    };
    out.open = [](const std::string& file) -> Result<std::unique_ptr<admin::Program::Opened>> {
        auto config = TRY(load_config(file));
        TRY(act_as(config.user, config.data));
        return TRY(Wiring::open(config));
    };
    out.check_files = [](const std::string& file) {
        return with_store_files(file, store::check_embedded_store);
    };
    out.repair_files = [](const std::string& file) {
        return with_store_files(file, store::repair_embedded_store);
    };
    out.with_files = [](const std::string& file, const auto& work) {
        return with_store_files(file, work);
    };
    out.verbs = {
        {"serve", "Run the server", serve_verb},
        {"config", "check, show: read the configuration file; reference: every setting",
         config_verb, "check|show|reference"},
        {"bench", "Measure a mail server on this machine; alone it lists what it can", bench_verb,
         "words", admin::Program::Verb::Takes::All},
    };
    return out;
}

}  // namespace
}  // namespace rook::server

int main(int argc, char** argv) {
    return rook::admin::run_cli(argc, argv, rook::server::program());
}
