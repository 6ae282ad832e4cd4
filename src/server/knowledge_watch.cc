#include "server/knowledge_watch.h"

#include <chrono>
#include <exception>
#include <utility>

#include "agent/page_files.h"

namespace widgent {

void KnowledgeWatch::Look() {
  if (reading_.valid()) {
    if (reading_.wait_for(std::chrono::seconds(0)) != std::future_status::ready) return;
    for (const Folder& folder : reading_.get()) Take(folder);
  }
  std::vector<Folder> folders;
  for (const ServedProductPtr& product : app_.products()) {
    if (product->knowledge)
      folders.push_back({product->config.id, product->config.knowledge, product->knowledge->Stamp(),
                         refused_[product->config.id], "", nullptr, ""});
  }
  if (!folders.empty()) reading_ = std::async(std::launch::async, Read, std::move(folders));
}

std::vector<KnowledgeWatch::Folder> KnowledgeWatch::Read(std::vector<Folder> folders) {
  for (Folder& folder : folders) {
    try {
      folder.stamp = "unreadable";
      folder.stamp = StampOfPages(FindPages(folder.config.dir));
      if (folder.stamp == folder.served || folder.stamp == folder.refused) continue;
      folder.knowledge = LoadKnowledge(folder.config);
    } catch (const std::exception& error) {
      if (folder.stamp != folder.refused) folder.fault = error.what();
    }
  }
  return folders;
}

void KnowledgeWatch::Take(const Folder& folder) {
  std::string& refused = refused_[folder.product];
  if (folder.stamp == folder.served || folder.knowledge) refused.clear();
  if (folder.knowledge) return app_.TakeKnowledge(folder.product, folder.config, folder.knowledge);
  if (folder.fault.empty()) return;
  refused = folder.stamp;
  log_(LogLevel::kError,
       "knowledge product=" + folder.product.value + ": " + folder.fault + " What was read before goes on.");
}

}  // namespace widgent
