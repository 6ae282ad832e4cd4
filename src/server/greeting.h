// The first line that a visitor reads.
#pragma once
#include <string>

#include "identity/identity.h"
#include "product/product.h"

namespace widgent {

// The product's greeting with {{name}} filled from the verified name, cut to 80 characters and without control
// characters. Where a user has no name the placeholder leaves no trace: "Hi {{name}}, how…" reads "Hi, how…".
std::string Greeting(const Product& product, const Identity& identity);

// The first `count` characters of UTF-8 text.
std::string CutCharacters(std::string_view text, std::size_t count);
std::size_t CountCharacters(std::string_view text);

}  // namespace widgent
