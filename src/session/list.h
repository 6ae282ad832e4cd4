// Elements in a row that derive from Link, each in memory of its own: an element stays where it is while others come
// and go, and moves to another list without being copied. All that does not depend on the type is in one place, as each
// instance of std::list costs a page half a kilobyte.
#pragma once

namespace widgent {

struct Link {
  Link* next = nullptr;
};

class LinkList {
 public:
  Link* first() const { return first_; }
  void Append(Link* element);
  void Prepend(Link* element);
  void Unlink(Link* element);

 private:
  Link* first_ = nullptr;
};

template <class T>
class List {
 public:
  // Goes on where it was even if the element that it is at is removed.
  class Iterator {
   public:
    explicit Iterator(Link* at) : at_(at), next_(at ? at->next : nullptr) {}
    T& operator*() const { return *static_cast<T*>(at_); }
    Iterator& operator++() { return *this = Iterator(next_); }
    bool operator!=(const Iterator& other) const { return at_ != other.at_; }

   private:
    Link *at_, *next_;
  };

  List() = default;
  List(const List&) = delete;
  List& operator=(const List&) = delete;
  ~List() { Clear(); }

  Iterator begin() const { return Iterator(links_.first()); }
  Iterator end() const { return Iterator(nullptr); }
  T* first() const { return static_cast<T*>(links_.first()); }
  bool empty() const { return !links_.first(); }

  // Takes over an element that is in no list.
  T& Append(T* element) {
    links_.Append(element);
    return *element;
  }
  void Prepend(T* element) { links_.Prepend(element); }
  // The element is the caller's from here on.
  T* Unlink(T* element) {
    links_.Unlink(element);
    return element;
  }
  void Remove(T* element) { delete Unlink(element); }
  void Clear() {
    while (!empty()) Remove(first());
  }

 private:
  LinkList links_;
};

}  // namespace widgent
