#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>
#include <sys/resource.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <functional>
#include <iostream>
#include <memory>
#include <optional>
#include <utility>

#include "http/curl_client.h"
#include "http/real_event_loop.h"
#include "http/server.h"
#include "http/static_files.h"
#include "http/worker_threads.h"
#include "identity/crypto.h"
#include "server/app.h"
#include "server/cli.h"
#include "server/folder_lock.h"
#include "server/head_keeper.h"
#include "server/knowledge_watch.h"
#include "server/product_files.h"
#include "server/seal_key.h"
#include "store/sqlite_store.h"

namespace widgent {

namespace {

constexpr std::int64_t kWatchIntervalMs = 1000;

struct ServeOptions {
  std::vector<std::string> config{"products"};
  std::vector<std::string> trusted_proxies, metrics_from;
  std::string data = "data", listen = "127.0.0.1:8787", web, log_level = "info", key_file;
  int threads = 0;
};

struct Address {
  std::string host;
  std::uint16_t port = 0;
};

// "127.0.0.1:8787", "[::1]:8787"
Address ParseAddress(const std::string& text) {
  const auto colon = text.rfind(':');
  unsigned long port = 65536;
  if (colon != text.npos && colon + 1 < text.size() && text.size() - colon <= 6 &&
      text.find_first_not_of("0123456789", colon + 1) == text.npos)
    port = std::stoul(text.substr(colon + 1));
  if (port > 65535 || colon == 0)
    Fail(kExitUsage, "--listen " + text + " is no address.", "Write HOST:PORT, e.g. 127.0.0.1:8787 or [::]:8787.");
  std::string host = text.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  return {host, static_cast<std::uint16_t>(port)};
}

std::shared_ptr<spdlog::logger> MakeLogger(const std::string& level) {
  auto logger = spdlog::stderr_color_mt("widgentd");
  logger->set_pattern("%Y-%m-%dT%H:%M:%S.%e%z %l %v");
  logger->set_level(spdlog::level::from_str(level));
  return logger;
}

Log LogTo(std::shared_ptr<spdlog::logger> logger) {
  return [logger = std::move(logger)](LogLevel level, std::string_view line) {
    constexpr spdlog::level::level_enum kLevels[] = {spdlog::level::debug, spdlog::level::info, spdlog::level::warn,
                                                     spdlog::level::err};
    logger->log(kLevels[static_cast<int>(level)], "{}", line);
  };
}

std::unique_ptr<http::StaticFiles> LoadAssets(const std::string& folder) {
  if (folder.empty()) return nullptr;
  try {
    return std::make_unique<http::StaticFiles>(folder);
  } catch (const std::exception& error) {
    Fail(kExitUsage, error.what(), "Build the widget first (npm run build), or leave --web out.");
  }
}

std::unique_ptr<Store> OpenStore(const std::string& folder) {
  try {
    return OpenSqliteStore(folder + "/widgent.db");
  } catch (const std::exception& error) {
    Fail(kExitFailure, error.what(), "Choose another folder with --data, or restore this one from its backup.");
  }
}

// Keeps an App to what its product files say.
class Watch {
 public:
  Watch(http::EventLoop& loop, ProductFiles& files, App& app, std::shared_ptr<spdlog::logger> logger)
      : loop_(loop), files_(files), app_(app), logger_(std::move(logger)), knowledge_(app, LogTo(logger_)) {
    Tick();
  }

  // Before every request, once a millisecond: a secret that was revoked a moment ago is refused in this one.
  void Look() {
    if (const UnixMillis now = loop_.Now(); std::exchange(looked_at_, now) != now && files_.HaveChanged()) Reload();
  }

  void Reload() {
    auto reloaded = files_.Reload();
    for (const std::string& fault : reloaded.faults) logger_->error("{} What it held before goes on.", fault);
    for (const Product& product : reloaded.products)
      for (const std::string& warning : product.warnings) logger_->warn("{}", warning);
    for (const std::string& refusal : app_.Replace(std::move(reloaded.products)))
      logger_->error("{} What was served before goes on.", refusal);
    logger_->info("The product files were read again.");
  }

 private:
  void Tick() {
    loop_.After(kWatchIntervalMs, [this] {
      Tick();
      if (files_.HaveChangedInside()) Reload();
      knowledge_.Look();
      app_.HearOthers();
    });
  }

