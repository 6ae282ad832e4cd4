#include "http/real_event_loop.h"

#include <catch2/catch.hpp>
#include <csignal>
#include <string>
#include <thread>
#include <vector>

namespace widgent::http {
namespace {

using List = std::vector<std::string>;

TEST_CASE("Timers fire in the order of their times, and a cancelled one does not") {
  RealEventLoop loop;
  List fired;
  TimerId third = 0;
  loop.After(30, [&] { fired.push_back("third"); });
  loop.After(10, [&] { fired.push_back("first"); });
  loop.After(20, [&] {
    fired.push_back("second");
    loop.Cancel(third);
  });
  third = loop.After(25, [&] { fired.push_back("cancelled"); });
  const TimerId done = loop.After(0, [] {});
  loop.After(60, [&] {
    loop.Cancel(done);
    loop.Stop();
  });
  loop.Run();
  CHECK(fired == List{"first", "second", "third"});
}

TEST_CASE("A timer that sets itself again at once does not keep the others from their turn") {
  RealEventLoop loop;
  int times = 0;
  std::function<void()> again = [&] {
    ++times;
    loop.After(0, again);
  };
  loop.After(0, again);
  loop.After(20, [&] { loop.Stop(); });
  loop.Run();
  CHECK(times > 1);
}

TEST_CASE("A loop that was stopped runs again, also where nothing else was waiting") {
  RealEventLoop loop;
  int times = 0;
  for (int run = 0; run < 2; ++run) {
    loop.Post([&] {
      ++times;
      loop.Stop();
    });
    loop.Run();
  }
  CHECK(times == 2);
}

TEST_CASE("An odd delay is taken as the nearest that makes sense") {
  RealEventLoop loop;
  bool fired = false;
  loop.After(INT64_MAX, [&] { fired = true; });
  loop.After(INT64_MIN, [&] { loop.Stop(); });
  loop.Run();
  CHECK_FALSE(fired);
}

TEST_CASE("Tasks posted from any thread run on the loop, in order") {
  RealEventLoop loop;
  std::vector<int> ran;
  std::thread::id runner;
  std::thread other([&] {
    for (int n = 0; n < 1000; ++n) loop.Post([&, n] { ran.push_back(n); });
    loop.Post([&] {
      runner = std::this_thread::get_id();
      loop.Stop();
    });
  });
  loop.Run();
  other.join();
  REQUIRE(ran.size() == 1000);
  CHECK(std::is_sorted(ran.begin(), ran.end()));
  CHECK(runner == std::this_thread::get_id());
}

TEST_CASE("The hook comes once after a batch, and after each batch") {
  RealEventLoop loop;
  List seen;
  loop.OnTurnEnd([&] {
    if (seen.empty() || seen.back() != "hook") seen.push_back("hook");
  });
  loop.Post([&] { seen.push_back("a"); });
  loop.Post([&] { seen.push_back("b"); });
  loop.After(20, [&] {
    seen.push_back("c");
    loop.Stop();
  });
  loop.Run();
  CHECK(seen == List{"a", "b", "hook", "c", "hook"});
}

TEST_CASE("A task posted by the hook is run without anything else happening") {
  RealEventLoop loop;
  int hooks = 0;
  loop.OnTurnEnd([&] {
    if (++hooks == 1) loop.Post([&] { loop.Stop(); });
  });
  loop.Post([] {});
  loop.Run();
  CHECK(hooks == 2);
}

TEST_CASE("What a task, a timer or the hook throws is reported, and the loop goes on") {
  RealEventLoop loop;
  List reports;
  bool hook_throws = true;
  loop.OnException([&](std::string_view what) { reports.emplace_back(what); });
  loop.OnTurnEnd([&] {
    if (std::exchange(hook_throws, false)) throw std::runtime_error("hook");
  });
  loop.Post([] { throw std::runtime_error("task"); });
  loop.After(10, [] { throw std::runtime_error("timer"); });
  loop.After(10, [] { throw 7; });
  loop.After(20, [&] { loop.Stop(); });
  loop.Run();
  CHECK(reports == List{"task", "hook", "timer", "an exception of no standard type"});
}

TEST_CASE("Without anyone to report to, Run throws") {
  RealEventLoop loop;
  loop.Post([] { throw std::runtime_error("task"); });
  CHECK_THROWS_WITH(loop.Run(), "task");
}

TEST_CASE("Stopping before running returns at once, and the loop may run again") {
  RealEventLoop loop;
  int ran = 0;
  loop.Post([&] { ++ran; });
  loop.Stop();
  loop.Run();
  CHECK(ran == 0);
  loop.Post([&] { loop.Stop(); });
  loop.Run();
  CHECK(ran == 1);
}

TEST_CASE("Signals arrive on the loop, every time") {
  RealEventLoop loop;
  std::vector<int> caught;
  loop.OnSignals({SIGUSR1, SIGUSR2}, [&](int signal) {
    caught.push_back(signal);
    if (caught.size() == 2) loop.Stop();
    else ::raise(SIGUSR2);
  });
  loop.Post([] { ::raise(SIGUSR1); });
  loop.Run();
  CHECK(caught == std::vector<int>{SIGUSR1, SIGUSR2});
}

TEST_CASE("Now is the time of the day, in milliseconds") {
  RealEventLoop loop;
  const UnixMillis seconds = static_cast<UnixMillis>(::time(nullptr));
  CHECK(loop.Now() / 1000 - seconds <= 1);
  CHECK(loop.Now() / 1000 - seconds >= 0);
}

}  // namespace
}  // namespace widgent::http
