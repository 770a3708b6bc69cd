import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;

/** Ends each connection as its client asks, "close" or "reset", in Java: Server [PORT [CLIENTS]] */
class Server {
    public static void main(String[] arguments) throws IOException {
        int port = arguments.length > 0 ? Integer.parseInt(arguments[0]) : 0;
        int clients = arguments.length > 1 ? Integer.parseInt(arguments[1]) : 1;

        try (var listener = new ServerSocket(port, 50, InetAddress.getLoopbackAddress())) {
            listener.setSoTimeout(60_000);
            System.out.println("listening on 127.0.0.1:" + listener.getLocalPort());
            while (clients > 0) {
                try (Socket s = listener.accept()) { // closes it at the end
                    s.setSoTimeout(5_000);
                    String word = new String(s.getInputStream().readNBytes(5));
                    if (word.equals("close")) {
                        // A close sends a FIN: "I have nothing more to send". This client comes again.
                        System.out.println("closing");
                        continue;
                    }
                    if (word.equals("reset")) {
                        // With linger 0 it sends a RST: "this connection is over, for both of us".
                        System.out.println("resetting");
                        s.setSoLinger(true, 0);
                    } else {
                        System.out.println("no such request");
                    }
                } catch (IOException exception) {
                    System.out.println(exception.getMessage());
                }
                clients--;
            }
        }
    }
}
