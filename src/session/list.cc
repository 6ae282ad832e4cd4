#include "session/list.h"

namespace widgent {

void LinkList::Append(Link* element) {
  Link** end = &first_;
  while (*end) end = &(*end)->next;
  *end = element;
  element->next = nullptr;
}

void LinkList::Prepend(Link* element) {
  element->next = first_;
  first_ = element;
}

void LinkList::Unlink(Link* element) {
  Link** place = &first_;
  while (*place != element) place = &(*place)->next;
  *place = element->next;
}

}  // namespace widgent
