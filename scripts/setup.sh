#!/usr/bin/env bash
# Installs what is missing on a Debian 12 machine: packages by apt, then the npm dependencies of the lock file.
# Usage: scripts/setup.sh GROUP...   with the groups build, demo, test, fuzz, look, bench and check.
# Says what is missing and why before it installs anything; does nothing where all is there.
set -euo pipefail
cd "$(dirname "$0")/.."

# group | package | why
packages() {
  cat <<'LIST'
build|g++|compiles the server and the native tests
build|cmake|describes the build
build|ninja-build|runs the build
build|ccache|makes rebuilds quick
build|emscripten|compiles the session core to WebAssembly
build|libboost1.81-dev|Asio and Beast: sockets and HTTP of the server
build|libssl-dev|signatures and digests
build|libre2-dev|patterns of tool arguments, in time linear in what a visitor writes
build|libsqlite3-dev|threads, messages and the audit log
build|libmimalloc-dev|memory of the server
build|libcurl4-openssl-dev|calls to the tools of a site
build|libidn2-dev|international names in registered origins
build|libpsl-dev|the public suffix list, for wildcard origins
build|libspdlog-dev|the server's log
build|prometheus-cpp-dev|what the server counts, for Prometheus
build|libcli11-dev|the command line of widgentd
build|nlohmann-json3-dev|JSON of the shared protocol
build|catch2|unit tests
build|librapidcheck-dev|property tests
demo|python3-fastapi|the demo shop in Python
demo|python3-uvicorn|runs the demo shop in Python
demo|python3-jwt|signs tokens in the demo shop in Python
demo|python3-markdown|help pages of the demo shop in Python
test|python3-jwt|signs tokens in the table tests
test|chromium|browser tests
test|firefox-esr|browser tests in a second engine
test|webkit2gtk-driver|browser tests in a third engine
test|xvfb|the screen of the third engine
test|libjs-prototype|a library of pages that embed the widget
test|libjs-mootools|a library of pages that embed the widget
test|nginx-light|the proxy of docs/operations.md
test|systemd|checks the unit of docs/operations.md
test|openssl|certificates of the browser tests' https pages
test|fonts-dejavu-core|text in the browser tests
fuzz|clang|compiles the fuzz targets
fuzz|libclang-rt-dev|libFuzzer and its sanitizers
look|pngquant|makes the screenshots small
bench|wrk|the load of the server's bench
check|clang-format|formatting
check|clang-tidy|static analysis
check|cppcheck|static analysis by a second program
LIST
}

groups=" $* "
declare -A why=()
while IFS='|' read -r group package reason; do
  [[ $groups == *" $group "* ]] && why[$package]=$reason
done < <(packages)

declare -A installed=()
if command -v dpkg-query >/dev/null; then
  while read -r status package; do
    [[ $status == installed ]] && installed[$package]=1
  done < <(dpkg-query -W -f='${db:Status-Status} ${Package}\n' "${!why[@]}" 2>/dev/null || true)
fi
missing=()
for package in "${!why[@]}"; do
  [[ -v installed[$package] ]] || missing+=("$package")
done

if ((${#missing[@]})); then
  mapfile -t missing < <(printf '%s\n' "${missing[@]}" | sort)
  echo "Setting up this machine. Missing packages, and what each is for:"
  for package in "${missing[@]}"; do printf '  %-22s %s\n' "$package" "${why[$package]}"; done
  if ! command -v apt-get >/dev/null; then
    echo "This script knows only apt (Debian 12). Install the above by your system's means." >&2
    exit 1
  fi
  as_root=()
  if ((EUID != 0)); then
    if ! command -v sudo >/dev/null; then
      echo "Installing needs root, and there is no sudo here. As root, run:" >&2
      echo "  apt-get update && apt-get install --no-install-recommends ${missing[*]}" >&2
      echo "and start again." >&2
      exit 1
    fi
    as_root=(sudo)
  fi
  as_root+=(env DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8)
  echo "Reading the package lists ..."
  "${as_root[@]}" apt-get update -qq
  echo "Installing with apt-get (on a bare system it downloads some 350 MB) ..."
  options=(-y --no-install-recommends -o Dpkg::Use-Pty=0 -o DPkg::Lock::Timeout=300)
  "${as_root[@]}" apt-get install "${options[@]}" "${missing[@]}" |
    awk '/^(Get:|Unpacking |Setting up )/ {
           n[$1 ~ /^Get/ ? "downloaded" : $1 == "Unpacking" ? "unpacked" : "set up"]++
           if (++lines % 25 == 0) {
             printf "  %d downloaded, %d unpacked, %d set up ...\n", n["downloaded"], n["unpacked"], n["set up"]
             fflush()
           }
         }'
fi

# The stamp holds what was installed last, so that an unchanged lock file costs nothing.
stamp=node_modules/.widgent-setup
lock=$(sha256sum package-lock.json)
if [[ ! -f $stamp || $(<"$stamp") != "$lock" ]]; then
  echo "Installing the npm dependencies of package-lock.json ..."
  npm ci --no-audit --no-fund --loglevel=error
  echo "$lock" >"$stamp"
fi
echo "Set up: all of ${*:-nothing} is here."
