import java.io.IOException;
import java.net.DatagramPacket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.MulticastSocket;
import java.net.NetworkInterface;
import java.net.SocketTimeoutException;

/** One sender, two receivers on the same port: joining a group, and leaving it, in Java. */
class Multicast {
    private final InetAddress group;
    private final NetworkInterface loopback;

    private Multicast() throws IOException {
        // A group that only this process uses, so that runs don't disturb each other. 239.x.y.z is for private use.
        long pid = ProcessHandle.current().pid();
        group = InetAddress.getByName("239.255." + (pid >> 8 & 255) + "." + (pid & 255));
        loopback = NetworkInterface.getByName("lo");
    }

    private MulticastSocket receiver(int port) throws IOException {
        var s = new MulticastSocket(port); // with reuse-address, so that both receivers can have the port
        s.joinGroup(new InetSocketAddress(group, 0), loopback);
        return s;
    }

    private void send(MulticastSocket s, String text, int port) throws IOException {
        s.send(new DatagramPacket(text.getBytes(), text.length(), group, port));
    }

    private static String received(MulticastSocket s, int timeout) throws IOException {
        s.setSoTimeout(timeout);
        var packet = new DatagramPacket(new byte[100], 100);
        try {
            s.receive(packet);
        } catch (SocketTimeoutException exception) {
            return "nothing";
        }
        return new String(packet.getData(), 0, packet.getLength());
    }

    private void run() throws IOException {
        try (var sender = new MulticastSocket(0);
                var first = receiver(0);
                var second = receiver(first.getLocalPort())) {
            int port = first.getLocalPort();
            sender.setNetworkInterface(loopback);
            int routers = sender.getTimeToLive() - 1;
            System.out.println("the sender has not joined; its datagrams pass " + routers + " routers");

            send(sender, "hello, both", port);
            System.out.println("the first receiver: " + received(first, 5_000));
            System.out.println("the second receiver: " + received(second, 5_000));

            second.leaveGroup(new InetSocketAddress(group, 0), loopback);
            System.out.println("the second receiver leaves");
            send(sender, "hello, first", port);
            System.out.println("the first receiver: " + received(first, 5_000));
            System.out.println("the second receiver: " + received(second, 200));
        }
    }

    public static void main(String[] arguments) throws IOException {
        new Multicast().run();
    }
}