  http::EventLoop& loop_;
  ProductFiles& files_;
  App& app_;
  std::shared_ptr<spdlog::logger> logger_;
  KnowledgeWatch knowledge_;
  UnixMillis looked_at_ = 0;
};

std::vector<Product> LoadOrFail(ProductFiles& files, spdlog::logger& logger) {
  auto loaded = files.Load();
  if (const auto* error = std::get_if<ConfigError>(&loaded)) {
    Fail(kExitUsage, error->where + ": " + error->detail,
         "The configuration is described in the README; `widgentd product create` writes a complete one.");
  }
  auto products = std::get<std::vector<Product>>(std::move(loaded));
  for (const Product& product : products)
    for (const std::string& warning : product.warnings) logger.warn("{}", warning);
  return products;
}

// Of the heads of the audit log. Where there is no key yet, one is made beside the store.
std::string SealKeyOrFail(const ServeOptions& options, spdlog::logger& logger) {
  const auto key = FindOrMakeSealKey(options.data, options.key_file);
  if (const auto* error = std::get_if<SealKeyError>(&key)) Fail(kExitFailure, error->detail, error->hint);
  const auto& [bytes, where, is_new] = std::get<SealKey>(key);
  if (is_new) logger.info("Made {}, the key that seals the heads of the audit log. Keep a copy elsewhere.", where);
  return AuditSealKey(bytes);
}

// A viewer holds a descriptor for as long as it looks on, and the usual limit of 1,024 is soon reached.
void RaiseDescriptorLimit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == limit.rlim_max) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);  // what cannot be raised stays as it is
}

void Serve(const ServeOptions& options) {
  const auto started_at = std::chrono::steady_clock::now();
  const Address address = ParseAddress(options.listen);
  const auto logger = MakeLogger(options.log_level);
  ProductFiles files(options.config, options.key_file);
  auto products = LoadOrFail(files, *logger);
  const std::size_t product_count = products.size();
  std::error_code error;
  std::filesystem::create_directories(options.data, error);
  RaiseDescriptorLimit();
  std::signal(SIGXFSZ, SIG_IGN);  // a file that may grow no more is a disk that refuses, which is answered
  const FolderLock lock(options.data);
  const auto assets = LoadAssets(options.web);
  const auto store = OpenStore(options.data);
  const auto log_error = [&](std::string_view what) { logger->error("{}", what); };

  http::RealEventLoop loop;
  http::CurlClient client(loop);
  AppOptions app_options;
  app_options.log = LogTo(logger);
  if (assets) app_options.assets = [&](const http::Request& request) { return assets->Find(request.path, request); };
  http::Server* listening = nullptr;
  app_options.connections = [&] { return listening ? listening->ConnectionCount() : 0; };
  if (!options.metrics_from.empty()) app_options.metrics_from = options.metrics_from;
  std::function<void()> reload;
  app_options.files = {[&](const ProductId& product) { return files.FileOf(product); }, [&] { reload(); },
                       options.key_file};
  std::optional<App> started;
  try {
    started.emplace(AppPorts{loop, client, *store, RandomBytes}, std::move(products), std::move(app_options));
  } catch (const std::exception& refused) {
    Fail(kExitUsage, refused.what(), "Mend the product's file, and start again.");
  }
  App& app = *started;
  HeadKeeper heads(loop, *store, options.data + "/" + std::string(kSealedHeadsFile), SealKeyOrFail(options, *logger),
                   log_error);
  Watch watch(loop, files, app, logger);
  reload = [&] { watch.Reload(); };
  loop.OnTurnEnd([&] { app.EndTurn(); });
  loop.OnException(log_error);

  http::ServerOptions server_options;
  server_options.drain_timeout_ms = 3000;
  server_options.trusted_proxies = options.trusted_proxies;
  server_options.unique_header_prefixes = {"widgent-", "last-event-id"};
  server_options.refuse = [&](std::string_view code, const http::Request& request) {
    return app.RefuseUnread(code, request);
  };
  server_options.report = log_error;
  server_options.quota = std::make_shared<http::Quota>();
  const http::Handler handle = [&](http::Request request, std::shared_ptr<http::Responder> responder) {
    watch.Look();
    app.Handle(std::move(request), std::move(responder));
  };
  std::optional<http::WorkerThreads> workers;
  if (options.threads > 0) {
    workers.emplace(loop, options.threads, server_options, handle);
    server_options.deal = [&](int socket) { workers->Take(socket); };
  }
  http::Server server(loop, server_options, handle);
  listening = &server;
  std::uint16_t port = 0;
  try {
    port = server.Listen(address.host, address.port);
  } catch (const std::exception& refused) {
    Fail(kExitFailure, refused.what(), "Stop whatever uses the port, or choose another one with --listen.");
  }

  bool is_stopping = false;
  loop.OnSignals({SIGINT, SIGTERM}, [&](int) {
    if (std::exchange(is_stopping, true)) return loop.Stop();
    app.Drain();
    server.Stop([&] {
      if (workers) workers->Stop([&] { loop.Stop(); });
      else loop.Stop();
    });
  });
  loop.OnSignals({SIGHUP}, [&](int) { watch.Reload(); });
  const auto ready_ms =
      std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - started_at).count();
  const std::string host = address.host.find(':') == address.host.npos ? address.host : '[' + address.host + ']';
  std::cout << "Widgent listens on http://" << host << ':' << port << " with " << product_count
            << (product_count == 1 ? " product" : " products") << " (ready in " << ready_ms << " ms)" << std::endl;
  loop.Run();
  app.EndTurn();
  heads.Keep();
  logger->info("Stopped.");
}

}  // namespace

