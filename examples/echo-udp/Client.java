import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetSocketAddress;

/** Echo over UDP, the client in Java: Client HOST PORT */
class Client {
    private final DatagramSocket socket;
    private final InetSocketAddress server;

    private Client(DatagramSocket socket, InetSocketAddress server) {
        this.socket = socket;
        this.server = server;
    }

    private void send(String text) throws IOException {
        byte[] data = text.getBytes();
        socket.send(new DatagramPacket(data, data.length, server));
    }

    /** Receives one datagram of up to 16 bytes. Java does not report truncation; room for one more byte shows it. */
    private void receive() throws IOException {
        var packet = new DatagramPacket(new byte[17], 17);
        socket.receive(packet);
        if (!packet.getSocketAddress().equals(server)) { // any host may send to a UDP socket
            System.err.println("not from the server");
        }
        int length = Math.min(packet.getLength(), 16);
        String lost = packet.getLength() > 16 ? ", and the rest of it is lost" : "";
        System.out.printf("received %d bytes \"%s\"%s%n", length, new String(packet.getData(), 0, length), lost);
    }

    public static void main(String[] arguments) throws IOException {
        var server = new InetSocketAddress(arguments[0], Integer.parseInt(arguments[1]));
        try (var s = new DatagramSocket()) {
            s.setSoTimeout(5_000); // a datagram may get lost; then no answer ever comes
            var client = new Client(s, server);
            // Two datagrams stay two, even if both have arrived before we receive: TCP would give "onetwo".
            client.send("one");
            client.send("two");
            client.receive();
            client.receive();
            client.send(""); // a datagram may be empty; receiving 0 bytes is not the end of anything
            client.receive();
            client.send("longer than sixteen bytes");
            client.receive();
            client.send("bye");
            client.receive();
        }
    }
}
