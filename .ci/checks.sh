# The checks of .ci/run on a server and on the package, from the user's point of view. Sourced, not run.

passed=0
failed=0
expect() { # what, wanted, got
  if [ "$2" = "$3" ]; then
    passed=$((passed + 1))
  else
    failed=$((failed + 1))
    printf 'FAILED %s\n  wanted %s\n  got    %s\n' "$1" "$2" "$3"
  fi
}

# Runs tests, and counts those that passed. One that fails ends the run.
run_tests() { # a command
  "$@" 2>&1 | tee "$work/tests"
  passed=$((passed + $(sed -n 's/^ *Tests.* \([0-9]\+\) passed.*/\1/p' "$work/tests")))
}

# PgBouncer, HAProxy, OpenLDAP and the page in a browser are tested where they are installed; where they cannot be, their
# tests report that they were skipped.
install_programs() {
  [ -x /usr/sbin/pgbouncer ] && [ -x /usr/sbin/haproxy ] && [ -x /usr/sbin/slapd ] &&
    [ -x /usr/bin/chromium ] && return
  command -v apt-get >/dev/null && [ "$(id -u)" -eq 0 ] || return 0
  { apt-get update -qq &&
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq pgbouncer haproxy slapd chromium; } >/dev/null 2>&1 || true
}

# Waits until the program that was started last has written a text to its log.
await_log() { # text
  started=$!
  for _ in $(seq 600); do
    grep -q "$1" "$work/log" && return
    sleep 0.1
  done
  expect 'the log of a program that was started' "$1" "$(tail -n 5 "$work/log")"
}

answer() { printf '{"commands":[{"type":"com.okta.action.update","value":{"credential":"%s"}}]}' "$1"; }

# Makes the calls that a server in demo mode prints, and stops it.
check_server() { # where
  local calls server stranger code
  await_log 'Ctrl-C ends the demo'
  # npm does not pass signals on, so the program's process id is read from its log.
  server=$(sed -n 's/.*"pid":\([0-9]*\).*/\1/p' "$work/log" | head -n 1)
  mapfile -t calls < <(grep '^curl ' "$work/log")
  expect "a right password $1" "$(answer VERIFIED)" "$(sh -c "${calls[0]}")"
  expect "a wrong password $1" "$(answer UNVERIFIED)" "$(sh -c "${calls[1]}")"
  stranger=${calls[0]/-H \'authorization: *\' -H \'content-type/-H \'content-type}
  expect "no credential $1" 401 "$(sh -c "$stranger -o /dev/null -w '%{http_code}'" | tail -n 1)"
  kill -TERM "$server"
  wait "$started" && code=0 || code=$?
  started=
  expect "the exit code after SIGTERM $1" 0 "$code"
}

# Sets verified_after to SECONDS at the first VERIFIED.
check_demo() { # where, a command
  local where=$1 code
  shift
  "$@" >"$work/log" 2>&1 &
  await_log 'the hook was called: VERIFIED'
  verified_after=$SECONDS
  wait "$started" && code=0 || code=$?
  started=
  expect "the exit code of the demo $where" 0 "$code"
  expect "sign-ins in the demo $where" 3 "$(grep -c ' signed in  the hook was' "$work/log")"
}

# Imports the sample users into a sandbox. Two of them are rejected, which is exit code 1.
check_import() { # where, a Node.js
  local output code
  "$2" "$cli" sandbox --port 0 >"$work/log" 2>&1 &
  await_log 'Ctrl-C stops the sandbox'
  cp legacy-db/sample-users.csv "$work/users.csv"
  # The sandbox prints the variables that a shell needs to reach it.
  output=$(. <(grep '^export ' "$work/log") && "$2" "$cli" import "$work/users.csv" 2>&1) &&
    code=0 || code=$?
  expect "the exit code of an import $1" 1 "$code"
  expect "an import $1" '6 created, 0 already there, 2 rejected, 0 failed, 1 skipped as disabled.' "$(grep created <<<"$output")"
  rm "$work"/users.*
  kill -TERM "$started"
  wait "$started" && code=0 || code=$?
  started=
  expect "the exit code of the sandbox $1" 0 "$code"
}

# Installs a version of Node.js from npm, where the checkout's own comes from.
fetch_node() { # version
  local package
  package=node-linux-$(node -p process.arch)
  npm install --no-save --no-audit --no-fund --prefix "$work/node-$1" "$package@$1" >&2
  printf '%s' "$work/node-$1/node_modules/$package/bin/node"
}

# Runs a command where the package is installed, and nothing else is.
in_app() { (cd "$work/app" && "$@"); }

check_on() { # a Node.js
  local where code
  where="on $("$1" --version)"
  expect "the sources $where" "$version" "$("$1" src/cli.js --version)"
  PORT=0 "$1" "$cli" serve >"$work/log" 2>&1 &
  check_server "$where"
  check_demo "$where, from the package" in_app "$1" "$cli" demo
  check_import "$where" "$1"
  "$1" test/runtime/gc-soak.ts "$cli" && code=0 || code=$?
  expect "the soak in garbage collections $where" 0 "$code"
}
