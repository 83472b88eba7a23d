// Takes messages from the outbox and gives them to a sink, one thread, until the sink has them: written
// with the change that caused them, retried with growing pauses, never lost; their text, which may hold
// a code, is never logged. At least once: a crash between sink and row sends a message again.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "base/clock.h"
#include "base/result.h"
#include "store/store.h"
#include "store/types.h"

namespace qss::delivery {

// Where messages go: an SMTP relay, an SMS gateway, or a sandbox's files.
class Sink {
public:
    virtual ~Sink() = default;
    virtual Status deliver(const store::OutboxMessage& message) = 0;
};

class Pump {
public:
    Pump(store::Store& store, Sink& sink, const Clock& clock);
    ~Pump(); // stop()
    Pump(const Pump&) = delete;
    Pump& operator=(const Pump&) = delete;

    void start();
    void stop();
    void notify();            // something was put into the outbox
    Status pump_once();       // delivers what is due; what the thread does

private:
    void run();

    store::Store& m_store;
    Sink& m_sink;
    const Clock& m_clock;
    std::mutex m_mutex;       // guards the next two
    bool m_stopping = false;
    bool m_notified = false;
    std::condition_variable m_wake;
    std::thread m_thread;
};

}
