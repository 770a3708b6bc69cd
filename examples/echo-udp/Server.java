import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;

/**
 * Echo over UDP, the server in Java: Server [PORT [CLIENTS]]
 *
 * <p>Sends each datagram back to where it came from. There are no connections, so nothing shows that a client is done:
 * "bye" says so here. After CLIENTS of them (default 1) the server ends.
 */
class Server {
    public static void main(String[] arguments) throws IOException {
        int port = arguments.length > 0 ? Integer.parseInt(arguments[0]) : 0;
        int clients = arguments.length > 1 ? Integer.parseInt(arguments[1]) : 1;

        // No accept: one socket serves all clients.
        try (var s = new DatagramSocket(port, InetAddress.getLoopbackAddress())) {
            s.setSoTimeout(60_000);
            System.out.println("listening on 127.0.0.1:" + s.getLocalPort());
            var buffer = new byte[65536]; // no datagram is longer
            while (clients > 0) {
                var packet = new DatagramPacket(buffer, buffer.length);
                s.receive(packet); // sets its length and its address; length 0 is an empty datagram, not an end
                String sender = packet.getAddress().getHostAddress() + ":" + packet.getPort();
                System.out.println(packet.getLength() + " bytes from " + sender);
                try {
                    s.send(packet); // it goes back to the address it came from
                } catch (IOException exception) { // one client's failure does not end the server
                    System.out.println("no answer: " + exception.getMessage());
                }
                if (new String(buffer, 0, packet.getLength()).equals("bye")) {
                    clients--;
                }
            }
        }
    }
}
