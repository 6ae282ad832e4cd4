// Scripts that are written without blanks between words: Chinese, Japanese, Korean to the most part, Thai, Lao, Khmer,
// Burmese. There a word is any two neighbouring characters.
#pragma once
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace widgent {

bool IsSpaceless(std::uint32_t code_point);

// Bytes of the word that `text` begins with and that tells nothing about the subject, as "the" and "how" in English:
// 的, 多少, เท่าไหร่, any hiragana. 0 where it begins with none.
std::size_t FunctionWordLength(std::string_view text, std::uint32_t code_point);

}  // namespace widgent
