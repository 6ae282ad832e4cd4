// The audit log of a product over HTTP, to search and to export. Behind AdminApi, which has checked the key.
#pragma once
#include "server/exchange.h"
#include "store/store.h"

namespace widgent {

class AuditAdmin {
 public:
  explicit AuditAdmin(Store& store) : store_(store) {}

  // GET …/audit?user=&action=&outcome=&since=&until=&before=&after=&limit=: 200, one ExportRecord a line. Newest first;
  // with `after` oldest first.
  void List(const ExchangePtr& x) const;

  // GET …/audit/head: 200 {"count", "hash"}.
  void GetHead(const ExchangePtr& x) const;

 private:
  Store& store_;
};

}  // namespace widgent
