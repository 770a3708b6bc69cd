/* Loads libraries by itself, in all ways, and uses the calls that they have: `loading FILE…`. */
#define _GNU_SOURCE
#include "sockets.h"
#include <dlfcn.h>

#ifndef RTLD_DEEPBIND /* which only glibc has */
#define RTLD_DEEPBIND 0
#endif

static void talk(const char *how, ssize_t (*sends)(int, const void *, size_t, int), int (*closes)(int)) {
    int pair[2];
    char room[16];
    pair_over_tcp(pair);
    ssize_t sent = sends(pair[0], "loaded", 6, 0);
    printf("%s: %zd %zd %d %zd\n", how, sent, recv(pair[1], room, sizeof room, 0), closes(pair[0]), read(pair[1], room, 1));
    close(pair[1]);
}

int main(int count, char **files) {
    static const struct {
        const char *name;
        int flags;
    } ways[] = {{"local", RTLD_NOW | RTLD_LOCAL}, {"deep", RTLD_LAZY | RTLD_DEEPBIND}, {"global", RTLD_NOW | RTLD_GLOBAL}};
    talk("before", send, close);
    for (int index = 1; index < count; index++)
        for (int way = 0; way < 3; way++) {
            void *library = dlopen(files[index], ways[way].flags);
            if (!library)
                return printf("%s\n", dlerror()), 1;
            talk(ways[way].name, dlsym(library, "send"), dlsym(library, "close"));
            talk("default", dlsym(RTLD_DEFAULT, "send"), dlsym(RTLD_DEFAULT, "close"));
            if (way < 2)
                dlclose(library);
        }
    talk("after", send, close);
    return 0;
}
