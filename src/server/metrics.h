// What the server counts, in Prometheus' text format. No label holds anything that a visitor chose.
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace widgent {

class Metrics {
 public:
  Metrics();
  ~Metrics();
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;

  // `route`: the template, or empty. A stream counts when it begins.
  void CountAnswer(std::string_view route, int status, std::int64_t milliseconds);
  // `code`: of a problem that was answered.
  void CountProblem(std::string_view code);
  void CountAudit(std::string_view product, std::string_view action, std::string_view outcome);
  // A transaction was made durable, or the store refused it.
  void CountCommit(bool is_durable);

  struct Now {
    std::size_t connections = 0, runs = 0, products = 0;
  };
  // All of it, for a scrape.
  std::string Write(const Now& now);

 private:
  struct Families;
  std::unique_ptr<Families> families_;
};

}  // namespace widgent
