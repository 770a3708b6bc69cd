import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketOption;
import java.net.StandardSocketOptions;
import java.util.Set;
import java.util.TreeSet;

/** Options (rows 4, 16, 19, 20, 21, 22, 23). */
public class Options {
    private static String names(Set<SocketOption<?>> options) {
        Set<String> names = new TreeSet<>();
        for (SocketOption<?> option : options) {
            names.add(option.name());
        }
        return String.join(" ", names);
    }

    public static void run() throws Exception {
        Socket s = new Socket();
        Main.show("linger.fresh", () -> s.getSoLinger());
        Main.show("linger.set", () -> {
            s.setSoLinger(true, 7);
            return s.getSoLinger();
        });
        Main.show("linger.cap", () -> {
            s.setSoLinger(true, 100_000);
            return s.getSoLinger();
        });
        Main.show("linger.zero", () -> {
            s.setSoLinger(true, 0);
            return s.getSoLinger();
        });
        Main.show("linger.off", () -> {
            s.setSoLinger(false, -5);
            return s.getSoLinger();
        });
        Main.act("linger.negative", () -> s.setSoLinger(true, -1));
        Main.show("linger.option", () -> {
            s.setOption(StandardSocketOptions.SO_LINGER, 70_000);
            return s.getOption(StandardSocketOptions.SO_LINGER);
        });
        Main.show("linger.optionOff", () -> {
            s.setOption(StandardSocketOptions.SO_LINGER, -7);
            return s.getOption(StandardSocketOptions.SO_LINGER);
        });
        Main.show("fresh.nodelay", () -> s.getTcpNoDelay());
        Main.show("fresh.keepalive", () -> s.getKeepAlive());
        Main.show("fresh.reuse", () -> s.getReuseAddress());
        Main.show("fresh.inline", () -> s.getOOBInline());
        Main.show("fresh.traffic", () -> s.getTrafficClass());
        Main.show("nodelay", () -> {
            s.setTcpNoDelay(true);
            return s.getTcpNoDelay();
        });
        Main.show("keepalive", () -> {
            s.setKeepAlive(true);
            return s.getKeepAlive();
        });
        Main.show("reuse", () -> {
            s.setReuseAddress(true);
            return s.getReuseAddress();
        });
        Main.show("inline", () -> {
            s.setOOBInline(true);
            return s.getOOBInline();
        });
        Main.show("sendBuffer", () -> {
            s.setSendBufferSize(50_000);
            return s.getSendBufferSize();
        });
        Main.show("sendBuffer.small", () -> {
            s.setSendBufferSize(100);
            return s.getSendBufferSize();
        });
        Main.show("sendBuffer.large", () -> {
            s.setSendBufferSize(Integer.MAX_VALUE);
            return s.getSendBufferSize() >= 100_000;
        });
        Main.act("sendBuffer.zero", () -> s.setSendBufferSize(0));
        Main.act("sendBuffer.negative", () -> s.setSendBufferSize(-1));
        Main.show("receiveBuffer", () -> {
            s.setReceiveBufferSize(50_000);
            return s.getReceiveBufferSize();
        });
        Main.show("receiveBuffer.small", () -> {
            s.setReceiveBufferSize(100);
            return s.getReceiveBufferSize();
        });
        Main.act("receiveBuffer.zero", () -> s.setReceiveBufferSize(0));
        Main.show("traffic", () -> {
            s.setTrafficClass(0x10);
            return s.getTrafficClass();
        });
        Main.show("traffic.ecn", () -> {
            s.setTrafficClass(0x2b);
            return s.getTrafficClass();
        });
        Main.act("traffic.large", () -> s.setTrafficClass(256));
        Main.act("traffic.negative", () -> s.setTrafficClass(-1));
        Main.act("performance", () -> s.setPerformancePreferences(1, 2, 3));
        Main.show("supported", () -> names(s.supportedOptions()));
        Main.show("option.set", () -> s.setOption(StandardSocketOptions.TCP_NODELAY, false) == s);
        Main.show("option.get", () -> s.getOption(StandardSocketOptions.TCP_NODELAY));
        Main.show("option.buffer", () -> {
            s.setOption(StandardSocketOptions.SO_RCVBUF, 60_000);
            return s.getOption(StandardSocketOptions.SO_RCVBUF);
        });
        Main.show("option.reusePort", () -> {
            s.setOption(StandardSocketOptions.SO_REUSEPORT, true);
            return s.getOption(StandardSocketOptions.SO_REUSEPORT);
        });
        Main.show("option.tos", () -> {
            s.setOption(StandardSocketOptions.IP_TOS, 0x20);
            return s.getOption(StandardSocketOptions.IP_TOS) + " " + s.getTrafficClass();
        });
        Main.act("option.tosLarge", () -> s.setOption(StandardSocketOptions.IP_TOS, 256));
        Main.act("option.null", () -> s.setOption(StandardSocketOptions.SO_RCVBUF, null));
        Main.act("option.negative", () -> s.setOption(StandardSocketOptions.SO_RCVBUF, -1));
        Main.show("option.noName", () -> s.getOption(null));
        Main.show("option.foreign", () -> s.getOption(StandardSocketOptions.SO_BROADCAST));
        Main.act("option.foreignSet", () -> s.setOption(StandardSocketOptions.IP_MULTICAST_TTL, 1));
        Main.show("option.text", () -> StandardSocketOptions.SO_LINGER + " " + StandardSocketOptions.SO_LINGER.name());
        Main.show("option.idle", () -> {
            s.setOption(jdk.net.ExtendedSocketOptions.TCP_KEEPIDLE, 77);
            return s.getOption(jdk.net.ExtendedSocketOptions.TCP_KEEPIDLE);
        });
        Main.show("option.interval", () -> {
            s.setOption(jdk.net.ExtendedSocketOptions.TCP_KEEPINTERVAL, 7);
            return s.getOption(jdk.net.ExtendedSocketOptions.TCP_KEEPINTERVAL);
        });
        Main.show("option.count", () -> {
            s.setOption(jdk.net.ExtendedSocketOptions.TCP_KEEPCOUNT, 3);
            return s.getOption(jdk.net.ExtendedSocketOptions.TCP_KEEPCOUNT);
        });
        Main.act("option.idleZero", () -> s.setOption(jdk.net.ExtendedSocketOptions.TCP_KEEPIDLE, 0));
        Main.show("option.quickack", () -> {
            s.setOption(jdk.net.ExtendedSocketOptions.TCP_QUICKACK, false);
            return s.getOption(jdk.net.ExtendedSocketOptions.TCP_QUICKACK);
        });
        Main.show("option.napi", () -> s.getOption(jdk.net.ExtendedSocketOptions.SO_INCOMING_NAPI_ID));
        Main.act("option.napiSet", () -> s.setOption(jdk.net.ExtendedSocketOptions.SO_INCOMING_NAPI_ID, 1));
        s.close();
        Main.show("closed.supported", () -> s.supportedOptions().size());
        Main.show("closed.get", () -> s.getOption(StandardSocketOptions.SO_RCVBUF));
        Main.act("closed.set", () -> s.setOption(StandardSocketOptions.SO_RCVBUF, 1000));

        try (ServerSocket listener = new ServerSocket()) {
            Main.show("listener.reuse", () -> listener.getReuseAddress());
            Main.show("listener.supported", () -> names(listener.supportedOptions()));
            Main.show("listener.buffer", () -> {
                listener.setReceiveBufferSize(30_000);
                return listener.getReceiveBufferSize();
            });
            Main.act("listener.bufferZero", () -> listener.setReceiveBufferSize(0));
            Main.show("listener.option", () -> listener.getOption(StandardSocketOptions.SO_REUSEADDR));
            Main.act("listener.foreign", () -> listener.setOption(StandardSocketOptions.TCP_NODELAY, true));
            Main.act("listener.performance", () -> listener.setPerformancePreferences(1, 2, 3));
            listener.bind(new InetSocketAddress("127.0.0.1", 0), 0);
            Socket client = new Socket("127.0.0.1", listener.getLocalPort());
            Socket accepted = listener.accept();
            Main.show("accepted.reuse", () -> accepted.getReuseAddress());
            Main.show("accepted.buffer", () -> accepted.getReceiveBufferSize());
            InputStream in = accepted.getInputStream();
            client.getOutputStream().write('a');
            client.sendUrgentData('!');
            client.getOutputStream().write('b');
            Main.show("urgent.dropped", () -> new String(in.readNBytes(2)));
            accepted.setOOBInline(true);
            client.sendUrgentData(0x100 + '?');
            client.getOutputStream().write('c');
            Main.show("urgent.inline", () -> new String(in.readNBytes(2)));
            client.close();
            accepted.close();
        }
        try (ServerSocket first = new ServerSocket(0, -3)) {
            Main.show("listener.backlog", () -> first.isBound());
        }
    }
}
