#include "http/static_files.h"

#include <stdlib.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <string>

namespace widgent::http {
namespace {

using Catch::Matchers::Contains;

class Folder {
 public:
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "widgent-test-XXXXXX").string();
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    path_ = name;
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  void Write(const std::string& name, const std::string& body) const {
    std::filesystem::create_directories((path_ / name).parent_path());
    std::ofstream(path_ / name, std::ios::binary) << body;
  }
  std::string path() const { return path_.string(); }

 private:
  std::filesystem::path path_;
};

Request WithHeader(std::string name, std::string value) {
  Request request;
  request.headers = {{std::move(name), std::move(value)}};
  return request;
}

std::string Header(const Response& response, std::string_view name) {
  for (const auto& header : response.headers)
    if (header.name == name) return header.value;
  return "none";
}

TEST_CASE("A file is served with its type, whole, to pages of any origin") {
  const Folder folder;
  const std::string bytes("\0asm\1\0\0\0\xFF", 9);
  folder.Write("sub/core.wasm", bytes);
  const StaticFiles files(folder.path());
  const auto response = files.Find("/sub/core.wasm", {});
  REQUIRE(response);
  CHECK(response->status == 200);
  CHECK(response->body == bytes);
  CHECK(Header(*response, "Content-Type") == "application/wasm");
  CHECK(Header(*response, "Content-Encoding") == "none");
  CHECK(Header(*response, "Vary") == "none");
  CHECK(Header(*response, "Cache-Control") == "no-cache");
  CHECK(Header(*response, "Access-Control-Allow-Origin") == "*");
  CHECK(Header(*response, "Cross-Origin-Resource-Policy") == "cross-origin");
  CHECK(Header(*response, "Timing-Allow-Origin") == "*");
  CHECK(Header(*response, "X-Content-Type-Options") == "nosniff");
}

TEST_CASE("No path leads out of the folder") {
  const Folder outer;
  outer.Write("secret", "s");
  outer.Write("inner/a.js", "a");
  const StaticFiles files(outer.path() + "/inner");
  CHECK(files.Find("/a.js", {}));
  for (const char* path : {"/../secret", "/%2e%2e/secret", "/..%2fsecret", "//a.js", "/./a.js", "a.js", "/", "",
                           "/a.js/", "/a.js%00", "/A.js", "/secret", "/etc/passwd"}) {
    CAPTURE(path);
    CHECK_FALSE(files.Find(path, {}));
  }
}

TEST_CASE("The compressed twin goes to those who accept it, and is no file of its own") {
  const Folder folder;
  folder.Write("a.js", "plain");
  folder.Write("a.js.br", "brotli");
  folder.Write("b.js.br", "no plain one");
  const StaticFiles files(folder.path());
  struct Row {
    const char* accept;
    bool is_brotli;
  };
  for (const Row& row : {Row{"br", true}, Row{"gzip, deflate, br, zstd", true}, Row{"gzip, br;q=0.1", true},
                         Row{"br ; q=1.0", true}, Row{"gzip", false}, Row{"", false}, Row{"br;q=0", false},
                         Row{"br; q=0.000", false}, Row{"brx", false}, Row{"x-br", false}, Row{",,;,", false}}) {
    CAPTURE(row.accept);
    const auto response = files.Find("/a.js", WithHeader("accept-encoding", row.accept));
    REQUIRE(response);
    CHECK(response->body == (row.is_brotli ? "brotli" : "plain"));
    CHECK(Header(*response, "Content-Encoding") == (row.is_brotli ? "br" : "none"));
    CHECK(Header(*response, "Vary") == "Accept-Encoding");
    CHECK(Header(*response, "Content-Type") == "text/javascript; charset=utf-8");
  }
  CHECK_FALSE(files.Find("/a.js.br", {}));
  CHECK_FALSE(files.Find("/b.js", {}));
}

TEST_CASE("Names with a content hash never change, others are asked for again by their tag") {
  const Folder folder;
  folder.Write("core-0a1b2c3d.js", "hashed");
  folder.Write("core-0a1b2c3d.js.map", "map");
  folder.Write("widgent.js", "loader");
  folder.Write("widgent.js.br", "br");
  const StaticFiles files(folder.path());
  CHECK(Header(*files.Find("/core-0a1b2c3d.js", {}), "Cache-Control") == "public, max-age=31536000, immutable");
  CHECK(Header(*files.Find("/core-0a1b2c3d.js.map", {}), "Cache-Control") == "public, max-age=31536000, immutable");
  const auto first = files.Find("/widgent.js", {});
  CHECK(Header(*first, "Cache-Control") == "no-cache");
  const std::string etag = Header(*first, "ETag");
  CHECK_THAT(etag, Catch::Matchers::StartsWith("\"") && Catch::Matchers::EndsWith("\""));
  const std::string brotli_etag = Header(*files.Find("/widgent.js", WithHeader("accept-encoding", "br")), "ETag");
  CHECK(brotli_etag != etag);
  for (const std::string& known : {etag, "W/" + etag, "\"other\", " + etag, std::string("*")}) {
    CAPTURE(known);
    const auto again = files.Find("/widgent.js", WithHeader("if-none-match", known));
    CHECK(again->status == 304);
    CHECK(again->body.empty());
    CHECK(Header(*again, "ETag") == etag);
    CHECK(Header(*again, "Vary") == "Accept-Encoding");
  }
  for (const std::string& unknown : {brotli_etag, std::string("\"other\""), std::string(), std::string(",")}) {
    CAPTURE(unknown);
    CHECK(files.Find("/widgent.js", WithHeader("if-none-match", unknown))->status == 200);
  }
}

TEST_CASE("Only a real hash makes a name immutable") {
  for (const char* name : {"core-0a1b2c3d.js", "a/b/widget-x7k2p9qm4.wasm", "a-b-12345678.css", "core-deadbeef.js",
                           "core-0a1b2c3d.js.map"}) {
    CAPTURE(name);
    CHECK(HasContentHash(name));
  }
  for (const char* name : {"widgent.js", "core-0a1b2c3.js", "core-0A1B2C3D.js", "my-settings.js", "12345678.js",
                           "-12345678.js", "core-12345678", "core-12345678/x.js", "core-1234 678.js", "", "-", "."}) {
    CAPTURE(name);
    CHECK_FALSE(HasContentHash(name));
  }
}

TEST_CASE("Each ending has its type") {
  CHECK(ContentTypeOf("/a.js") == "text/javascript; charset=utf-8");
  CHECK(ContentTypeOf("/a.mjs") == "text/javascript; charset=utf-8");
  CHECK(ContentTypeOf("/a.css") == "text/css; charset=utf-8");
  CHECK(ContentTypeOf("/a.html") == "text/html; charset=utf-8");
  CHECK(ContentTypeOf("/a.json") == "application/json");
  CHECK(ContentTypeOf("/a.js.map") == "application/json");
  CHECK(ContentTypeOf("/a.svg") == "image/svg+xml");
  CHECK(ContentTypeOf("/a.png") == "image/png");
  CHECK(ContentTypeOf("/a.unknown") == "application/octet-stream");
  CHECK(ContentTypeOf("/js") == "application/octet-stream");
}

TEST_CASE("A folder that is not there is refused with a sentence") {
  CHECK_THROWS_WITH(StaticFiles("/nowhere/at/all"), Contains("The folder /nowhere/at/all cannot be read"));
}

}  // namespace
}  // namespace widgent::http
