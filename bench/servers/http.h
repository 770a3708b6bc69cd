/* The small HTTP/1.1 exchange: the client sends this request and expects this reply, byte for byte. serving.py has the same. */

#define HTTP_REQUEST "GET /greeting HTTP/1.1\r\nHost: localhost\r\nUser-Agent: load\r\nAccept: */*\r\n\r\n"
#define HTTP_REPLY "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 14\r\n\r\nHello, world!\n"
