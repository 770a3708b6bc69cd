/* Answers, and the names of errors in the protocol. */
#include "driver.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int answer(struct request *r, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    vsnprintf(r->answer, sizeof r->answer, format, list);
    va_end(list);
    return 0;
}

const char *protocol_name(int code)
{
    const char *name = polysock_err_name(code);
    if (code == POLYSOCK_EALREADY)
        return "INPROGRESS";
    if (code == POLYSOCK_EUNSUPPORTED)
        return "OPNOTSUPP";
    return name[0] == 'E' ? name + 1 : name;
}

/* The call that the description of the last failure names first. */
static struct call_name { char text[32]; } failed_call(void)
{
    struct call_name name;
    const char *detail = polysock_last_detail();
    snprintf(name.text, sizeof name.text, "%.*s", (int)strcspn(detail, " :"), detail);
    return name;
}

int error_of(struct request *r, long code)
{
    fprintf(stderr, "%s\n", polysock_last_detail());
    return answer(r, "error %s call=%s", protocol_name((int)code), failed_call().text);
}

int error_after(struct request *r, long code, size_t done)
{
    return answer(r, "error %s done=%zu call=%s", protocol_name((int)code), done, failed_call().text);
}

int ok_or_error(struct request *r, int code)
{
    return code < 0 ? error_of(r, code) : answer(r, "ok");
}

int malformed(struct request *r, const char *reason)
{
    return answer(r, "error PROTOCOL %s", reason);
}

const char *on_off(bool on)
{
    return on ? "on" : "off";
}
