import java.io.IOException;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.StringWriter;
import java.net.Socket;
import java.nio.charset.StandardCharsets;

/** HTTP/1.0 by hand, the client in Java: Client HOST PORT */
class Client {
    public static void main(String[] arguments) throws IOException {
        String host = arguments[0];
        int port = Integer.parseInt(arguments[1]);
        ask(host, port, "GET / HTTP/1.0");
        ask(host, port, "GET /hello.txt HTTP/1.0");
        ask(host, port, "HEAD /hello.txt HTTP/1.0");
        ask(host, port, "GET /nothing HTTP/1.0");
        ask(host, port, "POST /hello.txt HTTP/1.0");
        ask(host, port, "may I have the page, please?");
    }

    /** Sends a request and prints the answer, which ends when the connection does. */
    private static void ask(String host, int port, String request) throws IOException {
        System.out.println(request);
        int promised = -1;
        var content = new StringWriter();
        try (var s = new Socket(host, port)) {
            s.setSoTimeout(5_000);
            s.getOutputStream().write((request + "\r\nHost: " + host + ":" + port + "\r\n\r\n").getBytes());
            // One character per byte.
            var reader = new BufferedReader(new InputStreamReader(s.getInputStream(), StandardCharsets.ISO_8859_1));
            String status = reader.readLine();
            if (status == null || !status.startsWith("HTTP/1.")) {
                System.out.println("  no answer");
                return;
            }
            System.out.println("  " + status.substring("HTTP/1.0 ".length()));
            String header;
            while ((header = reader.readLine()) != null && !header.isEmpty()) {
                String[] parts = header.split(":", 2);
                if (parts[0].equalsIgnoreCase("content-length")) {
                    promised = Integer.parseInt(parts[1].strip());
                }
            }
            reader.transferTo(content);
        }
        if (promised != -1) {
            System.out.println("  " + promised + " bytes promised, " + content.getBuffer().length() + " came");
        }
        content.toString().lines().forEach(line -> System.out.println("  | " + line));
    }
}
