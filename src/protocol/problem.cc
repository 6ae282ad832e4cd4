#include "protocol/problem.h"

#include <algorithm>
#include <iterator>

#include "protocol/json_writer.h"

namespace widgent {

namespace {

// Token codes: identity.md section 2. The rest: protocol.md.
constexpr ProblemKind kProblems[] = {
    {"invalid_input", 400, "The request cannot be read"},
    {"token_malformed", 401, "The token is not a compact JWT"},
    {"token_too_large", 401, "The token is too large"},
    {"alg_not_allowed", 401, "The token's algorithm is not HS256"},
    {"crit_not_supported", 401, "The token uses a critical extension"},
    {"invalid_signature", 401, "The token's signature does not match"},
    {"unknown_kid", 401, "The token names a key that does not exist"},
    {"claims_malformed", 401, "The token's claims cannot be read"},
    {"exp_required", 401, "The token has no expiry"},
    {"exp_invalid", 401, "The token's expiry is not a number"},
    {"exp_in_milliseconds", 401, "The token's expiry is in milliseconds"},
    {"lifetime_too_long", 401, "The token lives longer than an hour"},
    {"iat_invalid", 401, "The token's issue time is not a number"},
    {"iat_in_future", 401, "The token was issued in the future"},
    {"nbf_invalid", 401, "The token's start time is not a number"},
    {"token_not_yet_valid", 401, "The token is not valid yet"},
    {"sub_required", 401, "The token names no user"},
    {"invalid_sub", 401, "The token's user id cannot be used"},
    {"invalid_claim", 401, "A claim has the wrong type"},
    {"metadata_too_large", 401, "The token's metadata is too large"},
    {"wrong_audience", 401, "The token is for someone else"},
    {"revoked", 401, "The token was revoked"},
    {"admin_key_invalid", 401, "The admin key is not this product's"},
    {"origin_not_allowed", 403, "This origin is not registered"},
    {"origin_null", 403, "The page has no origin"},
    {"origin_missing", 403, "The request names no origin"},
    {"service_key_invalid", 403, "The service key is not this product's"},
    {"secret_in_browser", 403, "A secret was sent from a browser"},
    {"identity_required", 403, "Sign in first"},
    {"identity_changed", 403, "Someone else is signed in now"},
    {"not_found", 404, "There is nothing here"},
    {"product_not_found", 404, "There is no such product"},
    {"thread_not_found", 404, "There is no such conversation"},
    {"run_not_found", 404, "There is no such run"},
    {"message_not_found", 404, "There is no such reply"},
    {"secret_not_found", 404, "There is no such secret"},
    {"tool_not_found", 404, "There is no such tool"},
    {"method_not_allowed", 405, "This method is not offered here"},
    {"request_timeout", 408, "The request took too long to arrive"},
    {"run_in_progress", 409, "The previous reply is still running"},
    {"approval_closed", 409, "The question can no longer be answered"},
    {"not_handed_off", 409, "The conversation is the agent's"},
    {"product_read_only", 409, "The server may not change the product"},
    {"change_refused", 409, "The product cannot be changed so"},
    {"cursor_too_old", 410, "The stream can no longer be resumed from here"},
    {"length_required", 411, "The request must say its length"},
    {"message_too_large", 413, "The message is too large"},
    {"unsupported_media_type", 415, "The body must be JSON"},
    {"expectation_failed", 417, "The request expects what is not offered"},
    {"idempotency_mismatch", 422, "The same id was used for another message"},
    {"rate_limited", 429, "Too many requests"},
    {"header_too_large", 431, "The request's header is too large"},
    {"internal", 500, "Something went wrong"},
    {"overloaded", 503, "The server has too much to do"},
    {"draining", 503, "The server is restarting"},
    {"backend_down", 503, "The store cannot be reached"},
    {"http_version_unsupported", 505, "Only HTTP/1.1 is spoken here"},
};

}  // namespace

const ProblemKind* FindProblem(std::string_view code) {
  const auto* kind =
      std::find_if(std::begin(kProblems), std::end(kProblems), [&](const ProblemKind& k) { return k.code == code; });
  return kind == std::end(kProblems) ? nullptr : kind;
}

ProblemTable Problems() { return {std::begin(kProblems), std::end(kProblems)}; }

int ProblemStatus(std::string_view code) {
  const ProblemKind* kind = FindProblem(code);
  return kind ? kind->status : 500;
}

std::string WriteProblem(const Problem& problem) {
  const ProblemKind* kind = FindProblem(problem.code);
  if (!kind) kind = FindProblem("internal");
  JsonWriter writer;
  writer.Open('{')
      .Put("type", "/problems/" + std::string(kind->code))
      .Put("title", kind->title)
      .Put("status", kind->status)
      .PutIf("detail", problem.detail)
      .Put("code", kind->code)
      .PutIf("hint", problem.hint)
      .PutIf("request_id", problem.request_id);
  if (problem.retry_after_s > 0) writer.Put("retry_after", problem.retry_after_s);
  if (problem.token_expired) writer.Put("token_expired", true);
  return writer.Close('}').Take();
}

Problem ReadProblem(int status, std::string_view body) {
  JsonFields fields;
  fields.Parse(body);
  Problem problem;
  problem.code = fields.Text("code");
  if (problem.code.empty()) problem.code = "http_" + std::to_string(status);
  problem.detail = fields.Text("detail");
  problem.hint = fields.Text("hint");
  problem.retry_after_s = fields.Integer("retry_after", 0);
  problem.token_expired = fields.Flag("token_expired");
  return problem;
}

}  // namespace widgent
