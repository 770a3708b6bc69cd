#!/bin/sh
# Compiles the headers in every standard they are for, under the warnings that careful programs are built with. With
# $CC and $CXX, and with clang where there is one.
set -u
include=$(cd "$(dirname "$0")/../../include" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
passed=0 failed=0

compiles() { # title, command
    title=$1
    shift
    if "$@" >"$work/out" 2>&1; then
        passed=$((passed + 1))
    else
        echo "FAILED $title"
        sed 's/^/    /' "$work/out"
        failed=$((failed + 1))
    fi
}

# Twice in one file, and the loop of the textbooks: entries are set, polled, and what is ready is read.
cat >"$work/use.c" <<'END'
#include <polysock/polysock.h>
#include <polysock/polysock.h>

int serve(polysock_t **sockets, polysock_pollfd *set, int count);
int serve(polysock_t **sockets, polysock_pollfd *set, int count)
{
    polysock_msg message = POLYSOCK_MSG_INITIALIZER;
    polysock_server_options options = POLYSOCK_SERVER_OPTIONS_INITIALIZER;
    polysock_framing framing = POLYSOCK_FRAMING_INITIALIZER;
    char buf[512];
    int i, total = (int)message.iov_count + (int)options.max_connections + framing.kind;
    for (i = 0; i < count; i++) {
        set[i].socket = sockets[i];
        set[i].events = POLYSOCK_POLLIN;
        set[i].reserved = 0;
    }
    while (polysock_poll(set, (size_t)count, POLYSOCK_INFINITE) > 0)
        for (i = 0; i < count; i++)
            if (set[i].revents & POLYSOCK_POLLIN)
                total += (int)polysock_recv(set[i].socket, buf, sizeof buf, 0, 0);
    return total;
}
END
cp "$work/use.c" "$work/plain.cc"

cat >"$work/use.cc" <<'END'
#include <polysock/polysock.hpp>
#include <polysock/polysock.hpp>

std::size_t use(polysock::socket &s, polysock::poller &poller)
{
    char buf[512];
    polysock::server server(polysock::create_server("", 8080), [](polysock::socket &connection) { connection.send_all("hello\n"); });
    polysock::pollfd set[] = {polysock::poll_entry(s, POLYSOCK_POLLIN)};
    s.set_linger(std::chrono::seconds(1));
    s.setsockopt(1, 2, 3);
    s.sendfile(0);
    s.recvmsg({{buf, sizeof buf}});
    s.send_frames({"one", std::string("two")}, polysock::framing::varint());
    polysock::reader reader(s, polysock::framing::lines().with_limit(1024));
    polysock::frame frames[16];
    for (std::string_view message : reader)
        s.send_frame(message);
    return s.recv(buf) + polysock::poll(set) + poller.wait().size() + reader.frames(frames) + s.tcp_info().state + s.getsockname().str().size();
}
END

strict='-Wall -Wextra -pedantic -Werror -Wshadow -Wconversion -Wsign-conversion -Wcast-qual -Wcast-align -Wundef -Wformat=2'
plus='-Wold-style-cast -Wnon-virtual-dtor -Woverloaded-virtual -Wzero-as-null-pointer-constant'
gnu='-Wuseless-cast -Wlogical-op -Wduplicated-cond -Wduplicated-branches -Wredundant-decls'
for pair in "${CC:-cc} ${CXX:-c++}" 'clang clang++'; do
    c=${pair% *} cxx=${pair#* }
    command -v "$c" >/dev/null && command -v "$cxx" >/dev/null || continue
    more=
    case $("$cxx" --version) in *clang*) ;; *) more=$gnu ;; esac
    # shellcheck disable=SC2086
    {
        for std in c89 c99 c11 c17; do
            compiles "polysock.h as $std, $c" $c -std=$std $strict -Wstrict-prototypes -I"$include" -fsyntax-only "$work/use.c"
        done
        for std in c++98 c++11 c++14 c++17 c++20; do
            compiles "polysock.h as $std, $cxx" $cxx -std=$std $strict -I"$include" -fsyntax-only "$work/plain.cc"
        done
        for std in c++17 c++20; do
            compiles "polysock.hpp as $std, $cxx" $cxx -std=$std $strict $plus $more -I"$include" -fsyntax-only "$work/use.cc"
        done
        for part in "$include"/polysock/*.hpp; do
            part=${part##*/}
            echo "#include <polysock/$part>" >"$work/part.cc"
            compiles "$part alone, $cxx" $cxx -std=c++17 $strict $plus $more -I"$include" -fsyntax-only "$work/part.cc"
        done
    }
done
echo "$passed passed, $failed failed"
[ "$failed" = 0 ] && [ "$passed" != 0 ]
