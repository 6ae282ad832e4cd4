// Keeps what products answer from to what their folders of help pages hold.
#pragma once
#include <future>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "server/app.h"

namespace widgent {

class KnowledgeWatch {
 public:
  // Both outlive it. Its end waits until a folder that is being read was read.
  KnowledgeWatch(App& app, Log log) : app_(app), log_(std::move(log)) {}

  // To be called about once a second: hands the app what was read since the last call, and looks at the folders again,
  // on a thread of its own, so that no request waits for it. Where a folder cannot be read the log says why, once, and
  // what was read before goes on.
  void Look();

 private:
  struct Folder {
    ProductId product;
    KnowledgeConfig config;
    std::string served, refused;  // stamps: of what is served; of what could not be read, and was told
    // What came of looking.
    std::string stamp;
    std::shared_ptr<const Knowledge> knowledge;  // nullptr where it is as it was
    std::string fault;
  };
  static std::vector<Folder> Read(std::vector<Folder> folders);
  void Take(const Folder& folder);

  App& app_;
  const Log log_;
  std::map<ProductId, std::string> refused_;
  std::future<std::vector<Folder>> reading_;
};

}  // namespace widgent
