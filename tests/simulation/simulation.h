// Many visitors and one server in one process, driven by one seed: people switch, sign out, type, reload and lose their
// connection; the network loses, delays, splits and repeats; the server dies and comes back over the same store. After
// each step the invariants of identity.md are checked. The same seed gives the same run.
#pragma once
#include <algorithm>
#include <cstdint>
#include <map>
#include <memory>
#include <random>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "store/temporary_folder.h"
#include "support/pair.h"

namespace widgent::test {

class Simulation {
 public:
  explicit Simulation(std::uint64_t seed) : random_(seed) {
    for (int i = 0; i < 3; ++i) Enter(i, "guest-of-tab-000" + std::to_string(i), "");
  }

  // Empty: every invariant held. Otherwise what broke, with the story so far.
  std::string Run(int steps) {
    for (int i = 0; i < steps && fault_.empty(); ++i) {
      Act();
      Live(Below(1'500));
    }
    Heal();
    if (fault_.empty()) CheckRest();
    if (fault_.empty()) CheckStore();
    return fault_.empty() ? "" : fault_ + "\n" + story_.str();
  }
  int acknowledged() const { return static_cast<int>(acknowledged_.size()); }
  int tool_calls() const { return tool_calls_; }

 private:
  static constexpr const char* kUsers[] = {"ada", "bob"};

  struct Tab {
    std::unique_ptr<Visitor> visitor;
    std::string guest;
    std::size_t sent_checked = 0, emitted_checked = 0;
  };

  // ---- What happens

  std::uint64_t Below(std::uint64_t limit) { return random_() % limit; }
  bool Maybe(int percent) { return Below(100) < static_cast<std::uint64_t>(percent); }
  static std::string MarkOf(const std::string& user) { return "<<" + user + ">>"; }

  void Tell(const std::string& what) { story_ << "  " << world_.loop.Now() - kStart << " ms: " << what << "\n"; }

  void Enter(int number, const std::string& guest, const std::string& thread) {
    Tab& tab = tabs_[number];
    tab = {std::make_unique<Visitor>(world_, guest), guest, 0, 0};
    tab.visitor->latency_ms = static_cast<std::int64_t>(1 + Below(80));
    tab.visitor->split = [this](std::size_t size) { return Maybe(30) && size > 1 ? 1 + Below(size - 1) : size; };
    if (Maybe(80)) tab.visitor->Init(thread);
    if (Maybe(70)) tab.visitor->Open();
    if (!thread.empty() || Maybe(20)) tab.visitor->Init(thread);
  }

  void Act() {
    const int number = static_cast<int>(Below(3));
    Tab& tab = tabs_[number];
    Visitor& visitor = *tab.visitor;
    const std::string who = "tab " + std::to_string(number) + " ";
    const std::string user = kUsers[Below(2)];
    if (!visitor.is_online && Maybe(30)) {
      Tell(who + "comes online");
      visitor.Online(true);
    }
    if (visitor.lose_answers && Maybe(40)) {
      Tell(who + "hears again");
      visitor.lose_answers = false;
    }
    switch (Below(30)) {
      case 0:
      case 1:
      case 14:
      case 15: {
        constexpr std::int64_t kLifetimes[] = {4, 40, 3600, 3600};
        const std::int64_t lifetime_s = kLifetimes[Below(4)];
        Tell(who + "identifies as " + user + " for " + std::to_string(lifetime_s) + " s");
        return visitor.Identify(world_.Token(user, "Name of " + MarkOf(user), lifetime_s));
      }
      case 2:
        Tell(who + "identifies by a forged token of " + user);
        return visitor.Identify(
            SignToken("{\"sub\":\"" + user + "\",\"exp\":1767229200}", "another secret of at least 32 bytes"));
      case 3:
        Tell(who + "identifies by an expired token of " + user);
        return visitor.Identify(world_.Token(user, "Name of " + MarkOf(user), -120));
      case 4:
        Tell(who + "logs out");
        return visitor.Logout();
      case 5:
        Tell(who + "goes offline");
        return visitor.Online(false);
      case 6:
        Tell(who + "loses its connections");
        return visitor.Cut();
      case 7:
        Tell(who + "goes deaf");
        visitor.lose_answers = true;
        return;
      case 8: {
        Tell(who + "reloads");
        const auto& storage = visitor.page.storage;
        const auto thread = storage.find("thread_id"), guest = storage.find("guest_id");
        const std::string thread_id = thread == storage.end() ? "" : thread->second;
        const std::string guest_id = guest == storage.end() ? tab.guest : guest->second;
        return Enter(number, guest_id, thread_id);
      }
      case 9:
        if (!Maybe(30)) return;
        Tell("the server dies");
        return Crash();
      case 10:
        Tell(who + "presses Stop");
        return visitor.Do([](Page& page) { page.Event({{"type", "cancel_requested"}}); });
      case 11:
        for (const Page::Message& message : std::vector(visitor.page.messages)) {
          // A message kept from an identity that ended may be sent by whoever says so: that is the person's own act.
          if (message.status != "failed" || message.code.starts_with("identity_") || message.role != "user") continue;
          Tell(who + "retries " + message.text);
          retried_.insert(message.text);
          visitor.Retry(message.id);
        }
        return;
      case 12:
        Tell(who + "wakes up");
        return visitor.Do([](Page& page) { page.Event({{"type", "page_resumed"}}); });
      case 13:
        visitor.repeat_requests = Maybe(50);
        return;
      default: {
        // What is typed while a token is being asked about is meant for the user whom it names.
        const std::string state = visitor.page.identity.value("state", "guest");
        std::string owner = state == "user" ? visitor.page.identity["sub"].get<std::string>() : "guest";
        if (state == "identifying") owner = visitor.asked_sub;
        const std::string text = "message " + std::to_string(++said_) + " of " + MarkOf(owner) +
                                 (Maybe(50) ? ": where is my order A-1001?" : ": hello");
        Tell(who + "says " + text);
        return visitor.Say(text);
      }
    }
  }

  void Crash() {
    world_.Crash();
    for (auto& [number, tab] : tabs_) tab.visitor->Cut();
  }

  // Time goes by; the shop answers its tool calls with the user it was told.
  void Live(std::uint64_t ms, std::int64_t step_ms = 25) {
    const UnixMillis end = world_.loop.Now() + static_cast<std::int64_t>(ms);
    do {
      world_.loop.Advance(std::min(step_ms, std::max<std::int64_t>(end - world_.loop.Now(), 1)));
      AnswerTools();
      Check();
    } while (world_.loop.Now() < end && fault_.empty());
  }

  void AnswerTools() {
    while (!world_.client.pending.empty()) {
      const auto body = nlohmann::json::parse(world_.client.pending.begin()->second.request.body);
      ++tool_calls_;
      const std::string sub = body["user"].value("sub", "");
      const auto thread = world_.store->FindThread({"acme"}, {body["thread_id"]});
      if (!thread || thread->owner != Owner{Owner::Kind::kUser, sub})
        Fault("a tool was called for the wrong user: " + body.dump());
      world_.client.AnswerOne(world_.client.pending.begin()->first,
                              R"({"id":"A-1001","status":"packed for )" + MarkOf(sub) + "\"}");
    }
  }

  // The network is well again, and everybody waits.
  void Heal() {
    Tell("everything heals");
    for (auto& [number, tab] : tabs_) {
      tab.visitor->lose_answers = tab.visitor->repeat_requests = false;
      if (!tab.visitor->is_online) tab.visitor->Online(true);
    }
    Live(200'000, 500);
  }

  // ---- What must hold

  void Fault(const std::string& what) {
    if (fault_.empty()) fault_ = std::to_string(world_.loop.Now() - kStart) + " ms: " + what;
  }

  void Check() {
    for (auto& [number, tab] : tabs_) CheckTab(number, tab);
  }

  void CheckTab(int number, Tab& tab) {
    Page& page = tab.visitor->page;
    const std::string who = "tab " + std::to_string(number) + ": ";
    const bool is_user = page.identity.value("state", "guest") == "user";
    const std::string self = is_user ? page.identity["sub"].get<std::string>() : "";
    for (const std::string user : kUsers) {
      if (user == self) continue;
      const std::string mark = MarkOf(user);
      for (const Page::Message& message : page.messages) {
        const bool is_meant = page.identity.value("state", "") == "identifying" && user == tab.visitor->asked_sub;
        const bool is_kept = !is_user && message.status == "failed" && message.code.starts_with("identity_");
        if (message.text.find(mark) != message.text.npos && !(message.role == "user" && (is_kept || is_meant)))
          Fault(who + "shows " + user + "'s " + message.role + " message: " + message.text + " (" + message.status +
                ")");
      }
      if ((page.greeting.dump() + page.identity.dump()).find(mark) != std::string::npos)
        Fault(who + "greets somebody as " + user);
      for (const auto& [key, value] : page.storage)
        if (value.find(mark) != value.npos) Fault(who + "stores something of " + user);
    }
    for (; tab.sent_checked < page.sent.size(); ++tab.sent_checked) {
      const json& request = page.sent[tab.sent_checked];
      guests_.insert(request.value("guest_id", ""));
      const auto claims = PeekClaims(request.value("token", ""));
      for (const std::string user : kUsers) {
        if (claims && claims->sub == user) continue;
        if (request.value("body", "").find(MarkOf(user)) != std::string::npos)
          Fault(who + "sends something of " + user + " as " + (claims ? claims->sub : "a guest") + ": " +
                request["body"].get<std::string>());
      }
    }
    for (; tab.emitted_checked < page.emitted.size(); ++tab.emitted_checked) {
      const json& event = page.emitted[tab.emitted_checked];
      if (event["name"] == "message:sent") acknowledged_.insert(event["detail"]["id"]);
      if (event["name"] == "message:failed" && event["detail"].value("code", "").empty())
        Fault(who + "a failure has no code");
    }
    for (const auto& [call, settled] : page.settled)
      if (!settled["ok"] && settled.value("code", "").empty()) Fault(who + "a refusal has no code");
  }

  void CheckRest() {
    for (const auto& [number, tab] : tabs_) {
      const Page& page = tab.visitor->page;
      const std::string who = "tab " + std::to_string(number) + ": ";
      if (page.busy) Fault(who + "is busy for ever");
      if (page.identity.value("state", "") == "identifying") Fault(who + "asks who it is for ever");
      for (const Page::Message& message : page.messages) {
        const bool is_settled = message.role == "user" ? message.status == "sent" || message.status == "failed"
                                                       : message.status == "done" || message.status == "interrupted";
        if (!is_settled) Fault(who + "\"" + message.text + "\" is " + message.status + " for ever");
      }
    }
  }

  void CheckStore() {
    std::map<std::string, int> times;  // message id -> how often it is stored
    std::map<std::string, int> texts;
    const auto check = [&](const Owner& owner) {
      for (const Thread& thread : world_.store->ListThreads({"acme"}, owner, 1'000)) {
        for (const StoredMessage& message : world_.store->ListMessages({"acme"}, thread.id, 10'000)) {
          for (const std::string user : kUsers) {
            const bool is_own = owner.kind == Owner::Kind::kUser && owner.id == user;
            if (!is_own && message.text.find(MarkOf(user)) != message.text.npos)
              Fault("the thread of " + owner.id + " holds something of " + user + ": " + message.text);
          }
          if (message.role != StoredMessage::Role::kUser) continue;
          // Who retries as somebody else what may have arrived, asks for it to be there twice.
          if (retried_.count(message.text)) times[message.id.value] = 0;
          if (++times[message.id.value] > 1) Fault("stored twice: " + message.text);
          if (!retried_.count(message.text) && ++texts[message.text] > 1)
            Fault("said once, stored twice: " + message.text);
        }
        if (world_.store->FindThread({"acme"}, thread.id)->owner != owner) Fault("a thread changed hands");
      }
    };
    for (const std::string user : kUsers) check({Owner::Kind::kUser, user});
    for (const std::string& guest : guests_) check({Owner::Kind::kGuest, guest});
    for (const std::string& id : acknowledged_)
      if (!times.count(id)) Fault("acknowledged and lost: " + id);
    if (const auto fault = VerifyAudit(*world_.store, {"acme"})) Fault("the audit log is broken: " + fault->detail);
  }

  std::mt19937_64 random_;
  TemporaryFolder folder_;
  World world_{folder_.File("widgent.db")};
  std::map<int, Tab> tabs_;
  std::set<std::string> acknowledged_, guests_, retried_;
  int said_ = 0, tool_calls_ = 0;
  std::string fault_;
  std::ostringstream story_;
};

}  // namespace widgent::test
