// Events as a page, a network and a server may send them, well-formed or odd, drawn by numbers. What a row needs to
// know of the session it reads off the page that performs its effects. A new event needs a row in kEventSources.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "fixture.h"

namespace widgent::test {

// Draws from a list of numbers, so that a shorter list is a simpler run; 0 when it is used up.
class Draws {
 public:
  explicit Draws(const std::vector<std::uint16_t>& numbers) : numbers_(numbers) {}
  bool is_done() const { return next_ >= numbers_.size(); }
  std::size_t Below(std::size_t limit) { return (is_done() ? 0 : numbers_[next_++]) % limit; }
  template <class T>
  T Of(std::initializer_list<T> choices) {
    return *(choices.begin() + Below(choices.size()));
  }

 private:
  const std::vector<std::uint16_t>& numbers_;
  std::size_t next_ = 0;
};

inline constexpr const char* kPeople[] = {"ada", "bob", "cy"};

// What only `who` may see.
inline std::string PrivateOf(const std::string& who) { return "private-of-" + who; }

// Whom the page shows as signed in; empty: nobody.
inline std::string ShownUser(const Page& page) {
  return page.identity.value("state", "") == "user" ? page.identity.value("sub", "") : "";
}

// Who is behind a request's token, as its `sub` says.
inline std::string OwnerOf(const json& request) {
  for (const char* person : kPeople) {
    for (const char* mark : {"sig", "newer"})
      if (request.value("token", "") == TokenOf(person, mark)) return person;
  }
  return "";
}

inline std::string AnyToken(Draws& draw) {
  const std::string person = kPeople[draw.Below(3)];
  return draw.Of<std::string>({TokenOf(person), TokenOf(person), TokenOf(person, "newer"), "", "x.y.z", "a b",
                               std::string(9000, 'a'), "e30.e30.e30", "\n"});
}

// One of the requests on their way, or a number that is none.
inline int AnyRequest(const Page& page, Draws& draw) {
  const std::size_t choice = draw.Below(page.open.size() + 1);
  return choice == page.open.size() ? static_cast<int>(draw.Below(5)) - 1
                                    : std::next(page.open.begin(), static_cast<std::ptrdiff_t>(choice))->first;
}

inline json SessionAnswer(const std::string& sub, Draws& draw) {
  if (sub.empty() || draw.Below(6) == 0) return AsGuest(draw.Of<const char*>({"token_missing", "token_expired"}));
  json answer = Verified(sub, draw.Of<std::int64_t>({3600, 90, 10, 1, 0, -5, 999'999'999}),
                         draw.Of<std::string>({"", "th_" + sub, "no id"}));
  if (draw.Below(4) == 0) answer["merge_offer"] = true;
  if (draw.Below(6) == 0) answer["merged"] = true;
  if (draw.Below(4) == 0) answer["policy"] = {{"identity", "required"}, {"on_expiry", "lock"}};
  return answer;
}

inline std::string RunAnswer(const Page& page, const json& request, Draws& draw) {
  const json body = json::parse(request.value("body", ""), nullptr, false);
  const std::string run = body.is_object() ? body.value("runId", "r") : "r";
  const std::string owner = OwnerOf(request);
  std::optional<WireIdentity> who;
  if (!owner.empty() && draw.Below(8)) who = UserIdentity(owner, draw.Of<std::int64_t>({3600, 5, 0}));
  const std::string mine = owner.empty() ? "hello" : PrivateOf(owner);
  auto frames = Frames(run, body.is_object() ? body.value("threadId", "t") : "t", {mine, " and " + mine}, who);
  const json interrupt = {{"type", "RUN_FINISHED"},
                          {"threadId", "t"},
                          {"runId", run},
                          {"outcome",
                           {{"type", "interrupt"},
                            {"interrupts",
                             {{{"id", "i1"},
                               {"reason", "tool_call"},
                               {"toolCallId", "c1"},
                               {"message", "Cancel " + mine + "?"},
                               {"expiresAt", "2026-01-01T00:00:00Z"}}}}}}};
  if (draw.Below(5) == 0) frames.back() = EncodeSse(run + ":9", interrupt.dump());
  if (draw.Below(6) == 0) frames.resize(draw.Below(frames.size()));
  if (draw.Below(6) == 0)
    frames.push_back("data: {\"type\":\"RUN_ERROR\",\"code\":\"agent_failed\",\"message\":\"x\"}\n\n");
  if (draw.Below(8) == 0) frames.insert(frames.begin(), "data: [\n\ndata: {\"type\":7}\n\nid: x:y\ndata: {}\n\n");
  std::string stream;
  for (const std::string& frame : frames) stream += frame;
  return page.now % 2 ? stream : stream.substr(0, draw.Below(stream.size() + 1));
}

inline json AnyChunk(const Page& page, Draws& draw) {
  const int id = AnyRequest(page, draw);
  std::string text = draw.Of<std::string>({"{", "", "null", "data: x\n\n", "\xEF\xBF\xBD", "[[[["});
  if (const auto found = page.open.find(id); found != page.open.end() && draw.Below(6)) {
    const json& request = found->second;
    const std::string path = request["path"], owner = OwnerOf(request);
    const bool is_session = path.ends_with("/session");
    // The server answers about the token it was sent; about a user's own it may say that it is somebody else's now.
    const bool is_swapped = is_session && !ShownUser(page).empty() && draw.Below(8) == 0;
    if (is_session) text = SessionAnswer(is_swapped ? kPeople[draw.Below(3)] : owner, draw).dump();
    else if (path.ends_with("/messages"))
      text = json{{"messages",
                   {{{"id", "h1"}, {"role", "user"}, {"content", owner.empty() ? "hi" : PrivateOf(owner)}},
                    {{"id", "h2"}, {"role", "assistant"}, {"content", "hello"}}}},
                  {"active_run", draw.Of<const char*>({"", "r_active"})}}
                 .dump();
    else if (path.ends_with("/threads"))
      text =
          json{{"threads", {{{"id", "th_1"}, {"title", owner.empty() ? "hi" : PrivateOf(owner)}, {"at", 1}}}}}.dump();
    else text = RunAnswer(page, request, draw);
    if (draw.Below(6) == 0) {
      text = ProblemOf(draw.Of<const char*>({"revoked", "rate_limited", "thread_not_found", "origin_not_allowed",
                                             "identity_required", "product_not_found", "internal", ""}),
                       403)
                 .dump();
    }
  }
  return {{"type", "response_chunk"}, {"request", id}, {"text", text}};
}

inline std::string AnyMessage(const Page& page, Draws& draw) {
  const std::size_t choice = draw.Below(page.messages.size() + 1);
  return choice == page.messages.size() ? "m_none" : page.messages[choice].id;
}

inline std::string AnyText(const Page& page, Draws& draw) {
  const std::string user = ShownUser(page);
  return draw.Of<std::string>({user.empty() ? "hello" : PrivateOf(user), "", " ", "é\u2028", std::string(20'000, 'x')});
}

struct EventSource {
  const char* type;
  json (*make)(const Page& page, Draws& draw);
};

inline const EventSource kEventSources[] = {
    {"init_called",
     [](const Page&, Draws& draw) {
       return json{{"call", 1},
                   {"product_id", draw.Of<const char*>({"acme", "acme", "other", "no id", ""})},
                   {"service_key", draw.Of<const char*>({"pk_acme", "pk_acme", "pk_acme", "wvs_secret", ""})},
                   {"guest_id", "guest-guest-guest-0001"},
                   {"seed", draw.Of<const char*>({"00112233445566778899aabbccddeeff", "", "xyz"})},
                   {"salt", "ffeeddccbbaa99887766554433221100"},
                   {"thread_id", draw.Of<const char*>({"", "t_old", "no id"})},
                   {"get_token", draw.Below(2) == 1}};
     }},
    {"identify_called",
     [](const Page&, Draws& draw) {
       return json{{"call", 2 + static_cast<int>(draw.Below(50))},
                   {"token", AnyToken(draw)},
                   {"guest_id", "guest-guest-guest-0002"},
                   {"get_token", draw.Below(8) == 0}};
     }},
    {"logout_called",
     [](const Page&, Draws& draw) {
       return json{{"call", 60 + static_cast<int>(draw.Below(9))}, {"guest_id", "guest-guest-guest-0003"}};
     }},
    {"token_provided",
     [](const Page& page, Draws& draw) {
       const int ask = page.asks.empty() || draw.Below(5) == 0 ? static_cast<int>(draw.Below(4)) : page.asks.back();
       return json{{"ask", ask}, {"token", AnyToken(draw)}, {"guest_id", "guest-guest-guest-0004"}};
     }},
    {"token_failed",
     [](const Page& page, Draws& draw) {
       return json{{"ask", page.asks.empty() ? 0 : page.asks.back() - static_cast<int>(draw.Below(2))}};
     }},
    {"broadcast_received",
     [](const Page& page, Draws& draw) {
       const json last = page.broadcasts.empty() ? json{{"fingerprint", "x"}} : page.broadcasts.back();
       return json{{"kind", draw.Of<const char*>({"identified", "signed_out", "odd"})},
                   {"fingerprint", draw.Of<std::string>({last["fingerprint"], "0011", ""})},
                   {"guest_id", "guest-guest-guest-0005"}};
     }},
    {"merge_answered",
     [](const Page&, Draws& draw) {
       return json{{"accepted", draw.Below(2) == 1}};
     }},
    {"approval_answered",
     [](const Page&, Draws& draw) {
       return json{{"id", draw.Of<const char*>({"i1", "i2"})}, {"approved", draw.Below(2) == 1}};
     }},
    {"panel_awaited", [](const Page&, Draws&) { return json::object(); }},
    {"panel_opened", [](const Page&, Draws&) { return json::object(); }},
    {"panel_closed", [](const Page&, Draws&) { return json::object(); }},
    {"message_submitted",
     [](const Page& page, Draws& draw) {
       return json{{"text", AnyText(page, draw)}};
     }},
    {"retry_requested",
     [](const Page& page, Draws& draw) {
       return json{{"message_id", AnyMessage(page, draw)}};
     }},
    {"message_withdrawn",
     [](const Page& page, Draws& draw) {
       return json{{"message_id", AnyMessage(page, draw)}};
     }},
    {"feedback_given",
     [](const Page& page, Draws& draw) {
       return json{{"message_id", AnyMessage(page, draw)}, {"rating", draw.Of<const char*>({"up", "down", ""})}};
     }},
    {"threads_requested", [](const Page&, Draws&) { return json::object(); }},
    {"thread_chosen",
     [](const Page&, Draws& draw) {
       return json{{"thread_id", draw.Of<const char*>({"th_1", "th_2", "no id", ""})}};
     }},
    {"new_thread_chosen", [](const Page&, Draws&) { return json::object(); }},
    {"cancel_requested", [](const Page&, Draws&) { return json::object(); }},
    {"response_started",
     [](const Page& page, Draws& draw) {
       return json{{"request", AnyRequest(page, draw)},
                   {"status", draw.Of({200, 200, 200, 200, 200, 401, 403, 404, 409, 422, 429, 500, 503, 0, -1, 302})},
                   {"retry_after_s", draw.Of({0, 1, -1, 100'000})}};
     }},
    {"response_chunk", AnyChunk},
    {"response_ended",
     [](const Page& page, Draws& draw) {
       return json{{"request", AnyRequest(page, draw)}};
     }},
    {"request_failed",
     [](const Page& page, Draws& draw) {
       return json{{"request", AnyRequest(page, draw)}};
     }},
    {"connection_changed",
     [](const Page&, Draws& draw) {
       return json{{"online", draw.Below(3) > 0}};
     }},
    {"page_resumed", [](const Page&, Draws&) { return json::object(); }},
    {"timer_fired", [](const Page&, Draws&) { return json::object(); }},
    {"destroy_called", [](const Page&, Draws&) { return json::object(); }},
};

}  // namespace widgent::test
