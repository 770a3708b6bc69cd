// start and join: commands in separate threads.
#include "driver.hpp"

#include <condition_variable>
#include <map>
#include <mutex>
#include <thread>

#include <sys/syscall.h>
#include <unistd.h>

namespace {

struct task {
    std::thread thread;
    pid_t tid = 0;
    std::optional<std::string> answer;
};

std::mutex lock; // guards the state of the tasks; only the thread that reads the lines makes and forgets tasks
std::condition_variable changed;
std::map<std::string, std::unique_ptr<task>> tasks;

bool ended(task &t, clock_type::time_point until)
{
    std::unique_lock held(lock);
    return changed.wait_until(held, until, [&] { return t.answer.has_value(); });
}

} // namespace

std::string start(const std::string &label, const std::string &line)
{
    auto &t = tasks[label] = std::make_unique<task>();
    task *one = t.get();
    one->thread = std::thread([one, line] {
        {
            const std::lock_guard held(lock);
            one->tid = static_cast<pid_t>(::syscall(SYS_gettid));
            changed.notify_all();
        }
        std::string answer = execute(line);
        const std::lock_guard held(lock);
        one->answer = std::move(answer);
        changed.notify_all();
    });
    std::unique_lock held(lock);
    changed.wait(held, [&] { return one->tid != 0; });
    return "ok tid=" + std::to_string(one->tid);
}

std::string do_join(request &r)
{
    const auto began = clock_type::now();
    const auto found = tasks.find(r.args[1]);
    if (found == tasks.end())
        throw malformed{"no such label"};
    if (!ended(*found->second, began + r.join_limit))
        return "error PENDING";
    r.is_joined = true;
    return *found->second->answer + " join_ms=" + std::to_string(ms_since(began));
}

bool forget_tasks(clock_type::time_point until)
{
    for (const auto &t : tasks)
        if (!ended(*t.second, until))
            return false;
    for (const auto &t : tasks)
        t.second->thread.join();
    tasks.clear();
    return true;
}
