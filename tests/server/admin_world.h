// A server of one product that stands in a file, as its owner meets it over the admin API.
#pragma once
#include <filesystem>
#include <fstream>
#include <sstream>

#include "identity/crypto.h"
#include "server/product_files.h"
#include "server/world.h"
#include "store/temporary_folder.h"

namespace widgent::test {

inline const std::string kOwnerKey = "wsk_an_admin_key_of_the_owner";
inline const std::string kOwnerName = "admin key " + Hex(Sha256(kOwnerKey)).substr(0, 8);
inline constexpr char kToolSecret[] = "whsec_d2lkZ2VudC10b29sLXNlY3JldC10ZXN0LXZlY3Rvci0zMmIh";

inline nlohmann::json OwnedProduct() {
  const nlohmann::json schema = {{"type", "object"}, {"properties", {{"id", {{"type", "string"}}}}}};
  const nlohmann::json refund = {
      {"name", "refund"},
      {"description", "Refunds an order"},
      {"url", "https://shop.example/refund?key=of-the-shop"},
      {"secret", kToolSecret},
      {"effect", "write"},
      {"parameters", schema},
      {"requires", {{"identified", true}, {"claims", {{{"path", "/plan"}, {"in", {"pro", "team"}}}}}}},
      {"bind", {{"customer", "/sub"}}},
      {"per_user_per_min", 5},
      {"approval", {{"by", "user"}, {"message", "Refund {{args.id}}?"}}}};
  const nlohmann::json search = {{"name", "search"},
                                 {"description", "Finds goods"},
                                 {"url", "https://shop.example:8443/search"},
                                 {"secret", kToolSecret},
                                 {"effect", "read"},
                                 {"parameters", schema}};
  return {{"id", "acme"},
          {"name", "Acme"},
          {"appearance", {{"accent", "#336699"}}},
          {"origins", {kOrigin}},
          {"service_keys", {{{"id", kServiceKey}}}},
          {"admin_keys", {{{"sha256", Hex(Sha256(kOwnerKey))}}}},
          {"verification", {{"secrets", {{{"kid", "k1"}, {"value", kSecret}}}}}},
          {"suggestions", {{"verified", {"Where is my order?"}}}},
          {"egress", {{"allow_hosts", {"shop.example", "shop.example:8443"}}}},
          {"tools", {refund, search}}};
}

class AdminWorld {
  // Made before the members that need the file.
  TemporaryFolder folder_;
  bool is_written_;

 public:
  explicit AdminWorld(const nlohmann::json& product = OwnedProduct())
      : is_written_(Write(product)),
        files({folder_.File("")}, ""),
        world(":memory:", std::get<std::vector<Product>>(files.Load()).front(), OpenSqliteStore, {},
              {[this](const ProductId& id) { return files.FileOf(id); },
               [this] { CHECK(world.app->Replace(files.Reload().products).empty()); }, ""}) {}

  std::string File() const { return folder_.File("acme.json"); }
  std::string Text() const {
    std::ifstream file(File());
    return {std::istreambuf_iterator<char>(file), {}};
  }
  bool Write(const nlohmann::json& product) const {
    std::ofstream(File()) << product.dump(2) << '\n';
    return true;
  }
  // From now on the server cannot replace the file, whoever it runs as.
  void Lock() const { std::filesystem::create_directory(File() + ".tmp"); }

  Answer Send(const std::string& method, const std::string& path, const std::string& body = "",
              const std::string& key = kOwnerKey) {
    return world.Send(method, "/v1/admin/products/acme" + path, {.token = key, .origin = "", .service_key = ""}, body);
  }
  nlohmann::json Get(const std::string& path = "") { return Send("GET", path)->Json(); }
  // The newest audit record.
  nlohmann::json Record() { return nlohmann::json::parse(world.store->FindAudit({"acme"}, {.limit = 1}).at(0).record); }

  ProductFiles files;
  World world;
};

// Every endpoint that is there, with a body that it takes.
struct AdminEndpoint {
  std::string method, path, body;
};
inline std::vector<AdminEndpoint> AdminEndpoints() {
  return {{"GET", "", ""},
          {"PUT", "/origins", R"({"origins":["https://new.example"]})"},
          {"POST", "/secrets", "{}"},
          {"POST", "/secrets/k1/revoke", "{}"},
          {"POST", "/tools/search/dry-run", "{}"},
          {"GET", "/audit", ""},
          {"GET", "/audit/head", ""},
          {"GET", "/approvals", ""},
          {"POST", "/approvals/int_1", R"({"approved":true})"},
          {"POST", "/threads/th_1/messages", R"({"text":"Hello"})"},
          {"POST", "/threads/th_1/hand-back", ""},
          {"GET", "/unanswered", ""},
          {"POST", "/unanswered/clear", ""},
          {"GET", "/feedback", ""},
          {"GET", "/users/ada", ""},
          {"GET", "/users/ada/export", ""},
          {"POST", "/users/ada/revoke", ""},
          {"POST", "/users/ada/erase", ""}};
}

}  // namespace widgent::test
