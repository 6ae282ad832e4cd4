#include "server/problems.h"

#include <utility>

#include "protocol/json_writer.h"

namespace widgent {

namespace {

struct Remedy {
  std::string_view code, text;
};

// What the one who meets the problem can do, where its own case has no better hint.
constexpr Remedy kRemedies[] = {
    {"invalid_input", "The answer's `detail` names what cannot be read."},
    {"invalid_signature",
     "Sign the token with this product's Verification Secret, as the UTF-8 bytes of its string. "
     "`widgentd token check` shows the verdict on a token."},
    {"exp_required", "Set `exp` to at most one hour from now, e.g. expiresIn: '1h' with jsonwebtoken."},
    {"exp_in_milliseconds", "`exp` counts seconds: Math.floor(Date.now() / 1000) + 3600."},
    {"lifetime_too_long", "A token may live for one hour at most. Issue a new one from getToken when it ends."},
    {"sub_required", "Set `sub` to your user's id, a string of 1 to 255 characters."},
    {"origin_not_allowed",
     "Add the page's origin to \"origins\" in the product's configuration. "
     "GET /v1/products/{id}/diagnose from the page shows which one."},
    {"origin_null", "Serve the page over http or https: a sandboxed frame or a file has no origin."},
    {"origin_missing", "Only browsers on a registered origin may call this."},
    {"service_key_invalid",
     "Pass the product's service key (pk_…) to init, or as the header Widgent-Service-Key. `widgentd product show` "
     "prints it."},
    {"secret_in_browser",
     "Replace the secret in the page by the service key (pk_…), and rotate the secret at once with "
     "`widgentd product rotate-secret`: everybody who saw the page knows it."},
    {"identity_required",
     "Identify the visitor first: widgent('identify', token). The product's configuration asks for it (\"identity\": "
     "\"required\" or \"on_expiry\": \"lock\")."},
    {"revoked",
     "The site's owner has ended this user's tokens. Let the backend sign a new one, with an iat, once the user may "
     "come back."},
    {"admin_key_invalid",
     "Send `Authorization: Bearer wsk_…` with a key of this product; `widgentd product admin-key` makes one."},
    {"not_found", "Is the address right? Endpoints begin with /v1/."},
    {"method_not_allowed", "The answer's Allow header names the methods."},
    {"thread_not_found", "The conversation does not exist, or it belongs to someone else."},
    {"run_not_found", "Runs are kept for as long as their conversation: was it erased?"},
    {"message_not_found", "Only replies of the agent can be judged."},
    {"secret_not_found", "The product's address, GET /v1/admin/products/{id}, lists the kids of its secrets."},
    {"tool_not_found", "The product's address, GET /v1/admin/products/{id}, lists its tools."},
    {"product_read_only",
     "The user that the server runs as needs to write the product's file and its folder; or make the change on the "
     "server, with `widgentd product`."},
    {"change_refused",
     "Nothing was written. Mend what the answer's `detail` names, in the product's file on the server."},
    {"message_too_large", "A message may have 4000 characters, a whole request 64 KiB. Send it in parts."},
    {"length_required", "Send the body with Content-Length: chunked ones are not taken."},
    {"run_in_progress", "Wait for the reply to end, follow it, or cancel it."},
    {"idempotency_mismatch", "Use a new id for a new message."},
    {"rate_limited", "Wait for as long as the Retry-After header says."},
};

std::string_view FindRemedy(std::string_view code, std::string_view otherwise) {
  for (const Remedy& remedy : kRemedies)
    if (remedy.code == code) return remedy.text;
  return otherwise;
}

std::string EscapeHtml(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    if (c == '<') escaped += "&lt;";
    else if (c == '&') escaped += "&amp;";
    else escaped += c;
  }
  return escaped;
}

}  // namespace

Problem MakeProblem(std::string_view code, std::string detail, std::string hint, std::int64_t retry_after_s) {
  Problem problem;
  problem.code = code;
  problem.detail = std::move(detail);
  problem.hint = hint.empty() ? FindRemedy(code, "") : std::move(hint);
  problem.retry_after_s = retry_after_s;
  return problem;
}

http::Response ProblemResponse(const Problem& problem) {
  http::Response response{ProblemStatus(problem.code),
                          {{"Content-Type", "application/problem+json"}, {"Cache-Control", "no-store"}},
                          WriteProblem(problem)};
  if (problem.retry_after_s > 0) response.headers.push_back({"Retry-After", std::to_string(problem.retry_after_s)});
  if (response.status == 401) response.headers.push_back({"WWW-Authenticate", "Bearer error=\"invalid_token\""});
  return response;
}

http::Response ProblemPage(std::string_view code, std::string_view accept) {
  const ProblemKind* kind = FindProblem(code);
  if (!kind) return ProblemResponse(MakeProblem("not_found", "There is no problem of this name."));
  const std::string_view remedy =
      FindRemedy(code, "The answer's `detail` and `hint` say what happened and what to do.");
  if (accept.find("text/html") == std::string_view::npos) {
    JsonWriter writer;
    writer.Open('{').Put("code", kind->code).Put("title", kind->title).Put("status", kind->status);
    writer.Put("remedy", remedy).Close('}');
    return {200, {{"Content-Type", "application/json"}, {"Cache-Control", "public, max-age=3600"}}, writer.Take()};
  }
  std::string page = "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\">";
  page += "<meta name=\"viewport\" content=\"width=device-width\"><title>";
  page.append(kind->code).append("</title><h1>").append(EscapeHtml(kind->title)).append("</h1><p><code>");
  page.append(kind->code).append("</code>, HTTP ").append(std::to_string(kind->status)).append("<p>");
  page.append(EscapeHtml(remedy)).append("</html>\n");
  return {200,
          {{"Content-Type", "text/html; charset=utf-8"},
           {"Cache-Control", "public, max-age=3600"},
           {"Content-Security-Policy", "default-src 'none'"},
           {"X-Content-Type-Options", "nosniff"}},
          std::move(page)};
}

}  // namespace widgent
