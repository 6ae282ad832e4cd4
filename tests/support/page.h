// A page without a browser: performs a session's effects on plain data, as web/widget.ts does on the DOM, and notes
// every event and step, so that a test can be replayed as a transcript.
#pragma once
#include <cstdint>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "protocol/base64url.h"
#include "session/json.h"

namespace widgent::test {

using nlohmann::json;

// A token as far as a page can tell: only its payload is real.
inline std::string TokenOf(const std::string& sub, const std::string& mark = "sig") {
  return EncodeBase64Url(R"({"alg":"HS256"})") + "." + EncodeBase64Url(json{{"sub", sub}}.dump()) + "." +
         EncodeBase64Url(mark);
}

class Page {
 public:
  struct Message {
    std::string id, role, text, status, code;
    json citations;
    std::int64_t at = 0, retry_in = 0;
    std::string rating, name;
  };

  // ---- What the page does

  json Event(json event) {
    event["now"] = now;
    const std::string in = event.dump();
    const std::string out(std::string_view(HandleJson(session, in)));
    transcript.push_back({in, out});
    const json step = json::parse(out);
    wake_at = step["wake_at"].is_null() ? std::nullopt : std::optional<std::int64_t>(step["wake_at"]);
    for (const json& effect : step["effects"]) Perform(effect);
    return step["effects"];
  }
  json Init(const std::string& thread_id = "", bool get_token = false) {
    return Event({{"type", "init_called"},
                  {"call", ++calls},
                  {"product_id", "acme"},
                  {"service_key", "pk_acme"},
                  {"guest_id", "guest-guest-guest-0001"},
                  {"seed", "00112233445566778899aabbccddeeff"},
                  {"salt", "ffeeddccbbaa99887766554433221100"},
                  {"thread_id", thread_id},
                  {"thread_of", storage.count("thread_of") ? storage["thread_of"] : ""},
                  {"get_token", get_token},
                  {"page", "https://shop.example/"},
                  {"locale", "en"}});
  }
  json Identify(const std::string& token) {
    return Event({{"type", "identify_called"}, {"call", ++calls}, {"token", token}, {"guest_id", FreshGuest()}});
  }
  // identify(fn)
  json IdentifyByFunction() {
    return Event({{"type", "identify_called"}, {"call", ++calls}, {"get_token", true}, {"guest_id", FreshGuest()}});
  }
  // What getToken gives; an empty token: null.
  json Provide(int ask, const std::string& token) {
    return Event({{"type", "token_provided"}, {"ask", ask}, {"token", token}, {"guest_id", FreshGuest()}});
  }
  json FailToProvide(int ask) { return Event({{"type", "token_failed"}, {"ask", ask}}); }
  json Hear(const json& broadcast) {
    return Event({{"type", "broadcast_received"},
                  {"kind", broadcast["kind"]},
                  {"fingerprint", broadcast["fingerprint"]},
                  {"guest_id", FreshGuest()}});
  }
  json AnswerMerge(bool accepted) { return Event({{"type", "merge_answered"}, {"accepted", accepted}}); }
  json Logout() { return Event({{"type", "logout_called"}, {"call", ++calls}, {"guest_id", FreshGuest()}}); }
  json Await() { return Event({{"type", "panel_awaited"}}); }
  json Open() { return Event({{"type", "panel_opened"}}); }
  json Submit(const std::string& text) { return Event({{"type", "message_submitted"}, {"text", text}}); }
  json Retry(const std::string& id) { return Event({{"type", "retry_requested"}, {"message_id", id}}); }
  json Withdraw(const std::string& id) { return Event({{"type", "message_withdrawn"}, {"message_id", id}}); }
  json Rate(const std::string& id, const std::string& rating, const std::string& comment = "") {
    return Event({{"type", "feedback_given"}, {"message_id", id}, {"rating", rating}, {"comment", comment}});
  }
  json AskForThreads() { return Event({{"type", "threads_requested"}}); }
  json ChooseThread(const std::string& id) { return Event({{"type", "thread_chosen"}, {"thread_id", id}}); }
  json ChooseNewThread() { return Event({{"type", "new_thread_chosen"}}); }
  json Online(bool online) { return Event({{"type", "connection_changed"}, {"online", online}}); }

  // Fires the timer as often as it is due until `time` has come.
  void WaitUntil(std::int64_t time) {
    for (int guard = 0; wake_at && *wake_at <= time && guard < 1000; ++guard) {
      now = std::max(now, *wake_at);
      Event({{"type", "timer_fired"}});
    }
    now = std::max(now, time);
  }
  void Wait(std::int64_t ms) { WaitUntil(now + ms); }

  // ---- What the network does to a request

  json Started(int request, int status, std::int64_t retry_after_s = 0) {
    return Event(
        {{"type", "response_started"}, {"request", request}, {"status", status}, {"retry_after_s", retry_after_s}});
  }
  json Chunk(int request, const std::string& text) {
    return Event({{"type", "response_chunk"}, {"request", request}, {"text", text}});
  }
  json Ended(int request) {
    open.erase(request);
    return Event({{"type", "response_ended"}, {"request", request}});
  }
  json Failed(int request) {
    open.erase(request);
    return Event({{"type", "request_failed"}, {"request", request}});
  }
  void Answer(int request, int status, const json& body, std::int64_t retry_after_s = 0) {
    Started(request, status, retry_after_s);
    if (!body.is_null()) Chunk(request, body.dump());
    Ended(request);
  }

