// Every open connection of the server, counted by the peer's network, and which of them have not
// logged in, oldest first.
//
// Owned by: the server.
// Threads:  any. A connection is shared by this table, by its loop's waits, by a worker while a job
// runs, and by calls posted to its loop.
#pragma once

#include <chrono>
#include <condition_variable>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

namespace rook::net {

class Connection;

class Registry {
    struct Entry {
        std::shared_ptr<Connection> connection;
        bool kept = false;
    };

public:
    using Place = std::list<Entry>::iterator;

    // Counts one more of the network. False, and nothing counted, when that would be more than
    // `most`.
    bool admit(const std::string& network, unsigned most);
    // Uncounts what admit() counted.
    void forget(const std::string& network);

    Place add(std::shared_ptr<Connection>);
    // It has logged in, or is already being ended: it will not be the victim of take_oldest().
    void keep(Place);
    void remove(Place);

    // The connection that has waited longest without logging in, and keeps it from being chosen
    // again. Null when all have.
    std::shared_ptr<Connection> take_oldest();
    std::size_t size() const;
    std::vector<std::shared_ptr<Connection>> all() const;
    // True when no connection was left before the time was over.
    bool wait_until_empty(std::chrono::milliseconds) const;

private:
    mutable std::mutex mutex_;
    mutable std::condition_variable emptied_;
    std::list<Entry> anonymous_, kept_;
    std::unordered_map<std::string, unsigned> networks_;
};

}  // namespace rook::net
