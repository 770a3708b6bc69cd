import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;

/** What sockets say of themselves before, while and after (rows 6, 14, 15, 25, 27). */
public class History {
    private static String flags(Socket s) {
        return "bound=" + s.isBound() + " connected=" + s.isConnected() + " closed=" + s.isClosed() + " in="
            + s.isInputShutdown() + " out=" + s.isOutputShutdown();
    }

    public static void run() throws Exception {
        Socket fresh = new Socket();
        Main.show("fresh.flags", () -> flags(fresh));
        Main.show("fresh.text", () -> fresh);
        Main.show("fresh.port", () -> fresh.getPort());
        Main.show("fresh.localPort", () -> fresh.getLocalPort());
        Main.show("fresh.address", () -> fresh.getInetAddress());
        Main.show("fresh.localAddress", () -> fresh.getLocalAddress());
        Main.show("fresh.remote", () -> fresh.getRemoteSocketAddress());
        Main.show("fresh.local", () -> fresh.getLocalSocketAddress());
        Main.show("fresh.channel", () -> fresh.getChannel());
        Main.show("fresh.input", () -> fresh.getInputStream());
        Main.show("fresh.output", () -> fresh.getOutputStream());
        Main.act("fresh.shutdownInput", () -> fresh.shutdownInput());
        Main.act("fresh.shutdownOutput", () -> fresh.shutdownOutput());
        Main.act("fresh.urgent", () -> fresh.sendUrgentData(1));
        Main.act("fresh.bind", () -> fresh.bind(null));
        Main.show("bound.flags", () -> flags(fresh));
        Main.show("bound.hasPort", () -> fresh.getLocalPort() > 0);
        Main.show("bound.localAddress", () -> fresh.getLocalAddress());
        Main.show("bound.text", () -> fresh);
        Main.act("bound.bind", () -> fresh.bind(null));
        Main.act("bound.close", () -> fresh.close());
        Main.show("closed.flags", () -> flags(fresh));
        Main.act("closed.connect", () -> fresh.connect(new InetSocketAddress("127.0.0.1", 1)));
        Main.act("closed.again", () -> fresh.close());
        Socket unused = new Socket();
        unused.close();
        Main.show("unused.flags", () -> flags(unused));
        Main.act("unused.bind", () -> unused.bind(null));
        Main.show("unused.nodelay", () -> unused.getTcpNoDelay());

        int nobody;
        try (ServerSocket gone = new ServerSocket(0)) {
            nobody = gone.getLocalPort();
        }
        Socket refused = new Socket();
        Main.act("refused.connect", () -> refused.connect(new InetSocketAddress("127.0.0.1", nobody)));
        Main.show("refused.flags", () -> flags(refused));
        Main.act("refused.again", () -> refused.connect(new InetSocketAddress("127.0.0.1", nobody)));
        Main.show("refused.constructor", () -> new Socket("127.0.0.1", nobody));
        Socket unresolved = new Socket();
        Main.act("unresolved.connect", () -> unresolved.connect(InetSocketAddress.createUnresolved("nowhere", 80)));
        Main.show("unresolved.flags", () -> flags(unresolved));
        Main.act("unresolved.bind", () -> new Socket().bind(InetSocketAddress.createUnresolved("nowhere", 80)));

        Pair pair = new Pair();
        Socket client = pair.client;
        int port = client.getPort();
        int local = client.getLocalPort();
        Main.show("connected.flags", () -> flags(client));
        Main.show("connected.address", () -> client.getInetAddress());
        Main.show("connected.localAddress", () -> client.getLocalAddress());
        Main.show("connected.accepted", () -> pair.server.getInetAddress() + " " + pair.server.getLocalAddress());
        Main.show("connected.ports", () -> pair.server.getPort() == local && pair.server.getLocalPort() == port);
        Main.show("connected.remote",
            () -> client.getRemoteSocketAddress().equals(new InetSocketAddress("127.0.0.1", port)));
        Main.show("connected.text", () -> client.toString().replace("" + port, "P").replace("" + local, "L"));
        Main.act("connected.connect", () -> client.connect(new InetSocketAddress("127.0.0.1", port)));
        Main.act("connected.bind", () -> client.bind(null));
        Main.show("connected.sameStreams", () -> client.getInputStream() == client.getInputStream()
            && client.getOutputStream() == client.getOutputStream());
        pair.close();
        Main.show("after.flags", () -> flags(client));
        Main.show("after.address", () -> client.getInetAddress());
        Main.show("after.ports", () -> client.getPort() == port && client.getLocalPort() == local);
        Main.show("after.localAddress", () -> client.getLocalAddress());
        Main.show("after.text", () -> client.toString().replace("" + port, "P").replace("" + local, "L"));
        Main.show("after.input", () -> client.getInputStream());
        Main.show("after.output", () -> client.getOutputStream());
        Main.act("after.shutdownInput", () -> client.shutdownInput());
        Main.act("after.shutdownOutput", () -> client.shutdownOutput());
        Main.show("after.timeout", () -> client.getSoTimeout());
        Main.show("after.linger", () -> client.getSoLinger());
        Main.act("after.setNodelay", () -> client.setTcpNoDelay(true));
        Main.act("after.setTimeout", () -> client.setSoTimeout(1));
        Main.act("after.setBuffer", () -> client.setSendBufferSize(1000));
        Main.act("after.setTrafficClass", () -> client.setTrafficClass(0));
        Main.act("after.urgent", () -> client.sendUrgentData(0));

        ServerSocket listener = new ServerSocket();
        Main.show("listener.fresh", () -> listener.isBound() + " " + listener.getLocalPort() + " "
            + listener.getInetAddress() + " " + listener.getLocalSocketAddress() + " " + listener);
        Main.show("listener.accept", () -> listener.accept());
        Main.act("listener.bindUnresolved",
            () -> listener.bind(InetSocketAddress.createUnresolved("nowhere", 80)));
        listener.bind(null);
        Main.show("listener.address", () -> listener.getInetAddress());
        Main.act("listener.bind", () -> listener.bind(null));
        String at = "" + listener.getLocalPort();
        Main.show("listener.text", () -> listener.toString().replace(at, "P"));
        Main.show("listener.local", () -> listener.getLocalSocketAddress().toString().replace(at, "P"));
        Main.show("listener.inUse", () -> new ServerSocket(listener.getLocalPort()));
        listener.close();
        Main.show("listener.closed", () -> listener.isBound() + " " + listener.isClosed() + " "
            + listener.getInetAddress() + " " + listener.toString().replace(at, "P"));
        Main.show("listener.closedAccept", () -> listener.accept());
        Main.show("listener.closedTimeout", () -> listener.getSoTimeout());
        Main.act("listener.closedBind", () -> listener.bind(null));
        Main.act("listener.closedAgain", () -> listener.close());
    }
}
