// What was said, by whom, and who may come to have it. A text names its number: "#17 …".
#pragma once
#include <cstdlib>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace widgent::test {

struct Said {
  std::string author;            // a sub, or "guest"
  std::string ended;             // a guest's: the user whose identity had ended in this tab before
  std::set<std::string> owners;  // subs, or "guest" for the guests of the same browser
  int tab = 0, browser = 0;
  std::uint64_t load = 0;           // of the page
  bool is_late = false;             // it has failed or was dropped once, and lost its place
  bool has_come_as_guests = false;  // to the server
  bool is_asked_again = false;      // by Retry
  bool is_retried = false;          // sent again by the visitor's own act, as somebody else or elsewhere
};

class SaidList {
 public:
  int Add(Said said) {
    all_.push_back(std::move(said));
    return static_cast<int>(all_.size());
  }
  Said& operator[](int number) { return all_[static_cast<std::size_t>(number) - 1]; }
  int count() const { return static_cast<int>(all_.size()); }

  // Calls `visit` with each number that `text` names.
  template <class Visit>
  void Each(std::string_view text, Visit visit) const {
    for (auto at = text.find('#'); at != text.npos; at = text.find('#', at + 1)) {
      const int number = std::atoi(text.data() + at + 1);
      if (number >= 1 && number <= count()) visit(number);
    }
  }
  // The first of them; 0: there is none.
  int NumberIn(std::string_view text) const {
    int first = 0;
    Each(text, [&](int number) { first = first ? first : number; });
    return first;
  }

 private:
  std::vector<Said> all_;
};

// Calls `visit` with the name in each mark "<<name>>" of `text`.
template <class Visit>
void EachMark(std::string_view text, Visit visit) {
  for (auto at = text.find("<<"); at != text.npos; at = text.find("<<", at + 2)) {
    const auto end = text.find(">>", at);
    if (end != text.npos) visit(std::string(text.substr(at + 2, end - at - 2)));
  }
}

}  // namespace widgent::test
