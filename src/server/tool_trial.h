// One call of a tool as a model would ask for it: through the policy, with a log and a store that end with the trial.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "agent/agent_model.h"
#include "identity/identity.h"
#include "product/product.h"
#include "server/shown_client.h"
#include "store/store.h"

namespace widgent {

struct ToolTrial {
  std::string tool, arguments_json = "{}";
  Identity identity;
  bool says_yes = false;  // goes on as if the answer to the tool's question were yes
  bool is_dry = true;     // sends nothing
};

struct TrialReport {
  bool is_offered = false;
  std::string withheld;                     // why it is not, where the product has the tool
  std::optional<StoredInterrupt> question;  // that is asked first
  bool is_allowed = false;                  // the policy let the call through
  std::vector<ShownFetch> fetches;
  bool is_held = false;                // the request would have been sent
  std::optional<ToolOutcome> outcome;  // nothing where the call was held, or waits for an answer
};

// Blocks until the call has ended, which takes as long as the tool does. `product` has a tool of this name.
TrialReport TryTool(const Product& product, const ToolTrial& trial);

// Why nobody can be signed in by these claims.
struct TrialRefusal {
  std::string detail, hint;
};

// Who asks, by a token of these claims that the product's own secret signs, so that claims which no token may have are
// refused here as well. `iat` and `exp` are added where they are missing.
std::variant<Identity, TrialRefusal> IdentifyByClaims(const Product& product, std::string_view claims_json);
// Of a trial without claims.
Identity TrialGuest();

}  // namespace widgent