  // The newest open request whose path ends so; 0: there is none.
  int Find(const std::string& path_end) const {
    for (auto entry = open.rbegin(); entry != open.rend(); ++entry) {
      const auto& [id, request] = *entry;
      const std::string path = request["path"];
      if (path.size() >= path_end.size() && path.compare(path.size() - path_end.size(), path_end.size(), path_end) == 0)
        return id;
    }
    return 0;
  }
  const Message* LastMessage(const std::string& role) const {
    for (auto message = messages.rbegin(); message != messages.rend(); ++message)
      if (message->role == role) return &*message;
    return nullptr;
  }
  // Everything that a person or a script of the page could still see.
  std::string Visible() const {
    std::string all = identity.dump() + greeting.dump() + threads.dump();
    for (const Message& message : messages) all += message.text + message.citations.dump();
    for (const auto& [key, value] : storage) all += key + value;
    return all;
  }

  Session session;
  std::int64_t now = 1'000;
  std::optional<std::int64_t> wake_at;
  std::vector<Message> messages;
  std::map<std::string, std::string> tools;  // call id -> status
  std::map<std::string, json> approvals;     // id -> what was shown of it
  json identity = json::object(), greeting = json::object();
  std::string notice, connection = "online", draft, stash;
  bool busy = false, merge_offer = false;
  std::vector<int> asks;                          // of getToken, all that there ever were
  std::vector<json> broadcasts;                   // all that were ever sent
  std::function<void(const json&)> on_broadcast;  // other tabs may take them from here
  std::map<int, json> settled;                    // by call
  std::vector<json> emitted, reports;
  std::map<std::string, std::string> storage;
  json handoff, suggestions, threads = json::object();
  std::map<int, json> open;                  // requests on their way
  std::vector<json> sent;                    // all that were ever sent
  std::function<void(const json&)> on_send;  // a network may take them from here
  std::function<void(int)> on_cancel;
  std::vector<std::pair<std::string, std::string>> transcript;
  int calls = 0;

 private:
  std::string FreshGuest() { return "guest-guest-guest-1" + std::to_string(++guests_); }

  Message* FindMessage(const std::string& id) {
    for (Message& message : messages)
      if (message.id == id) return &message;
    return nullptr;
  }

  void Perform(const json& e) {
    const std::string type = e["type"];
    if (type == "send_request") {
      open[e["request"]] = e;
      sent.push_back(e);
      if (on_send) on_send(e);
    } else if (type == "cancel_request") {
      open.erase(e["request"].get<int>());
      if (on_cancel) on_cancel(e["request"]);
    } else if (type == "show_message") {
      messages.push_back({e["id"], e["role"], e["text"], e["status"], "", e.value("citations", json()),
                          e.value("at", std::int64_t{0}), 0, e.value("rating", ""), e.value("name", "")});
    } else if (type == "remove_message") {
      std::erase_if(messages, [&](const Message& message) { return message.id == e["id"]; });
    } else if (type == "show_rating") {
      if (Message* message = FindMessage(e["id"])) message->rating = e.value("rating", "");
    } else if (type == "show_threads") {
      threads = e;
    } else if (type == "append_text") {
      if (Message* message = FindMessage(e["id"])) message->text += e["text"].get<std::string>();
    } else if (type == "update_message") {
      if (Message* message = FindMessage(e["id"])) {
        message->status = e["status"];
        message->code = e.value("code", "");
        message->retry_in = e.value("retry_in", std::int64_t{0});
        if (e.contains("citations")) message->citations = e["citations"];
      }
    } else if (type == "show_tool") {
      tools[e["id"]] = e["status"];
    } else if (type == "clear_messages") {
      messages.clear();
      tools.clear();
      approvals.clear();
      handoff = suggestions = nullptr;
    } else if (type == "change_draft") {
      const std::string change = e["change"];
      if (change == "stash") stash = std::exchange(draft, "");
      if (change == "restore" && draft.empty()) draft = stash;
      if (change == "clear") draft.clear();
      if (change != "stash") stash.clear();
    } else if (type == "show_approval") {
      approvals[e["id"]].update(e);
    } else if (type == "show_merge_offer") {
      merge_offer = e["visible"];
    } else if (type == "ask_for_token") {
      asks.push_back(e["ask"]);
    } else if (type == "broadcast") {
      broadcasts.push_back(e);
      if (on_broadcast) on_broadcast(e);
    } else if (type == "show_identity") {
      identity = e;
    } else if (type == "show_greeting") {
      greeting = e;
    } else if (type == "show_notice") {
      notice = e["code"];
    } else if (type == "show_connection") {
      connection = e["state"];
    } else if (type == "show_busy") {
      busy = e["busy"];
    } else if (type == "show_suggestions") {
      suggestions = e["items"];
    } else if (type == "show_handoff") {
      handoff = e;
    } else if (type == "settle") {
      settled[e["call"]] = e;
    } else if (type == "emit") {
      emitted.push_back(e);
    } else if (type == "save") {
      if (e["value"].get<std::string>().empty()) storage.erase(e["key"]);
      else storage[e["key"]] = e["value"];
    } else if (type == "report") {
      reports.push_back(e);
    }
  }

  int guests_ = 0;
};

}  // namespace widgent::test
