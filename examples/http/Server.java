import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/**
 * HTTP/1.0 by hand, the server in Java: Server [PORT [CLIENTS]]
 *
 * <p>A request is a line, headers and an empty line. The answer has the same form, then the content.
 */
class Server {
    private static final int HEAD_LIMIT = 8192;
    private static final int DRAIN_LIMIT = 1 << 20;

    private record Page(String kind, String content) {}

    private record Answer(String status, Page page, boolean headOnly) {}

    private static final Map<String, Page> PAGES = Map.of(
            "/", new Page("text/html", "<h1>It works</h1>\n<a href=\"/hello.txt\">hello</a>\n"),
            "/hello.txt", new Page("text/plain", "Hello, world!\n"));

    public static void main(String[] arguments) throws IOException {
        int port = arguments.length > 0 ? Integer.parseInt(arguments[0]) : 0;
        int clients = arguments.length > 1 ? Integer.parseInt(arguments[1]) : 1;

        try (var listener = new ServerSocket(port, 16, InetAddress.getLoopbackAddress())) {
            listener.setSoTimeout(60_000);
            System.out.println("listening on 127.0.0.1:" + listener.getLocalPort());
            for (int i = 1; i <= clients; i++) {
                try (Socket client = listener.accept()) {
                    client.setSoTimeout(5_000);
                    System.out.println("client " + i + ": " + serve(client));
                } catch (IOException exception) {
                    System.out.println("client " + i + ": " + exception.getMessage());
                }
            }
        }
    }

    /**
     * Answers one request. A close with unread bytes would reset the connection, and the answer might get lost: so it
     * ends its own stream and reads what is left.
     */
    private static String serve(Socket client) throws IOException {
        Answer answer = respond(readRequestLine(client));
        Page page = answer.page();
        String text = "HTTP/1.0 " + answer.status() + "\r\nContent-Type: " + page.kind()
                + "\r\nContent-Length: " + page.content().length() + "\r\n\r\n";
        text += answer.headOnly() ? "" : page.content();
        client.getOutputStream().write(text.getBytes(StandardCharsets.ISO_8859_1));
        client.shutdownOutput();
        var buffer = new byte[4096];
        int drained = 0;
        for (int n = 0; n != -1 && drained < DRAIN_LIMIT; drained += n) {
            n = client.getInputStream().read(buffer);
        }
        return answer.status();
    }

    /** Reads up to the empty line that ends a request; returns its first line, or "" if it has no end or is too long. */
    private static String readRequestLine(Socket client) throws IOException {
        var reader = new BufferedReader(new InputStreamReader(client.getInputStream(), StandardCharsets.ISO_8859_1));
        var head = new StringBuilder();
        int character;
        while (head.length() < HEAD_LIMIT && (character = reader.read()) != -1) { // readLine has no limit
            if (character != '\r') {
                head.append((char) character);
            }
            if (character == '\n' && (head.length() == 1 || head.charAt(head.length() - 2) == '\n')) {
                return head.substring(0, head.indexOf("\n"));
            }
        }
        return "";
    }

    private static Answer respond(String requestLine) {
        String[] words = requestLine.split(" ", -1);
        if (words.length != 3 || !words[1].startsWith("/") || !words[2].startsWith("HTTP/1.")) {
            return new Answer("400 Bad Request", new Page("text/plain", "that is no request\n"), false);
        }
        boolean headOnly = words[0].equals("HEAD");
        if (!headOnly && !words[0].equals("GET")) {
            return new Answer("501 Not Implemented", new Page("text/plain", "only GET and HEAD\n"), false);
        }
        Page page = PAGES.get(words[1]);
        if (page == null) {
            return new Answer("404 Not Found", new Page("text/plain", "there is no such page\n"), headOnly);
        }
        return new Answer("200 OK", page, headOnly);
    }
}
