import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.ServerSocket;
import java.net.Socket;

/** Addresses (rows 17, 26, 27, 28, 35, 36). */
public class Addresses {
    private static String kinds(InetAddress a) {
        return "any=" + a.isAnyLocalAddress() + " loop=" + a.isLoopbackAddress() + " link=" + a.isLinkLocalAddress()
            + " site=" + a.isSiteLocalAddress() + " mc=" + a.isMulticastAddress() + " " + a.isMCGlobal()
            + a.isMCNodeLocal() + a.isMCLinkLocal() + a.isMCSiteLocal() + a.isMCOrgLocal();
    }

    public static void run() throws Exception {
        String[] texts = {"127.0.0.1", "0.0.0.0", "169.254.1.2", "10.1.2.3", "172.16.0.1", "172.32.0.1", "192.168.1.1",
            "8.8.8.8", "224.0.0.1", "224.0.1.1", "239.192.0.1", "239.255.0.1", "238.1.1.1", "255.255.255.255", "::1",
            "::", "fe80::1", "fec0::1", "fc00::1", "2001:db8::1", "ff01::1", "ff02::1", "ff05::1", "ff08::1",
            "ff0e::1"};
        for (String text : texts) {
            InetAddress address = InetAddress.getByName(text);
            Main.show("kinds." + text.replace(':', '_'), () -> kinds(address));
            Main.show("text." + text.replace(':', '_'), () -> address + " " + address.getHostAddress() + " "
                + address.hashCode());
        }
        Main.show("null", () -> InetAddress.getByName(null));
        Main.show("empty", () -> InetAddress.getByName(""));
        Main.show("short", () -> InetAddress.getByName("127.1"));
        Main.show("brackets", () -> InetAddress.getByName("[::1]"));
        Main.show("mapped", () -> InetAddress.getByName("::ffff:1.2.3.4"));
        Main.show("mapped.class", () -> InetAddress.getByName("::ffff:1.2.3.4") instanceof Inet4Address);
        Main.show("v6.class", () -> InetAddress.getByName("::1") instanceof Inet6Address);
        Main.show("localhost", () -> InetAddress.getByName("localhost"));
        Main.show("localhost.name", () -> InetAddress.getByName("localhost").getHostName());
        Main.show("loopback", () -> InetAddress.getLoopbackAddress());
        Main.show("reverse", () -> InetAddress.getByName("127.0.0.1").getHostName());
        Main.show("bytes", () -> InetAddress.getByName("1.2.3.4").getAddress().length);
        Main.show("byAddress", () -> InetAddress.getByAddress(new byte[] {1, 2, 3, 4}));
        Main.show("byAddress.name", () -> InetAddress.getByAddress("name", new byte[] {1, 2, 3, 4}));
        Main.show("byAddress.wrong", () -> InetAddress.getByAddress(new byte[3]));
        Main.show("equal", () -> InetAddress.getByName("localhost").equals(InetAddress.getByName("127.0.0.1")));
        Main.show("notEqual", () -> InetAddress.getByName("::1").equals(InetAddress.getByName("127.0.0.1")));
        Main.show("unknown", () -> InetAddress.getByName("no.such.host.invalid").toString());
        Main.show("unknown.socket", () -> new Socket("no.such.host.invalid", 80));
        Main.show("reachable", () -> InetAddress.getByName("127.0.0.1").isReachable(1000));
        Main.show("reachable.negative", () -> InetAddress.getByName("127.0.0.1").isReachable(-1));
        Main.show("scope", () -> ((Inet6Address) InetAddress.getByName("fe80::1%1")).getScopeId());
        Main.show("scope.text", () -> InetAddress.getByName("fe80::1%1"));

        Main.show("socket.port", () -> new InetSocketAddress(80));
        Main.show("socket.null", () -> new InetSocketAddress((InetAddress) null, 80));
        Main.show("socket.localhost", () -> new InetSocketAddress("localhost", 80));
        Main.show("socket.v4", () -> new InetSocketAddress("1.2.3.4", 80));
        Main.show("socket.v6", () -> new InetSocketAddress("::1", 80));
        Main.show("socket.hostString", () -> new InetSocketAddress("1.2.3.4", 80).getHostString());
        Main.show("socket.hostString.name", () -> new InetSocketAddress("localhost", 80).getHostString());
        Main.show("socket.unknown", () -> new InetSocketAddress("no.such.host.invalid", 80));
        Main.show("socket.unresolved", () -> InetSocketAddress.createUnresolved("host", 80));
        Main.show("socket.unresolved.facts", () -> {
            InetSocketAddress a = InetSocketAddress.createUnresolved("host", 80);
            return a.isUnresolved() + " " + a.getAddress() + " " + a.getHostName() + " " + a.getHostString() + " "
                + a.getPort();
        });
        Main.show("socket.equal", () -> new InetSocketAddress("localhost", 80)
            .equals(new InetSocketAddress("127.0.0.1", 80)));
        Main.show("socket.notEqual", () -> new InetSocketAddress("127.0.0.1", 81)
            .equals(new InetSocketAddress("127.0.0.1", 80)));
        Main.show("socket.equalUnresolved", () -> InetSocketAddress.createUnresolved("Host", 80)
            .equals(InetSocketAddress.createUnresolved("hOST", 80)));
        Main.show("port.negative", () -> new InetSocketAddress(-1));
        Main.show("port.large", () -> new InetSocketAddress("127.0.0.1", 65_536));
        Main.show("port.unresolved", () -> InetSocketAddress.createUnresolved("host", 65_536));
        Main.show("port.socket", () -> new Socket("127.0.0.1", 65_536));
        Main.show("port.listener", () -> new ServerSocket(65_536));
        Main.show("connect.null", () -> {
            new Socket().connect(null);
            return "connected";
        });

        try (ServerSocket listener = new ServerSocket(0)) {
            int port = listener.getLocalPort();
            Main.show("wildcard", () -> listener.getInetAddress());
            for (String to : new String[] {"127.0.0.1", "::1", "0.0.0.0", "::", "localhost"}) {
                Main.show("dual." + to.replace(':', '_'), () -> {
                    try (Socket client = new Socket()) {
                        client.connect(new InetSocketAddress(to, port), 5000);
                        try (Socket server = listener.accept()) {
                            return server.getInetAddress() + " " + server.getLocalAddress() + " "
                                + client.getLocalAddress();
                        }
                    }
                });
            }
            Main.show("constructor.from", () -> {
                InetAddress from = InetAddress.getByName("127.0.0.1");
                try (Socket client = new Socket("127.0.0.1", port, from, 0); Socket server = listener.accept()) {
                    return client.getLocalAddress() + " " + server.getInetAddress();
                }
            });
            Main.show("constructor.address", () -> {
                try (Socket client = new Socket(InetAddress.getByName("localhost"), port);
                    Socket server = listener.accept()) {
                    return client.getInetAddress() + " " + client.getRemoteSocketAddress().toString()
                        .replace("" + port, "P");
                }
            });
            Main.show("constructor.null", () -> {
                try (Socket client = new Socket((String) null, port); Socket server = listener.accept()) {
                    return client.getInetAddress() + " " + server.getInetAddress();
                }
            });
        }
        try (ServerSocket listener = new ServerSocket(0, 5, InetAddress.getByName("127.0.0.1"))) {
            Main.show("listener.address", () -> listener.getInetAddress());
        }
        try (ServerSocket listener = new ServerSocket()) {
            listener.bind(new InetSocketAddress("::1", 0));
            Main.show("listener.v6", () -> listener.getInetAddress());
        }
        NetworkInterface loopback = NetworkInterface.getByName("lo");
        Main.show("interface", () -> loopback + " " + loopback.getName() + " " + loopback.getDisplayName() + " "
            + loopback.isLoopback() + loopback.isUp() + loopback.isPointToPoint() + loopback.supportsMulticast());
        Main.show("interface.none", () -> NetworkInterface.getByName("nope"));
        Main.show("interface.index", () -> NetworkInterface.getByIndex(loopback.getIndex()).equals(loopback));
        Main.show("interface.negative", () -> NetworkInterface.getByIndex(-1));
        Main.show("interface.address",
            () -> NetworkInterface.getByInetAddress(InetAddress.getByName("127.0.0.1")).getName());
    }
}
