import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.MulticastSocket;
import java.net.NetworkInterface;
import java.net.SocketOption;
import java.net.SocketTimeoutException;
import java.net.StandardSocketOptions;
import java.util.Set;
import java.util.TreeSet;

/** UDP (rows 29, 30, 31). */
public class Datagrams {
    private static String names(Set<SocketOption<?>> options) {
        Set<String> names = new TreeSet<>();
        for (SocketOption<?> option : options) {
            names.add(option.name());
        }
        return String.join(" ", names);
    }

    private static String text(DatagramPacket packet) {
        return packet.getLength() + " " + new String(packet.getData(), packet.getOffset(), packet.getLength());
    }

    public static void run() throws Exception {
        InetAddress here = InetAddress.getByName("127.0.0.1");
        DatagramSocket unbound = new DatagramSocket(null);
        Main.show("unbound", () -> unbound.isBound() + " " + unbound.getLocalPort() + " " + unbound.getLocalAddress()
            + " " + unbound.getPort() + " " + unbound.getInetAddress() + " " + unbound.getLocalSocketAddress() + " "
            + unbound.getRemoteSocketAddress());
        Main.show("unbound.broadcast", () -> unbound.getBroadcast());
        Main.show("unbound.reuse", () -> unbound.getReuseAddress());
        Main.show("unbound.buffers", () -> unbound.getSendBufferSize() + " " + unbound.getReceiveBufferSize());
        Main.show("unbound.timeout", () -> unbound.getSoTimeout());
        Main.show("unbound.traffic", () -> {
            unbound.setTrafficClass(0x13);
            return unbound.getTrafficClass();
        });
        Main.act("unbound.sendBuffer", () -> unbound.setSendBufferSize(0));
        Main.act("unbound.receiveBuffer", () -> unbound.setReceiveBufferSize(-1));
        Main.show("unbound.broadcastOff", () -> {
            unbound.setBroadcast(false);
            return unbound.getBroadcast();
        });
        Main.act("unbound.bindUnresolved", () -> unbound.bind(InetSocketAddress.createUnresolved("nowhere", 80)));
        Main.act("unbound.bind", () -> unbound.bind(null));
        Main.act("bound.bind", () -> unbound.bind(null));
        unbound.close();

        DatagramSocket receiver = new DatagramSocket(0, here);
        DatagramSocket sender = new DatagramSocket();
        int port = receiver.getLocalPort();
        Main.show("fresh.bound", () -> sender.isBound() + " " + (sender.getLocalPort() > 0));
        Main.show("fresh.address", () -> receiver.getLocalAddress());
        Main.show("inUse", () -> new DatagramSocket(port, here));
        Main.show("port.large", () -> new DatagramSocket(65_536));

        Main.show("packet.length", () -> new DatagramPacket(new byte[3], 4));
        Main.show("packet.negative", () -> new DatagramPacket(new byte[3], -1));
        Main.show("packet.offset", () -> new DatagramPacket(new byte[3], 2, 2));
        Main.show("packet.port", () -> new DatagramPacket(new byte[3], 3, here, 70_000));
        Main.show("packet.facts", () -> {
            DatagramPacket p = new DatagramPacket(new byte[9], 2, 5);
            return p.getLength() + " " + p.getOffset() + " " + p.getAddress() + " " + p.getPort() + " "
                + p.getData().length + " " + p.getSocketAddress();
        });
        Main.act("packet.setLength", () -> new DatagramPacket(new byte[9], 2, 5).setLength(8));
        Main.act("packet.setPort", () -> new DatagramPacket(new byte[9], 2, 5).setPort(-1));
        Main.show("packet.setData", () -> {
            DatagramPacket p = new DatagramPacket(new byte[9], 2, 5);
            p.setData(new byte[3]);
            return p.getLength() + " " + p.getOffset();
        });
        Main.show("packet.unresolved",
            () -> new DatagramPacket(new byte[3], 3, InetSocketAddress.createUnresolved("nowhere", 80)));

        Main.act("send.nowhere", () -> sender.send(new DatagramPacket(new byte[3], 3)));
        Main.act("send.port0", () -> sender.send(new DatagramPacket(new byte[3], 3, here, 0)));
        DatagramPacket room = new DatagramPacket(new byte[20], 2, 5);
        String[] words = {"hello", "longer than the room", "", "again!"};
        for (String word : words) {
            byte[] bytes = word.getBytes();
            sender.send(new DatagramPacket(bytes, bytes.length, here, port));
            receiver.receive(room);
            Main.show("receive.length" + bytes.length, () -> text(room));
        }
        Main.show("receive.sender", () -> room.getAddress() + " " + (room.getPort() == sender.getLocalPort()));
        room.setLength(18);
        sender.send(new DatagramPacket(".whole.".getBytes(), 1, 5, here, port));
        receiver.receive(room);
        Main.show("receive.part", () -> text(room));

        Main.act("connect.address", () -> sender.connect(here, port));
        Main.show("connect.facts", () -> sender.isConnected() + " " + sender.getInetAddress() + " "
            + (sender.getPort() == port) + " "
            + sender.getRemoteSocketAddress().equals(new InetSocketAddress("127.0.0.1", port)));
        Main.act("connect.other", () -> sender.send(new DatagramPacket(new byte[3], 3, here, 1)));
        Main.show("connect.send", () -> {
            DatagramPacket p = new DatagramPacket("connected".getBytes(), 9);
            sender.send(p);
            receiver.receive(room);
            return text(room) + " " + p.getAddress() + " " + (p.getPort() == port);
        });
        Main.show("connect.filters", () -> {
            try (DatagramSocket stranger = new DatagramSocket()) {
                stranger.send(new DatagramPacket(new byte[1], 1, here, sender.getLocalPort()));
                sender.setSoTimeout(50);
                sender.receive(new DatagramPacket(new byte[1], 1));
                return "received";
            }
        });
        int own = sender.getLocalPort();
        sender.disconnect();
        Main.show("disconnect.facts", () -> sender.isConnected() + " " + sender.getInetAddress() + " "
            + sender.getPort() + " " + sender.getRemoteSocketAddress());
        Main.show("disconnect.port", () -> sender.getLocalPort() == own);
        Main.show("disconnect.receives", () -> {
            try (DatagramSocket stranger = new DatagramSocket()) {
                stranger.send(new DatagramPacket("hi".getBytes(), 2, here, own));
                sender.receive(room);
                return text(room);
            }
        });
        Main.act("disconnect.again", () -> sender.disconnect());
        Main.show("connect.dropsOthers", () -> {
            try (DatagramSocket stranger = new DatagramSocket()) {
                stranger.send(new DatagramPacket("early".getBytes(), 5, here, own));
                sender.connect(new InetSocketAddress("127.0.0.1", port));
                sender.setSoTimeout(50);
                sender.receive(room);
                return text(room);
            }
        });
        receiver.close();
        Main.show("unreachable", () -> {
            sender.setSoTimeout(5000);
            sender.send(new DatagramPacket(new byte[1], 1));
            sender.receive(room);
            return text(room);
        });
        Main.act("connect.null", () -> sender.connect(null));
        Main.act("connect.unresolved", () -> sender.connect(InetSocketAddress.createUnresolved("nowhere", 80)));
        Main.act("connect.port", () -> sender.connect(here, 65_536));
        sender.close();
        Main.show("closed", () -> sender.isBound() + " " + sender.isClosed() + " " + sender.isConnected() + " "
            + sender.getLocalPort() + " " + sender.getLocalAddress() + " " + sender.getInetAddress() + " "
            + sender.getLocalSocketAddress());
        Main.act("closed.send", () -> sender.send(new DatagramPacket(new byte[1], 1)));
        Main.act("closed.receive", () -> sender.receive(room));
        Main.show("closed.timeout", () -> sender.getSoTimeout());
        Main.act("closed.buffer", () -> sender.setSendBufferSize(1000));
        Main.act("closed.bind", () -> sender.bind(null));
        Main.act("closed.disconnect", () -> sender.disconnect());
        Main.act("closed.again", () -> sender.close());

        try (DatagramSocket s = new DatagramSocket()) {
            Main.show("supported", () -> names(s.supportedOptions()));
            Main.show("option.ttl", () -> {
                s.setOption(StandardSocketOptions.IP_MULTICAST_TTL, 9);
                return s.getOption(StandardSocketOptions.IP_MULTICAST_TTL);
            });
            Main.act("option.ttlLarge", () -> s.setOption(StandardSocketOptions.IP_MULTICAST_TTL, 256));
            Main.show("option.loop", () -> s.getOption(StandardSocketOptions.IP_MULTICAST_LOOP));
            Main.show("option.interface", () -> s.getOption(StandardSocketOptions.IP_MULTICAST_IF));
            Main.show("option.broadcast", () -> s.getOption(StandardSocketOptions.SO_BROADCAST));
            Main.act("option.foreign", () -> s.setOption(StandardSocketOptions.TCP_NODELAY, true));
        }

        NetworkInterface loopback = NetworkInterface.getByName("lo");
        InetAddress group = InetAddress.getByName("239.255.77.7");
        InetSocketAddress member = new InetSocketAddress(group, 0);
        try (MulticastSocket m = new MulticastSocket(0); MulticastSocket other = new MulticastSocket(m.getLocalPort());
            DatagramSocket plain = new DatagramSocket()) {
            Main.show("multicast.defaults", () -> m.getReuseAddress() + " " + m.getTimeToLive() + " "
                + m.getLoopbackMode() + " " + m.getBroadcast());
            Main.show("multicast.ttl", () -> {
                m.setTimeToLive(7);
                return m.getTimeToLive();
            });
            Main.act("multicast.ttlLarge", () -> m.setTimeToLive(256));
            Main.show("multicast.loop", () -> {
                m.setLoopbackMode(true);
                boolean off = m.getOption(StandardSocketOptions.IP_MULTICAST_LOOP);
                m.setLoopbackMode(false);
                return m.getLoopbackMode() + " " + off;
            });
            Main.show("multicast.noInterface", () -> m.getInterface());
            Main.show("multicast.interfaceAddress", () -> {
                m.setInterface(here);
                return m.getInterface() + " " + m.getNetworkInterface();
            });
            Main.act("multicast.unknownAddress", () -> m.setInterface(InetAddress.getByName("203.0.113.9")));
            Main.act("multicast.nullAddress", () -> m.setInterface(null));
            Main.show("multicast.interface", () -> {
                m.setNetworkInterface(loopback);
                return m.getNetworkInterface();
            });
            Main.act("multicast.notAGroup", () -> m.joinGroup(new InetSocketAddress(here, 0), loopback));
            Main.act("multicast.join", () -> m.joinGroup(member, loopback));
            Main.act("multicast.joinAgain", () -> m.joinGroup(member, loopback));
            plain.setOption(StandardSocketOptions.IP_MULTICAST_IF, loopback);
            Main.show("multicast.receive", () -> {
                plain.send(new DatagramPacket("to all".getBytes(), 6, group, m.getLocalPort()));
                m.setSoTimeout(5000);
                m.receive(room);
                return text(room);
            });
            Main.show("multicast.notJoined", () -> {
                other.setSoTimeout(50);
                other.receive(room);
                return text(room);
            });
            Main.act("multicast.leave", () -> m.leaveGroup(member, loopback));
            Main.act("multicast.leaveAgain", () -> m.leaveGroup(member, loopback));
            Main.act("multicast.datagramSocket", () -> {
                plain.joinGroup(member, loopback);
                plain.leaveGroup(member, loopback);
            });
            Main.act("multicast.null", () -> m.joinGroup(null, loopback));
            Main.act("multicast.nullInterface", () -> m.setNetworkInterface(null));
        }
    }
}
