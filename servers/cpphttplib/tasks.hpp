// Threads for cpp-httplib, which keeps a thread for a connection as long as it is open.
#pragma once

#include <httplib.h>

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

// Tasks runs each task at once: in a thread that has none, or else in a new one. Where
// most tasks run already, enqueue waits; cpp-httplib then accepts no connection.
class Tasks : public httplib::TaskQueue {
public:
    explicit Tasks(std::size_t most) : most_(most) {}

    void enqueue(std::function<void()> task) override {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [this] { return running_ + waiting_.size() < most_; });
        waiting_.push_back(std::move(task));
        if (idle_ >= waiting_.size()) {
            work_.notify_one();
        } else {
            threads_.emplace_back([this] { run(); });
        }
    }

    void shutdown() override {
        {
            const std::lock_guard lock(mutex_);
            ended_ = true;
        }
        work_.notify_all();
        for (auto& thread : threads_) {
            thread.join();
        }
    }

private:
    void run() {
        std::unique_lock lock(mutex_);
        for (;;) {
            idle_++;
            work_.wait(lock, [this] { return ended_ || !waiting_.empty(); });
            idle_--;
            if (waiting_.empty()) {
                return;
            }
            const auto task = std::move(waiting_.front());
            waiting_.pop_front();
            running_++;
            lock.unlock();
            task();
            lock.lock();
            running_--;
            changed_.notify_one();
        }
    }

    const std::size_t most_;
    std::mutex mutex_;
    std::condition_variable work_;
    std::condition_variable changed_;
    std::deque<std::function<void()>> waiting_;
    std::vector<std::thread> threads_;
    std::size_t idle_ = 0;
    std::size_t running_ = 0;
    bool ended_ = false;
};
