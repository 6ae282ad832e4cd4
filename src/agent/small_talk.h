// What people say that asks for nothing of the site: greetings, thanks, "who am I?", "I want to talk to a person".
#pragma once
#include <cstdint>
#include <string_view>

namespace widgent {

enum class SmallTalk : std::uint8_t { kNone, kGreeting, kWhoAmI, kThanks, kPerson, kNeverMind, kAcknowledgement };

SmallTalk FindSmallTalk(std::string_view message);

}  // namespace widgent
