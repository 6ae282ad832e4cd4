// Pages that wait in a conversation for the owner's people. Each holds a stream open as long as there is somebody to
// wait for: to a client a run, in which come the people's messages, with the operator's name in the metadata of their
// beginning, and what becomes of questions to them, as CUSTOM widgent.approval {"id", "status": granted | refused |
// expired}.
#pragma once
#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "http/event_loop.h"
#include "server/exchange.h"
#include "store/store.h"

namespace widgent {

// What the ids of people's messages begin with, and of the run that they come in.
inline constexpr std::string_view kOperatorPrefix = "op_";

// True where the thread was handed over, or a question to people is open in it.
bool WaitsForPeople(Store& store, const Thread& thread);

class Watchers {
 public:
  Watchers(http::EventLoop& loop, Store& store) : loop_(loop), store_(store) {}
  ~Watchers();
  Watchers(const Watchers&) = delete;
  Watchers& operator=(const Watchers&) = delete;

  // Answers `x`, who owns the thread, and tells first what was said since the hand-off, and after the message `heard`.
  // 204 where nobody is waited for.
  void Watch(const ExchangePtr& x, const Thread& thread, const std::string& heard);

  // Tells the pages of a thread what is new in the store. To be called when that is durable.
  void Refresh(const ProductId& product, const ThreadId& thread);

  // The same for all pages whose questions to people may have been answered by another process, or have expired; to be
  // called about once a second.
  void RefreshQuestions();

  // Lets all go, and takes none any more: the server is about to stop.
  void Close();

 private:
  struct Page {
    ExchangePtr x;
    ThreadId thread;
    Owner owner;
    std::set<std::string> told;    // ids of messages and of questions
    std::set<std::string> asked;   // questions that wait for their answer
    UnixMillis since = INT64_MAX;  // the last hand-off: what people said before it is not news
    bool is_gone = false;
  };

  bool IsAdmitted(const Page& page, const std::optional<Thread>& thread);
  void Tell(Page& page);
  std::string TellMessages(Page& page, const Thread& thread);
  std::string TellQuestions(Page& page, const Thread& thread);
  void Drop(Page& page);
  void Beat();

  http::EventLoop& loop_;
  Store& store_;
  std::vector<std::shared_ptr<Page>> pages_;
  http::TimerId heartbeat_timer_ = 0;
  bool is_closed_ = false;
};

}  // namespace widgent
