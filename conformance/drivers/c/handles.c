/* The sockets by their names in the scenario, and the descriptors it received. */
#include "driver.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct handle {
    char *name;
    polysock_t *socket;
    struct handle *next;
};

/* Never held during a call of the library. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct handle *handles;
static int descriptors[MAX_DESCRIPTORS], descriptor_count;

polysock_t *find(struct request *r, const char *name)
{
    polysock_t *found = NULL;
    pthread_mutex_lock(&lock);
    for (struct handle *h = handles; h != NULL && found == NULL; h = h->next)
        if (strcmp(h->name, name) == 0)
            found = h->socket;
    pthread_mutex_unlock(&lock);
    if (found == NULL)
        malformed(r, "no such handle");
    return found;
}

void keep(const char *name, polysock_t *socket)
{
    struct handle *h = allocate(sizeof *h);
    h->name = strdup(name);
    h->socket = socket;
    pthread_mutex_lock(&lock);
    h->next = handles;
    handles = h;
    pthread_mutex_unlock(&lock);
}

void keep_descriptor(int fd)
{
    pthread_mutex_lock(&lock);
    if (descriptor_count < MAX_DESCRIPTORS)
        descriptors[descriptor_count++] = fd;
    pthread_mutex_unlock(&lock);
}

void forget_descriptor(int fd)
{
    pthread_mutex_lock(&lock);
    for (int i = 0; i < descriptor_count; i++)
        if (descriptors[i] == fd) {
            descriptors[i] = descriptors[--descriptor_count];
            break;
        }
    pthread_mutex_unlock(&lock);
}

void close_everything(void)
{
    pthread_mutex_lock(&lock);
    struct handle *all = handles;
    pthread_mutex_unlock(&lock);
    for (struct handle *h = all; h != NULL; h = h->next)
        polysock_close(h->socket);
    while (descriptor_count > 0)
        close(descriptors[--descriptor_count]);
}

void forget_handles(void)
{
    while (handles != NULL) {
        struct handle *h = handles;
        handles = h->next;
        polysock_free(h->socket);
        free(h->name);
        free(h);
    }
}
