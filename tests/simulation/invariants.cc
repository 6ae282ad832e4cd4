#include "simulation/invariants.h"

#include <algorithm>

#include "audit/audit.h"
#include "protocol/claims.h"

namespace widgent::test {

namespace {

std::string Who(const Tab& tab) { return "tab " + std::to_string(tab.number()) + " (" + tab.label + ") "; }
bool IsUser(const std::string& label) {
  return std::any_of(std::begin(kUsers), std::end(kUsers), [&](const char* user) { return label == user; });
}
// Whose is what is typed now: while a token is being asked about, the user's whom it names.
std::string OwnerNow(const Tab& tab) {
  if (IsUser(tab.label)) return tab.label;
  return tab.label == "identifying" && !tab.asked_sub.empty() ? tab.asked_sub : "guest";
}
std::string SubIn(const std::string& token) {
  const auto claims = PeekClaims(token);
  return claims ? claims->sub : "";
}
bool IsIdentityCode(const std::string& code) { return code.starts_with("identity_"); }

}  // namespace

void Invariants::Fault(const std::string& what) {
  if (fault_.empty()) fault_ = std::to_string(host_.loop.TrueTime() - kStart) + " ms: " + what;
}

// ---- What people do

int Invariants::SeesTyping(const Tab& tab) {
  const View& view = views_[tab.seed()];
  Said said;
  said.tab = tab.number();
  said.browser = tab.browser();
  said.load = tab.seed();
  said.author = OwnerNow(tab);
  said.owners = {said.author};
  if (said.author == "guest") said.ended = view.ended;
  const int number = said_.Add(std::move(said));
  if (said_[number].author == "guest") open_[view.family].push_back(number);
  return number;
}

void Invariants::SeesRetry(const Tab& tab, const Page::Message& message) {
  const int number = said_.NumberIn(message.text);
  if (!number) return;
  said_[number].is_asked_again = true;
  // Whoever sends it again as somebody else, or where its conversation is gone, asks for it to be there, maybe twice.
  const bool is_same_person = said_[number].author == OwnerNow(tab) && tab.label != "identifying";
  if (is_same_person && !IsIdentityCode(message.code) && message.code != "thread_not_found") return;
  said_[number].is_retried = true;
  Give(tab, number);
}

// It becomes whose the tab is now, besides whose it was.
void Invariants::Give(const Tab& tab, int number) {
  if (!number) return;
  const View& view = views_[tab.seed()];
  const std::string owner = OwnerNow(tab);
  if (!said_[number].owners.insert(owner).second || owner != "guest") return;
  said_[number].ended = view.ended;
  open_[view.family].push_back(number);
}

void Invariants::SeesNewPage(const Tab& tab, int family, const std::string& ended) {
  views_[tab.seed()].family = family;
  views_[tab.seed()].ended = ended;
}

// ---- Pages

void Invariants::SeesStep(Tab& tab, const json& event, const json& effects) {
  if (tab.label == "new" && (event["type"] == "identify_called" || event["type"] == "logout_called"))
    views_[tab.seed()].early_sub = SubIn(event.value("token", ""));
  for (const json& effect : effects) Follow(tab, event, effect);
  if (!effects.empty()) CheckPage(tab);
}

void Invariants::Follow(Tab& tab, const json& event, const json& effect) {
  const std::string& type = effect["type"].get_ref<const std::string&>();
  View& view = views_[tab.seed()];
  if (type == "show_message") {
    if (effect["role"] == "user")
      view.numbers[effect["id"]] = said_.NumberIn(effect["text"].get_ref<const std::string&>());
  } else if (type == "show_identity") {
    FollowIdentity(tab, event, effect);
  } else if (type == "send_request") {
    CheckSending(tab, effect);
  } else if (type == "save") {
    const std::string value = effect["value"];
    if (value.find("<<") != value.npos || value.find('#') != value.npos || value.find("eyJ") != value.npos)
      Fault(Who(tab) + "stores " + value);
    if (effect["key"] == "guest_id") browsers_.emplace(value, tab.browser());
  } else if (type == "settle") {
    if (!view.settled.insert(effect["call"].get<int>()).second)
      Fault(Who(tab) + "settles a call twice: " + effect.dump());
    if (!effect["ok"] && effect.value("code", "").empty()) Fault(Who(tab) + "refuses a call without a code");
  } else if (type == "update_message") {
    if (effect["status"] == "failed") {
      if (effect.value("code", "").empty()) Fault(Who(tab) + "lets a message fail without a code");
      // The page has given it up. Whatever of it is still on its way may come later than what is said next.
      if (const int number = view.numbers[effect["id"]]) said_[number].is_late = true;
    }
  } else if (type == "emit") {
    const std::string& name = effect["name"].get_ref<const std::string&>();
    const json& detail = effect["detail"];
    const std::string id = detail.value("id", "");
    if (name == "message:sent") {
      const int number = view.numbers[id], count = host_.memory() ? CountStored(id) : 1;
      acknowledged_[id] = "#" + std::to_string(number);
      if (count == 0 || (count > 1 && !said_[number].is_retried))
        Fault(Who(tab) + "was told that " + acknowledged_[id] + " is kept, and it is there " + std::to_string(count) +
              " times");
    }
    if (name == "message:failed" && detail.value("code", "").empty())
      Fault(Who(tab) + "says of no reason for a failure");
    if (name == "message:dropped") {
      if (detail.value("reason", "").empty()) Fault(Who(tab) + "drops without a reason");
      if (const int number = view.numbers[id]) said_[number].is_late = true;
    }
  }
}

void Invariants::FollowIdentity(Tab& tab, const json& event, const json& effect) {
  View& view = views_[tab.seed()];
  const std::string state = effect["state"], reason = effect.value("reason", "");
  const std::string before = tab.label;
  tab.label = state == "user" ? effect["sub"].get<std::string>() : state;
  EachMark(effect.value("name", ""), [&](const std::string& user) {
    if (user != tab.label) Fault(Who(tab) + "carries the name of " + user);
  });
  if (state == "identifying") FollowAsking(tab, event, before);
  if (reason == "signed_out") {
    view.ended.clear();
    Settle(view.family);
  }
  if (tab.label == before) return;
  if (state == "user") {
    GiveTo(tab, tab.label);
    Settle(view.family);
    view.ended.clear();
  } else if (state == "guest") {
    // What cannot be a token says all the same that this user is there no more.
    const bool is_left = event["type"] == "identify_called" || event["type"] == "token_provided";
    if (IsUser(before) && (reason == "token_expired" || (reason == "identity_refused" && !is_left)))
      view.ended = before;
  }
  // Where the identity had ended before it was submitted, it is the guest's: no event is judged under a dead token.
  if (event["type"] == "message_submitted") Give(tab, said_.NumberIn(event["text"].get_ref<const std::string&>()));
}

// Who is expected: whom the token names, or who was there before it ended, or anybody.
void Invariants::FollowAsking(Tab& tab, const json& event, const std::string& before) {
  View& view = views_[tab.seed()];
  const std::string token = event.value("token", "");
  if (!token.empty()) {
    tab.asked_sub = SubIn(token);
  } else if (before == "new") {
    tab.asked_sub = view.early_sub;
  } else if (IsUser(before)) {
    tab.asked_sub = view.ended = before;
  } else if (before == "guest") {
    tab.asked_sub.clear();
  }
  // The server may know who it is before the page does.
  GiveTo(tab, tab.asked_sub);
}

// What the guest has said belongs to somebody by now, or to nobody; unless another tab holds it too.
void Invariants::Settle(int family) {
  if (!shared_.count(family)) open_[family].clear();
}

// What the guest has said may become this user's.
void Invariants::GiveTo(const Tab& tab, const std::string& sub) {
  if (!IsUser(sub)) return;
  for (const int number : open_[views_[tab.seed()].family])
    if (said_[number].ended.empty() || said_[number].ended == sub) said_[number].owners.insert(sub);
}

void Invariants::CheckSending(Tab& tab, const json& effect) {
  const std::string token = effect.value("token", ""), guest_id = effect.value("guest_id", "");
  browsers_.emplace(guest_id, tab.browser());
  json rest = effect;
  rest.erase("token");  // its signature may spell anything
  if (rest.dump().find("wvs_") != std::string::npos) Fault(Who(tab) + "sends a secret");
  const bool is_message = effect["path"].get_ref<const std::string&>().ends_with("/agent");
  if (!is_message) return;
  const IssuedToken* issued = tokens.Find(token);
  if (!token.empty() && !(issued && issued->is_genuine))
    Fault(Who(tab) + "sends a message under a token never held good");
  const std::string owner = issued ? issued->sub : "guest";
  said_.Each(effect["body"].get_ref<const std::string&>(), [&](int number) {
    const Said& said = said_[number];
    if ((owner == "guest" && said.browser != tab.browser()) || !said.owners.count(owner))
      Fault(Who(tab) + "sends #" + std::to_string(number) + " of " + said.author + " as " + owner);
  });
}

void Invariants::CheckPage(Tab& tab) {
  EachMark(tab.page.greeting.value("text", ""), [&](const std::string& user) {
    if (user != tab.label) Fault(Who(tab) + "is greeted as " + user);
  });
  for (const Page::Message& message : tab.page.messages) {
    if (message.role == "user") {
      if (message.status == "failed" && message.code.empty()) Fault(Who(tab) + "shows a failure without a code");
      const int number = views_[tab.seed()].numbers[message.id];
      if (number && !MayShow(tab, message, number))
        Fault(Who(tab) + "shows #" + std::to_string(number) + " of " + said_[number].author + " (" + message.status +
              ")");
    } else {
      EachMark(message.text, [&](const std::string& user) {
        if (user != tab.label) Fault(Who(tab) + "shows a reply to " + user + ": " + message.text);
      });
    }
  }
}

bool Invariants::MayShow(const Tab& tab, const Page::Message& message, int number) {
  const Said& said = said_[number];
  if (IsUser(tab.label)) return said.owners.count(tab.label) > 0;
  if (said.owners.count("guest") && said.browser == tab.browser()) return true;
  if (said.load != tab.seed()) return false;
  // Kept in sight after the identity ended; or meant for whom the server is being asked about.
  if (message.status == "failed" && IsIdentityCode(message.code)) return true;
  return tab.label == "identifying" && said.owners.count(tab.asked_sub) > 0;
}

// ---- The wire

void Invariants::SeesRequest(Link& link) {
  link.claimant = tokens.Judge(link.Token(), link.Header("widgent-anonymous-id"), host_.loop.Now());
  SeesMerge(link);
  if (link.claimant.may_be_guest)
    said_.Each(link.request().body, [&](int number) { said_[number].has_come_as_guests = true; });
  if (link.claimant.ended_sub.empty()) return;
  // The server takes for a guest's what came too late to be the user's: it is the same person's.
  said_.Each(link.request().body, [&](int number) {
    Said& said = said_[number];
    if (said.author != link.claimant.ended_sub) return;
    said.owners.insert("guest");
    said.ended = said.author;
  });
}

// The guest's thread is one conversation, of however many tabs and whenever the request comes that shows both the
// guest's id and a user's token: what stands in it by then goes along, and nothing that comes later.
void Invariants::SeesMerge(const Link& link) {
  const json body = json::parse(link.request().body, nullptr, false);
  if (!body.is_object()) return;
  const ThreadId id{body.value("merge", "")};
  if (rules_.merge == "never" || (rules_.merge == "ask" && body.value("event", "") != "merge")) return;
  const auto thread = host_.store().FindThread({"acme"}, id);
  if (!thread || thread->owner != Owner{Owner::Kind::kGuest, link.claimant.guest_id}) return;
  for (const StoredMessage& message : host_.store().ListMessages({"acme"}, id, 10'000))
    for (const std::string& sub : link.claimant.subs)
      if (const int number = said_.NumberIn(message.text); number && message.role == StoredMessage::Role::kUser)
        if (said_[number].ended.empty() || said_[number].ended == sub) said_[number].owners.insert(sub);
}

void Invariants::SeesAnswer(Link& link, int status) {
  const Claimant& claimant = link.claimant;
  if (status < 400 && claimant.subs.empty() && !claimant.may_be_guest)
    Fault("a refused token is answered " + std::to_string(status) + ": " + link.request().path);
  const bool acts = !link.request().path.ends_with("/session") && !link.request().path.ends_with("/diagnose");
  const bool must_refuse = claimant.ended_sub.empty() ? rules_.identity == "required"
                                                      : rules_.on_expiry == "lock" || rules_.identity == "required";
  if (acts && status < 400 && claimant.subs.empty() && must_refuse)
    Fault("a guest may act where only users may: " + link.request().path);
}

void Invariants::SeesText(Link& link, const std::string& text) {
  if (link.status() >= 400) {
    const json problem = json::parse(text, nullptr, false);
    if (!problem.is_object() || problem.value("code", "").empty()) Fault("a refusal without a code: " + text);
  }
  EachMark(text, [&](const std::string& user) {
    if (!link.claimant.subs.count(user))
      Fault("the server tells " + link.claimant.Describe() + " of " + user + " at " + link.request().path + ": " +
            text);
  });
  said_.Each(text, [&](int number) {
    if (!MayHave(link.claimant, number))
      Fault("the server tells " + link.claimant.Describe() + " #" + std::to_string(number) + " of " +
            said_[number].author + " at " + link.request().path);
  });
}

bool Invariants::MayHave(const Claimant& claimant, int number) {
  const Said& said = said_[number];
  if (claimant.may_be_guest && said.owners.count("guest")) {
    const auto browser = browsers_.find(claimant.guest_id);
    if (browser != browsers_.end() && browser->second == said.browser) return true;
  }
  return std::any_of(claimant.subs.begin(), claimant.subs.end(),
                     [&](const std::string& sub) { return said.owners.count(sub) > 0; });
}

void Invariants::SeesSpying(const Link& link) {
  if (link.status() && link.status() < 400)
    Fault(link.claimant.Describe() + " gets " + std::to_string(link.status()) + " at another's " + link.request().path);
}

void Invariants::SeesToolCall(const json& body) {
  ++tool_calls_;
  const json& user = body["user"];
  const auto thread = host_.store().FindThread({"acme"}, {body["thread_id"]});
  if (!thread || thread->owner != Owner{Owner::Kind::kUser, user.value("sub", "")} || !user.value("verified", false))
    Fault("a tool was called for the wrong user: " + body.dump());
}

// ---- The store

void Invariants::SeesThread(const ThreadId& id) {
  if (const auto thread = host_.store().FindThread({"acme"}, id)) CheckThread(*thread);
}

void Invariants::CheckThread(const Thread& thread) {
  const bool is_guests = thread.owner.kind == Owner::Kind::kGuest;
  const std::string owner = is_guests ? "guest" : thread.owner.id;
  if (is_guests && rules_.identity == "required") Fault("a guest's thread, where guests may not write");
  std::map<std::uint64_t, int> last;  // by page: what it has said last
  for (const StoredMessage& message : host_.store().ListMessages({"acme"}, thread.id, 10'000)) {
    if (message.role != StoredMessage::Role::kUser) {
      EachMark(message.text, [&](const std::string& user) {
        if (user != owner) Fault("the thread of " + thread.owner.id + " holds a reply to " + user);
      });
      continue;
    }
    const int number = said_.NumberIn(message.text);
    if (!number) continue;
    const std::string name = "#" + std::to_string(number);
    const Said& said = said_[number];
    if (!said.owners.count(owner)) Fault("the thread of " + thread.owner.id + " holds " + name + " of " + said.author);
    if (is_guests && browsers_[thread.owner.id] != said.browser)
      Fault("the thread of " + thread.owner.id + " holds " + name + " of another browser's guest");
    const std::string& first = arrived_as_.emplace(number, owner).first->second;
    if (said.is_retried) continue;
    if (first != owner) {
      if (rules_.merge == "never") Fault(name + " was merged, though this product never does");
      if (!IsUser(owner) || IsUser(first)) Fault(name + " changed hands from " + first + " to " + owner);
      if (!IsUnverified(message)) Fault(name + " of a guest counts as the word of " + owner);
      moved_.insert(name);
    } else if (IsUnverified(message) && !said.has_come_as_guests) {
      Fault(name + " is held for a guest's");
    }
    if (said.is_late || IsUnverified(message)) continue;
    int& before = last[said.load];
    if (number < before) Fault(name + " stands behind #" + std::to_string(before));
    before = number;
  }
}

std::vector<Thread> Invariants::AllThreads() {
  std::vector<Thread> all;
  const auto add = [&](const Owner& owner) {
    for (Thread& thread : host_.store().ListThreads({"acme"}, owner, 1'000)) all.push_back(std::move(thread));
  };
  for (const char* user : kUsers) add({Owner::Kind::kUser, user});
  for (const auto& [guest_id, browser] : browsers_) add({Owner::Kind::kGuest, guest_id});
  return all;
}

int Invariants::CountStored(const std::string& message_id) {
  int count = 0, all = 0;
  for (const Thread& thread : AllThreads()) {
    const auto message = host_.store().FindMessage({"acme"}, thread.id, {message_id});
    if (!message) continue;
    ++all;
    count += IsCounted(*message);
  }
  return std::max(count, std::min(all, 1));
}

// What the visitor sends again by Retry while somebody takes the conversation over stands there, and once more in one
// that the visitor has.
bool Invariants::IsCounted(const StoredMessage& message) {
  const int number = said_.NumberIn(message.text);
  return !number || !said_[number].is_asked_again || !IsUnverified(message);
}

void Invariants::CheckStore() {
  std::map<int, int> times;  // how often each is stored
  std::map<std::string, int> ids;
  for (const Thread& thread : AllThreads()) {
    CheckThread(thread);
    for (const StoredMessage& message : host_.store().ListMessages({"acme"}, thread.id, 10'000)) {
      if (message.role != StoredMessage::Role::kUser) continue;
      ++ids[message.id.value];
      times[said_.NumberIn(message.text)] += IsCounted(message);
    }
  }
  for (const auto& [number, count] : times)
    if (count > 1 && !said_[number].is_retried)
      Fault("#" + std::to_string(number) + " was said once and is stored " + std::to_string(count) + " times");
  for (const auto& [id, number] : acknowledged_)
    if (!ids.count(id)) Fault("acknowledged and lost: " + number);
  if (const auto broken = VerifyAudit(host_.store(), {"acme"})) Fault("the audit log is broken: " + broken->detail);
}

void Invariants::CheckRest(const std::vector<std::shared_ptr<Tab>>& tabs) {
  if (!host_.IsIdle()) Fault("a run goes on for ever");
  for (const auto& tab : tabs) {
    const Page& page = tab->page;
    if (page.busy) Fault(Who(*tab) + "is busy for ever");
    if (tab->label == "identifying") Fault(Who(*tab) + "asks who it is for ever");
    if (tab->is_waiting()) Fault(Who(*tab) + "waits for ever for an answer");
    for (const Page::Message& message : page.messages) {
      const bool is_settled = message.role == "user" ? message.status == "sent" || message.status == "failed"
                                                     : message.status == "done" || message.status == "interrupted";
      if (!is_settled) Fault(Who(*tab) + "has a message that is " + message.status + " for ever: " + message.text);
    }
    const View& view = views_[tab->seed()];
    for (int call = 1; call <= page.calls; ++call)
      if (!view.settled.count(call)) Fault(Who(*tab) + "never settles call " + std::to_string(call));
  }
}

}  // namespace widgent::test
