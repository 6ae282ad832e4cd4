// A product as its owner is shown it over HTTP: all that its file says, and never a secret.
#pragma once
#include <string>
#include <vector>

#include "server/exchange.h"
#include "store/store.h"

namespace widgent {

std::string WriteProductView(const ServedProduct& served, const std::vector<SecretRecord>& records,
                             const AuditHead& head, UnixMillis now);

}  // namespace widgent
