// Text as people write it: words, and what may be shown of a string that somebody else typed.
#pragma once
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace widgent {

// The words of a text in lower case (ASCII; the index folds the rest), in order, at most `count_max`, each of at most
// 64 bytes. Letters and digits of any script count, and an apostrophe ends a word: "don't" gives "don" and "t". Where
// a script has no blanks (spaceless.h), each two neighbouring characters are a word.
std::vector<std::string> Words(std::string_view text, std::size_t count_max = 64);

// All words of a text with blanks between them, as an index takes it: of a script without blanks each character by
// itself too, so that a question of one character finds it.
std::string WordsToIndex(std::string_view text);

// True for a word that tells nothing about the subject: "the", "how", "my".
bool IsStopWord(std::string_view word);

// `text` as one line to show: no control characters and none that change the direction of writing, no byte that is not
// UTF-8, white space as single blanks, at most `code_points_max` characters.
std::string CleanLine(std::string_view text, std::size_t code_points_max);

// The longest start of `text` within `bytes_max` that does not cut a UTF-8 sequence.
std::string_view CutUtf8(std::string_view text, std::size_t bytes_max);

// Lower case of ASCII letters; other bytes stay.
std::string LowerAscii(std::string_view text);
std::string UpperAscii(std::string_view text);

// `text` without `secret`, wherever a peer has quoted it; an empty secret is in no text.
std::string WithoutSecret(std::string text, std::string_view secret);

// Number of code points of a UTF-8 text.
std::size_t CountCodePoints(std::string_view text);

}  // namespace widgent
