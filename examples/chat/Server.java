import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.Reader;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.util.TreeMap;

/**
 * A chat room with a thread for each client, in Java: Server [PORT [CLIENTS]]
 *
 * <p>A client's first line is its name; what it says after that is sent to all others. The room closes when CLIENTS
 * connections have ended. A write waits while a client does not read, and all others with it: java.net has no limit for
 * that.
 */
class Server {
    private static final int LONGEST_LINE = 200;

    /** The names of those who are here, and their connections. Whoever sends has its lock. */
    private final TreeMap<String, Socket> members = new TreeMap<>();

    public static void main(String[] arguments) throws IOException, InterruptedException {
        int port = arguments.length > 0 ? Integer.parseInt(arguments[0]) : 0;
        int clients = arguments.length > 1 ? Integer.parseInt(arguments[1]) : 4;

        var room = new Server();
        var threads = new Thread[clients];
        try (var listener = new ServerSocket(port, 50, InetAddress.getLoopbackAddress())) {
            listener.setSoTimeout(60_000);
            System.out.println("listening on 127.0.0.1:" + listener.getLocalPort());
            for (int i = 0; i < clients; i++) {
                Socket client = listener.accept();
                threads[i] = new Thread(() -> room.serve(client));
                threads[i].start();
            }
            for (Thread thread : threads) {
                thread.join();
            }
        }
        System.out.println("the room is closed");
    }

    private void serve(Socket client) {
        String name = null;
        String reason = "was cut off";
        try (client) {
            client.setSoTimeout(5_000);
            var reader = new BufferedReader(new InputStreamReader(client.getInputStream(), StandardCharsets.UTF_8));
            send(client, "your name?");
            name = enter(client, reader);
            reason = name == null ? "" : listen(client, reader, name);
        } catch (SocketTimeoutException exception) {
            reason = "fell asleep";
        } catch (IOException exception) {
            // It has reset the connection.
        }
        if (name != null) {
            leave(name, reason);
        }
    }

    /** Asks until the client has a name that no other client has; null if it gives none. */
    private String enter(Socket client, Reader reader) throws IOException {
        while (true) {
            String name = readLine(reader);
            if (name == null || name.length() > LONGEST_LINE) {
                return null;
            }
            if (!name.matches("[A-Za-z]{1,20}")) {
                send(client, "a name has up to 20 letters");
                return null;
            }
            synchronized (members) {
                if (!members.containsKey(name)) {
                    String here = members.isEmpty() ? "nobody" : String.join(", ", members.keySet());
                    members.put(name, client);
                    System.out.println(name + " has come");
                    send(client, "welcome; here: " + here);
                    sendToOthers(name, name + " has come");
                    return name;
                }
            }
            send(client, "that name is taken; another one?");
        }
    }

    /** Sends to the others what a client says; returns why it has left. */
    private String listen(Socket client, Reader reader, String name) throws IOException {
        String line;
        while ((line = readLine(reader)) != null) {
            if (line.length() > LONGEST_LINE) {
                return "said too much";
            }
            if (line.equals("bye")) {
                send(client, "good bye");
                return "said bye";
            }
            sendToOthers(name, name + ": " + line);
        }
        return "hung up";
    }

    private void leave(String name, String reason) {
        synchronized (members) {
            members.remove(name);
            System.out.println(name + " has left: " + reason);
            sendToOthers(name, name + " has left");
        }
    }

    private void sendToOthers(String name, String text) {
        synchronized (members) {
            members.forEach((other, client) -> {
                try {
                    if (!other.equals(name)) {
                        send(client, text);
                    }
                } catch (IOException exception) {
                    // It has just left; its own thread notices.
                }
            });
        }
    }

    /** Whole lines: two threads that wrote to a client at once would mix them. */
    private void send(Socket client, String text) throws IOException {
        synchronized (members) {
            client.getOutputStream().write((text + "\n").getBytes(StandardCharsets.UTF_8));
        }
    }

    /** A line, or the beginning of one that is too long; null at the end of the stream. */
    private static String readLine(Reader reader) throws IOException {
        var line = new StringBuilder();
        int character;
        while ((character = reader.read()) != '\n') {
            if (character == -1) {
                return null;
            }
            line.append((char) character);
            if (line.length() > LONGEST_LINE) {
                break;
            }
        }
        return line.toString();
    }
}
