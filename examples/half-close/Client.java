import java.io.IOException;
import java.net.Socket;

/**
 * Half close, the client in Java: Client HOST PORT
 *
 * <p>Sends its standard input and prints the answers, both as they come. java.net has no poll for standard input: a
 * thread reads it and sends. At the end of it the thread shuts the output, and the answers are read on until the server
 * is done.
 */
class Client {
    public static void main(String[] arguments) throws IOException {
        try (var s = new Socket(arguments[0], Integer.parseInt(arguments[1]))) {
            s.setSoTimeout(60_000);
            var sender = new Thread(() -> sendInput(s));
            sender.setDaemon(true);
            sender.start();
            s.getInputStream().transferTo(System.out);
            System.out.println("the server has ended its stream");
        }
    }

    private static void sendInput(Socket s) {
        try {
            System.in.transferTo(s.getOutputStream());
            s.shutdownOutput(); // "that was all"; the other half stays open
        } catch (IOException exception) {
            // The connection is over; the reader notices too.
        }
    }
}