void AddServe(CLI::App& cli) {
  auto options = std::make_shared<ServeOptions>();
  CLI::App* serve = cli.add_subcommand("serve", "Run the server");
  serve->add_option("--config", options->config, "Product files, or folders of them")
      ->capture_default_str()
      ->type_name("FILE...");
  serve->add_option("--data", options->data, "Folder of the store; made where it is missing")
      ->envname("WIDGENT_DATA")
      ->capture_default_str()
      ->type_name("DIR");
  serve->add_option("--listen", options->listen, "Address; port 0 takes any")
      ->capture_default_str()
      ->type_name("HOST:PORT");
  const auto is_block = [](const std::string& block) {
    return http::IsCidr(block) ? "" : "\"" + block + "\" is no address or block. Write 127.0.0.1 or 10.0.0.0/8.";
  };
  serve
      ->add_option("--trusted-proxy", options->trusted_proxies,
                   "Proxies in front, as addresses or blocks: their X-Forwarded-For says who the client is")
      ->envname("WIDGENT_TRUSTED_PROXY")
      ->delimiter(',')
      ->check(is_block)
      ->type_name("CIDR...");
  serve
      ->add_option("--metrics-from", options->metrics_from,
                   "Who may read /metrics, as addresses or blocks; otherwise this machine alone")
      ->delimiter(',')
      ->check(is_block)
      ->type_name("CIDR...");
  serve->add_option("--key-file", options->key_file, "Key of the sealed secrets, where WIDGENT_KEY has none")
      ->type_name("FILE");
  serve
      ->add_option("--threads", options->threads,
                   "Threads for connections, beside the one that decides and writes; 0: that one serves them too")
      ->envname("WIDGENT_THREADS")
      ->capture_default_str()
      ->check(CLI::Range(0, 64));
  serve->add_option("--web", options->web, "Folder of the built widget (widgent.js and what it loads)")
      ->type_name("DIR");
  serve->add_option("--log-level", options->log_level, "What to log on stderr")
      ->check(CLI::IsMember({"debug", "info", "warning", "error", "off"}))
      ->capture_default_str();
  serve->footer(
      "Prints one line when it is ready. SIGTERM or SIGINT: accepts nothing more, lets running replies end for up to\n"
      "3 seconds, makes everything durable and exits 0; a second signal does not wait.\n\n"
      "A product file that changes is read again at once, as on SIGHUP: no connection is lost, and a file that does "
      "not\n"
      "hold changes nothing and is named in the log. So are help pages, within a second or two.\n\n"
      "Examples:\n"
      "  widgentd serve --web build/web\n"
      "  widgentd serve --config acme.json other.json --data /var/lib/widgent --listen 127.0.0.1:8787");
  serve->callback([options] { Serve(*options); });
}

}  // namespace widgent
