import java.io.InputStream;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.util.ArrayList;
import java.util.List;

/** Time limits: of reads, accepts, receives and connects only (rows 5, 6, 18). */
public class Timeouts {
    public static void run() throws Exception {
        Pair pair = new Pair();
        Socket client = pair.client;
        InputStream in = client.getInputStream();
        Main.show("fresh", () -> client.getSoTimeout());
        Main.act("negative", () -> client.setSoTimeout(-1));
        client.setSoTimeout(30);
        Main.show("set", () -> client.getSoTimeout());
        Main.show("read", () -> in.read());
        Main.show("array", () -> in.read(new byte[4]));
        Main.show("nothing", () -> in.read(new byte[0]));
        pair.server.getOutputStream().write("ab".getBytes());
        Main.show("next", () -> in.read());
        Main.show("still", () -> client.isClosed() + " " + client.isConnected());
        client.setSoTimeout(0);
        Main.show("off", () -> client.getSoTimeout());
        Main.show("rest", () -> in.read());
        client.setSoTimeout(1);
        Main.waiting("writeHasNone", () -> {
            client.getOutputStream().write(new byte[8 << 20]);
            return "written";
        }, () -> pair.server.getInputStream().readNBytes(8 << 20));
        pair.close();

        try (ServerSocket listener = new ServerSocket(0)) {
            Main.act("listener.negative", () -> listener.setSoTimeout(-1));
            listener.setSoTimeout(30);
            Main.show("listener.accept", () -> listener.accept());
            Socket other = new Socket("127.0.0.1", listener.getLocalPort());
            Socket accepted = listener.accept();
            Main.show("listener.inherited", () -> accepted.getSoTimeout());
            accepted.close();
            other.close();
        }

        try (DatagramSocket socket = new DatagramSocket()) {
            Main.act("datagram.negative", () -> socket.setSoTimeout(-1));
            socket.setSoTimeout(30);
            Main.act("datagram.receive", () -> socket.receive(new DatagramPacket(new byte[1], 1)));
            Main.show("datagram.set", () -> socket.getSoTimeout());
        }

        List<Socket> filling = new ArrayList<>();
        try (ServerSocket full = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
            InetSocketAddress address = new InetSocketAddress("127.0.0.1", full.getLocalPort());
            Main.act("connect.negative", () -> new Socket().connect(address, -1));
            Socket[] last = new Socket[1];
            Main.act("connect.full", () -> {
                for (int i = 0; i < 20; i++) {
                    last[0] = new Socket();
                    filling.add(last[0]);
                    last[0].connect(address, 100);
                }
            });
            Main.show("connect.isTimeout", () -> {
                try {
                    last[0] = new Socket();
                    last[0].connect(address, 50);
                } catch (SocketTimeoutException e) {
                    return e.bytesTransferred;
                }
                return "connected";
            });
            Main.show("connect.connected", () -> last[0].isConnected());
            Main.show("connect.closed", () -> last[0].isClosed());
            Main.act("connect.again", () -> last[0].connect(address, 50));
        }
        for (Socket socket : filling) {
            socket.close();
        }
    }
}
