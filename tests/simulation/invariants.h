// What must hold whatever happens (identity.md section 3), looked at in every step of every page, in every byte that
// leaves the server, and in what is stored. Its knowledge of who is who is its own: what was typed where, and which
// tokens the site gave out.
#pragma once
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "simulation/host.h"
#include "simulation/link.h"
#include "simulation/said.h"
#include "simulation/tab.h"
#include "simulation/tokens.h"

namespace widgent::test {

class Invariants final : public Watcher {
 public:
  Invariants(Host& host, const Rules& rules) : host_(host), rules_(rules) {}

  // Empty: all held so far. Otherwise what broke first.
  const std::string& fault() const { return fault_; }
  void Fault(const std::string& what);

  void SeesStep(Tab& tab, const json& event, const json& effects) override;
  void SeesRequest(Link& link) override;
  void SeesAnswer(Link& link, int status) override;
  void SeesText(Link& link, const std::string& text) override;
  void SeesThread(const ThreadId& thread);
  void SeesToolCall(const json& body);
  // Somebody asked for what is another's.
  void SeesSpying(const Link& link);

  // To be told of what people do.
  int SeesTyping(const Tab& tab);  // answers the number for the text
  void SeesRetry(const Tab& tab, const Page::Message& message);
  void SeesNewPage(const Tab& tab, int family, const std::string& ended);  // a family shares its session storage
  void SeesCopy(int family) { shared_.insert(family); }

  // The user whose identity ended last in this page: only that user may take over what the guest says now.
  std::string EndedIn(const Tab& tab) { return views_[tab.seed()].ended; }

  // Once everybody has come to rest.
  void CheckRest(const std::vector<std::shared_ptr<Tab>>& tabs);
  void CheckStore();

  std::vector<Thread> AllThreads();

  Tokens tokens;
  // That the runs were not empty.
  struct Counts {
    int messages = 0, acknowledged = 0, tool_calls = 0, merged = 0, crashes = 0;
    void operator+=(const Counts& other) {
      messages += other.messages;
      acknowledged += other.acknowledged;
      tool_calls += other.tool_calls;
      merged += other.merged;
      crashes += other.crashes;
    }
  };
  Counts counts() const {
    return {said_.count(), static_cast<int>(acknowledged_.size()), tool_calls_, static_cast<int>(moved_.size()),
            host_.lives()};
  }

 private:
  struct View {
    int family = 0;
    std::string ended, early_sub;
    std::map<std::string, int> numbers;  // by message id
    std::set<int> settled;
  };

  void Follow(Tab& tab, const json& event, const json& effect);
  void FollowIdentity(Tab& tab, const json& event, const json& effect);
  void FollowAsking(Tab& tab, const json& event, const std::string& before);
  void Give(const Tab& tab, int number);
  void Settle(int family);
  void SeesMerge(const Link& link);
  void GiveTo(const Tab& tab, const std::string& sub);
  void CheckSending(Tab& tab, const json& effect);
  void CheckPage(Tab& tab);
  void CheckThread(const Thread& thread);
  bool MayShow(const Tab& tab, const Page::Message& message, int number);
  bool MayHave(const Claimant& claimant, int number);
  int CountStored(const std::string& message_id);
  bool IsCounted(const StoredMessage& message);

  Host& host_;
  const Rules& rules_;
  SaidList said_;
  std::map<std::uint64_t, View> views_;   // by the page's load
  std::set<int> shared_;                  // families of more than one tab
  std::map<int, std::vector<int>> open_;  // by family: what its guest said and who is identified next may take over
  std::map<std::string, int> browsers_;   // by guest id
  std::map<std::string, std::string> acknowledged_;  // message id -> text number, for the report
  std::map<int, std::string> arrived_as_;            // by number: the first owner in whose thread it was
  std::set<std::string> moved_;                      // numbers of what was merged
  int tool_calls_ = 0;
  std::string fault_;
};

}  // namespace widgent::test
