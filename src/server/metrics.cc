#include "server/metrics.h"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <map>

namespace widgent {

struct Metrics::Families {
  prometheus::Registry registry;
  prometheus::Family<prometheus::Counter>& answers = prometheus::BuildCounter()
                                                         .Name("widgent_http_requests_total")
                                                         .Help("Requests answered; a stream when it begins.")
                                                         .Register(registry);
  prometheus::Family<prometheus::Histogram>& times = prometheus::BuildHistogram()
                                                         .Name("widgent_http_request_seconds")
                                                         .Help("From the whole request to the head of its answer.")
                                                         .Register(registry);
  prometheus::Family<prometheus::Counter>& problems = prometheus::BuildCounter()
                                                          .Name("widgent_problems_total")
                                                          .Help("Problems answered, by their code.")
                                                          .Register(registry);
  prometheus::Family<prometheus::Counter>& records = prometheus::BuildCounter()
                                                         .Name("widgent_audit_records_total")
                                                         .Help("Records of the audit log: identities and tool calls.")
                                                         .Register(registry);
  prometheus::Family<prometheus::Counter>& commits = prometheus::BuildCounter()
                                                         .Name("widgent_store_commits_total")
                                                         .Help("Transactions made durable, or refused by the store.")
                                                         .Register(registry);
  prometheus::Family<prometheus::Gauge>& now =
      prometheus::BuildGauge().Name("widgent_open").Help("What is open at the moment.").Register(registry);

  // Found again for every answer, which takes the library longer than counting it.
  struct Route {
    prometheus::Histogram* times = nullptr;
    std::map<int, prometheus::Counter*> answers;  // by status
  };
  std::map<std::string, Route, std::less<>> routes;
};

Metrics::Metrics() : families_(std::make_unique<Families>()) {
  families_->commits.Add({{"result", "durable"}});
  families_->commits.Add({{"result", "refused"}});
}
Metrics::~Metrics() = default;

void Metrics::CountAnswer(std::string_view route, int status, std::int64_t milliseconds) {
  static const prometheus::Histogram::BucketBoundaries kSeconds{0.001, 0.005, 0.025, 0.1, 0.5, 2.5, 10};
  auto known = families_->routes.find(route);
  if (known == families_->routes.end()) known = families_->routes.try_emplace(std::string(route)).first;
  auto& [name, counted] = *known;
  const std::string label = name.empty() ? "other" : name;
  prometheus::Counter*& answers = counted.answers[status];
  if (!answers) answers = &families_->answers.Add({{"route", label}, {"status", std::to_string(status)}});
  if (!counted.times) counted.times = &families_->times.Add({{"route", label}}, kSeconds);
  answers->Increment();
  counted.times->Observe(static_cast<double>(milliseconds) / 1000);
}

void Metrics::CountProblem(std::string_view code) {
  families_->problems.Add({{"code", std::string(code)}}).Increment();
}

void Metrics::CountAudit(std::string_view product, std::string_view action, std::string_view outcome) {
  families_->records
      .Add({{"product", std::string(product)}, {"action", std::string(action)}, {"outcome", std::string(outcome)}})
      .Increment();
}

void Metrics::CountCommit(bool is_durable) {
  families_->commits.Add({{"result", is_durable ? "durable" : "refused"}}).Increment();
}

std::string Metrics::Write(const Now& now) {
  families_->now.Add({{"what", "connections"}}).Set(static_cast<double>(now.connections));
  families_->now.Add({{"what", "runs"}}).Set(static_cast<double>(now.runs));
  families_->now.Add({{"what", "products"}}).Set(static_cast<double>(now.products));
  return prometheus::TextSerializer().Serialize(families_->registry.Collect());
}

}  // namespace widgent
