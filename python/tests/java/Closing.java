import java.io.InputStream;
import java.io.OutputStream;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;

/** How connections end, and whom that wakes (rows 1, 2, 7, 9, 10, 11, 12, 13). */
public class Closing {
    public static void run() throws Exception {
        Pair reading = new Pair();
        InputStream stream = reading.client.getInputStream();
        Main.waiting("wake.read", () -> stream.read(), () -> reading.client.close());
        Main.show("wake.readAgain", () -> stream.read());
        reading.close();
        Pair writing = new Pair();
        OutputStream sink = writing.client.getOutputStream();
        Main.waiting("wake.write", () -> {
            while (true) {
                sink.write(new byte[1 << 20]);
            }
        }, () -> writing.client.close());
        writing.close();
        ServerSocket listener = new ServerSocket(0);
        Main.waiting("wake.accept", () -> listener.accept(), () -> listener.close());
        DatagramSocket datagrams = new DatagramSocket();
        Main.waiting("wake.receive", () -> {
            datagrams.receive(new DatagramPacket(new byte[1], 1));
            return "received";
        }, () -> datagrams.close());

        Pair unread = new Pair();
        unread.server.getOutputStream().write("never read".getBytes());
        unread.client.getOutputStream().write("last words".getBytes());
        unread.client.getInputStream().read();
        unread.client.close();
        Main.show("finFirst.words", () -> new String(unread.server.getInputStream().readNBytes(10)));
        Main.show("finFirst.end", () -> unread.server.getInputStream().read());
        unread.close();

        Pair ended = new Pair();
        InputStream in = ended.client.getInputStream();
        ended.server.close();
        Main.show("end.read", () -> in.read());
        Main.show("end.array", () -> in.read(new byte[5]));
        Main.show("end.nothing", () -> in.read(new byte[0]));
        Main.show("end.available", () -> in.available());
        ended.client.close();
        Main.show("end.afterClose", () -> in.read());
        Main.show("end.nothingAfterClose", () -> in.read(new byte[0]));
        Main.show("end.availableAfterClose", () -> in.available());

        Pair closed = new Pair();
        InputStream open = closed.client.getInputStream();
        OutputStream out = closed.client.getOutputStream();
        closed.client.close();
        Main.show("closed.read", () -> open.read());
        Main.show("closed.available", () -> open.available());
        Main.act("closed.write", () -> out.write(1));
        Main.act("closed.writeNothing", () -> out.write(new byte[0]));
        closed.close();

        Pair reset = new Pair();
        InputStream broken = reset.client.getInputStream();
        reset.server.setSoLinger(true, 0);
        reset.server.close();
        Main.show("reset.read", () -> broken.read());
        Main.show("reset.again", () -> broken.read());
        Main.show("reset.available", () -> broken.available());
        Main.act("reset.write", () -> reset.client.getOutputStream().write(1));
        Main.act("reset.shutdownOutput", () -> reset.client.shutdownOutput());
        Main.act("reset.shutdownAgain", () -> reset.client.shutdownOutput());
        reset.client.close();
        Main.show("reset.afterClose", () -> broken.read());

        Pair halves = new Pair();
        InputStream half = halves.client.getInputStream();
        OutputStream sending = halves.client.getOutputStream();
        halves.server.getOutputStream().write("dropped".getBytes());
        while (half.available() < 7) {
            Thread.onSpinWait();
        }
        halves.client.shutdownInput();
        Main.show("input.flag", () -> halves.client.isInputShutdown() + " " + halves.client.isOutputShutdown());
        Main.show("input.available", () -> half.available());
        Main.show("input.read", () -> half.read());
        Main.act("input.again", () -> halves.client.shutdownInput());
        Main.show("input.stream", () -> halves.client.getInputStream());
        Main.act("input.peerWrites", () -> halves.server.getOutputStream().write(1));
        halves.client.getOutputStream().write("still sent".getBytes());
        halves.client.shutdownOutput();
        Main.show("output.flag", () -> halves.client.isOutputShutdown());
        Main.act("output.write", () -> sending.write(1));
        Main.act("output.again", () -> halves.client.shutdownOutput());
        Main.show("output.stream", () -> halves.client.getOutputStream());
        Main.show("output.peer", () -> new String(halves.server.getInputStream().readAllBytes()));
        Main.show("output.peerAgain", () -> halves.server.getInputStream().read());
        halves.close();
        Main.show("halves.after", () -> halves.client.isInputShutdown() + " " + halves.client.isOutputShutdown()
            + " " + half.read());

        Pair streams = new Pair();
        streams.client.getInputStream().close();
        Main.show("streams.input", () -> streams.client.isClosed());
        streams.server.getOutputStream().close();
        Main.show("streams.output", () -> streams.server.isClosed());

        Pair woken = new Pair();
        InputStream ends = woken.client.getInputStream();
        Main.waiting("wake.shutdownInput", () -> ends.read(), () -> woken.client.shutdownInput());
        woken.close();
    }
}
