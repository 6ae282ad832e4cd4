// A run's AG-UI stream in the words of the AI SDK: its UI message stream, version 1. A pure re-encoding: what a run
// does and who may see it is decided before.
#pragma once
#include <memory>
#include <string>
#include <string_view>

#include "http/message.h"
#include "protocol/sse.h"

namespace widgent {

// The chunks for one AG-UI event, each as a whole SSE frame; empty where the other side has no word for it.
std::string WriteUiChunks(std::string_view event_json);

// Stands between a run and its viewer. Answers that are no event stream pass as they are.
class UiMessageResponder final : public http::Responder {
 public:
  explicit UiMessageResponder(std::shared_ptr<http::Responder> next) : next_(std::move(next)) {}

  void Send(http::Response response) override;
  void StartStream(http::Response head) override;
  void Write(std::string chunk) override;
  void Finish() override { next_->Finish(); }
  bool IsOpen() const override { return next_->IsOpen(); }
  std::size_t Backlog() const override { return next_->Backlog(); }
  void OnClosed(std::function<void()> closed) override { next_->OnClosed(std::move(closed)); }

 private:
  std::string Convert(std::string_view frames);

  const std::shared_ptr<http::Responder> next_;
  SseDecoder decoder_;
};

}  // namespace widgent
