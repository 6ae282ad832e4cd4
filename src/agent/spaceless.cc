#include "agent/spaceless.h"

#include <algorithm>
#include <iterator>

namespace widgent {

namespace {

struct Range {
  std::uint32_t first, last;
};
constexpr Range kSpaceless[] = {{0x0E00, 0x0EFF}, {0x1000, 0x109F}, {0x1780, 0x17FF},  {0x3005, 0x3007},
                                {0x3041, 0x309F}, {0x30A1, 0x30FA}, {0x30FC, 0x30FF},  {0x3400, 0x9FFF},
                                {0xAC00, 0xD7A3}, {0xF900, 0xFAFF}, {0x20000, 0x3FFFF}};
// In Japanese it writes endings and particles; of a few words that are written in it alone nothing is found.
constexpr Range kHiragana = {0x3041, 0x309F};
constexpr std::size_t kHiraganaBytes = 3;

// Of each that begins another one the longer first.
constexpr std::string_view kFunctionWords[] = {
    // Chinese, simplified and traditional; 何 is Japanese too.
    "怎么样", "怎么办", "怎么", "什么时候", "什么", "多少钱", "多少", "多久", "如何", "哪里", "哪个", "可以", "请问",
    "是否", "怎麼樣", "怎麼", "什麼時候", "什麼", "多少錢", "哪裡", "哪個", "請問", "的", "了", "吗", "嗎", "呢", "吧",
    "是", "我", "你", "您", "们", "們", "几", "幾", "何", "谁", "誰", "能",
    // Thai questions,
    "อย่างไร", "ยังไง", "เท่าไหร่", "เท่าไร", "ที่ไหน", "เมื่อไหร่", "เมื่อไร", "อะไร", "ทำไม", "ไหม", "มั้ย",
    // and what stands around them.
    "หรือไม่", "ได้", "ด้วย", "ครับ", "ค่ะ", "คะ", "ฉัน", "ผม", "อยาก", "กี่", "จะ", "ที่"};

constexpr bool Holds(Range range, std::uint32_t code) { return code >= range.first && code <= range.last; }

}  // namespace

bool IsSpaceless(std::uint32_t code_point) {
  return std::any_of(std::begin(kSpaceless), std::end(kSpaceless),
                     [&](Range range) { return Holds(range, code_point); });
}

std::size_t FunctionWordLength(std::string_view text, std::uint32_t code_point) {
  if (Holds(kHiragana, code_point)) return kHiraganaBytes;
  for (std::string_view word : kFunctionWords)
    if (text.starts_with(word)) return word.size();
  return 0;
}

}  // namespace widgent
