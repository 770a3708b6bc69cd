/* Addresses as the protocol writes them. */
#include "driver.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>

/* The name of a Unix socket as the protocol writes it. */
static int answer_unix_name(struct request *r, const polysock_addr *a)
{
    static const char unescaped[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._/-";
    const size_t before = offsetof(struct sockaddr_un, sun_path);
    const char *name = (const char *)a->bytes + before;
    size_t length = a->length > before ? (size_t)a->length - before : 0, simple = 1;
    char text[256] = "@:";
    if (length == 0)
        return answer(r, "ok name=-");
    if (name[0] != '\0')
        return answer(r, "ok name=%.*s", (int)strnlen(name, length), name);
    while (simple < length && name[simple] != '\0' && strchr(unescaped, name[simple]) != NULL)
        simple++;
    if (simple == length)
        return answer(r, "ok name=@%.*s", (int)length - 1, name + 1);
    for (size_t at = 1; at < length; at++)
        snprintf(text + 2 * at, 3, "%02x", (unsigned char)name[at]);
    return answer(r, "ok name=%s", text);
}

int answer_address(struct request *r, const polysock_addr *a)
{
    char text[POLYSOCK_ADDR_TEXT_SIZE];
    if (a->length == 0 || polysock_addr_family(a) == POLYSOCK_AF_UNIX)
        return answer_unix_name(r, a);
    int length = polysock_addr_format(a, text, sizeof text);
    if (length < 0)
        return error_of(r, length);
    /* `1.2.3.4:80` or `[::1]:80`. polysock_addr_ip() would write ::ffff:1.2.3.4 as the IPv4 address that it means. */
    size_t bracket = text[0] == '[', end = (size_t)(strrchr(text, ':') - text);
    return answer(r, "ok host=%.*s port=%u", (int)(end - 2 * bracket), text + bracket, polysock_addr_port(a));
}

/* `/path`, `@name`, `@:hex` or `-`. */
static bool unix_address(struct request *r, const char *word, polysock_addr *out)
{
    struct sockaddr_un name = {.sun_family = AF_UNIX};
    unsigned char *bytes = NULL;
    size_t length = strcmp(word, "-") == 0 ? 0 : strlen(word);
    if (strncmp(word, "@:", 2) == 0) {
        bytes = payload(word + 2, &length);
        if (bytes == NULL) {
            malformed(r, "name");
            return false;
        }
        length++; /* the leading zero */
    }
    if (length > sizeof name.sun_path) { /* longer than any address */
        free(bytes);
        answer(r, "error INVAL");
        return false;
    }
    if (bytes != NULL) {
        memcpy(name.sun_path + 1, bytes, length - 1);
    } else if (length > 0) {
        memcpy(name.sun_path, word, length);
        if (word[0] == '@')
            name.sun_path[0] = '\0';
    }
    free(bytes);
    int code = polysock_addr_from_sockaddr(out, (struct sockaddr *)&name, offsetof(struct sockaddr_un, sun_path) + length);
    if (code < 0)
        error_of(r, code);
    return code == 0;
}

/* The address in the arguments from `first` on: host and port, or one argument. */
bool address(struct request *r, int first, polysock_addr *out)
{
    return address_of(r, r->args[first], r->count == first + 1 ? NULL : r->args[first + 1], out);
}

/* The address of a host and a port, or of one word. */
bool address_of(struct request *r, const char *host, const char *port, polysock_addr *out)
{
    long value;
    if (port == NULL)
        return unix_address(r, host, out);
    if (!parse_number(port, &value)) {
        malformed(r, "port");
        return false;
    }
    if (value < 0 || value > 65535) { /* uint16_t has no such number */
        answer(r, "error INVAL");
        return false;
    }
    int code = polysock_addr_parse(out, host, value);
    if (code < 0)
        error_of(r, code);
    return code == 0;
}

int do_address_text(struct request *r)
{
    polysock_addr a;
    char text[POLYSOCK_ADDR_TEXT_SIZE];
    if (!address(r, 1, &a))
        return 0;
    int length = polysock_addr_format(&a, text, sizeof text);
    if (length < 0)
        return error_of(r, length);
    answer(r, "ok");
    append_hex(r, " text=", (unsigned char *)text, (size_t)length);
    return 0;
}

int do_read_address(struct request *r)
{
    polysock_addr a;
    size_t length;
    unsigned char *bytes = payload(r->args[1], &length);
    if (bytes == NULL)
        return malformed(r, "text");
    char *text = allocate(length + 1);
    memcpy(text, bytes, length);
    text[length] = '\0';
    free(bytes);
    int code = polysock_addr_parse(&a, text, 0);
    free(text);
    return code < 0 ? error_of(r, code) : answer_address(r, &a);
}

int family_of(const char *word)
{
    if (strcmp(word, "inet") == 0)
        return POLYSOCK_AF_INET;
    if (strcmp(word, "unix") == 0)
        return POLYSOCK_AF_UNIX;
    return strcmp(word, "inet6") == 0 ? POLYSOCK_AF_INET6 : -1;
}

int type_of(const char *word)
{
    if (strcmp(word, "stream") == 0)
        return POLYSOCK_SOCK_STREAM;
    if (strcmp(word, "dgram") == 0)
        return POLYSOCK_SOCK_DGRAM;
    return strcmp(word, "seqpacket") == 0 ? POLYSOCK_SOCK_SEQPACKET : -1;
}
